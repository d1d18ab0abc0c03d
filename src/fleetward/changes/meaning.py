"""One row of the table of meanings: the deltas that it matches, and the change it makes of them (SPEC 5)."""

from __future__ import annotations

from collections.abc import Callable

from fleetward.changes.delta import Delta
from fleetward.domain.change import ChangeClass, ChangeKind, Direction, Significance
from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """
    One row of the table.

    ``paths`` are separated by spaces; their grammar is ``meanings.PATHS``. ``kinds``, ``direction`` and ``test``
    narrow the row; empty or None means any. ``means`` replaces the direction that the schema gives. A change to the
    stricter side is of low significance, unless the row's ``direction`` is stricter.
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
    """The rule of the reverse change, if this row is looser."""

    @property
    def cls(self) -> ChangeClass:
        """The class, which is the first half of the rule."""
        return ChangeClass(self.rule.partition("/")[0])

    def matches(self, delta: Delta) -> bool:
        """Do kind, direction and test match *delta*? The paths are not compared."""
        return (
            (not self.kinds or delta.kind in self.kinds)
            and (self.direction is None or self.direction == delta.direction)
            and (self.test is None or self.test(delta))
        )


def covers(pattern: str, path: str) -> bool:
    """Does *pattern* match *path*?"""
    if not pattern.endswith("*"):
        return pattern == path
    start = pattern[:-1]
    return path == start or (path.startswith(start) and path[len(start)] in ".[")
