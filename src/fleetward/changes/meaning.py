"""One row of the table of meanings: which moves it speaks of, and what it makes of them (SPEC 5)."""

from __future__ import annotations

from collections.abc import Callable

from fleetward.changes.walker import Delta
from fleetward.domain.change import ChangeClass, ChangeKind, Direction, Significance
from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """
    One row of the table.

    ``paths`` are generic (``spec.tools[].allow``), separated by spaces; one that ends in ``*`` also stands
    for everything beneath. ``kinds``, ``direction`` and ``test`` narrow the row, empty or None means any;
    ``means`` overrules the direction that the schema gave. What turned stricter is low unless the row asks
    for it.
    """

    paths: str
    rule: str
    significance: Significance
    reason: str
    kinds: tuple[ChangeKind, ...] = ()
    direction: Direction | None = None
    means: Direction | None = None
    test: Callable[[Delta], bool] | None = None
    twin: str = ""
    """Where the row says that something turned looser: the rule of the same change the other way round."""

    @property
    def cls(self) -> ChangeClass:
        """The class, which is the first half of the rule."""
        return ChangeClass(self.rule.partition("/")[0])

    def matches(self, delta: Delta) -> bool:
        """Does this row, whose paths cover it, speak of *delta*?"""
        return (
            (not self.kinds or delta.kind in self.kinds)
            and (self.direction is None or self.direction == delta.direction)
            and (self.test is None or self.test(delta))
        )


def covers(pattern: str, path: str) -> bool:
    """Is *path* what *pattern* stands for?"""
    if not pattern.endswith("*"):
        return pattern == path
    start = pattern[:-1]
    return path == start or (path.startswith(start) and path[len(start)] in ".[")
