"""One difference between two documents, before it has a meaning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fleetward.changes.nodes import SchemaNode
from fleetward.domain.change import ChangeKind, Direction
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.path import ItemKey, Step, Steps, format_path


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaPath:
    """A path with keys of list items, and with their positions in each of the two documents."""

    steps: Steps = ()
    before: Steps = ()
    after: Steps = ()

    def key(self, key: str) -> DeltaPath:
        """The path of a key in this mapping."""
        return DeltaPath(steps=(*self.steps, key), before=(*self.before, key), after=(*self.after, key))

    def item(self, step: Step, *, before: int | None, after: int | None) -> DeltaPath:
        """The path of an item in this list; a document without the item keeps the path of the list."""
        before_steps = self.before if before is None else (*self.before, before)
        after_steps = self.after if after is None else (*self.after, after)
        return DeltaPath(steps=(*self.steps, step), before=before_steps, after=after_steps)

    def element(self, *, before: int | None = None, after: int | None = None) -> DeltaPath:
        """The path of the list itself, with the positions of one of its elements."""
        return replace(self.item(0, before=before, after=after), steps=self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One difference; *before* or *after* is None if the value is absent."""

    location: DeltaPath
    kind: ChangeKind
    before: Any
    after: Any
    node: SchemaNode
    direction: Direction

    @property
    def path(self) -> str:
        """``spec.tools[crm].allow``."""
        return format_path(self.location.steps)

    @property
    def generic(self) -> str:
        """``spec.tools[].allow``: the path without names and positions of items."""
        text = ""
        for step in self.location.steps:
            # names and positions are dropped: rows of the table are about places
            text += "[]" if isinstance(step, ItemKey | int) else f".{step}"
        return text.removeprefix(".")

    @property
    def item(self) -> str:
        """The innermost list item on the path, empty if there is none."""
        return next(
            (str(step) for step in reversed(self.location.steps) if isinstance(step, ItemKey | int)), ""
        )
