"""One item of a list that took the place of another is one change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from fleetward.changes.value_text import value_text
from fleetward.domain.change import Change, ChangeKind, Direction

_WORST_DIRECTION = (Direction.LOOSER, Direction.UNKNOWN, Direction.NEUTRAL, Direction.STRICTER)
"""Of a replacement that loosens and tightens, the looser side decides."""

_NO_VALUE = "before none"


def merge_replacements(changes: Iterable[Change]) -> tuple[Change, ...]:
    """
    The same changes; where a list lost one item and got another in its place, both are one change.

    Items that go by a name are one only where the name alone differs. Of several items nobody can say which replaced
    which.
    """
    by_path: dict[str, list[Change]] = {}
    for change in changes:
        by_path.setdefault(_list_path(change), []).append(change)
    return tuple(
        change for path, group in by_path.items() for change in (_merge_pair(group) if path else group)
    )


def _list_path(change: Change) -> str:
    """The path of the list whose item was added or removed; else that of the change."""
    is_item = change.path.endswith("]") and change.kind in (ChangeKind.ADDED, ChangeKind.REMOVED)
    return change.path[: change.path.rindex("[")] if is_item else change.path


def _merge_pair(group: list[Change]) -> list[Change]:
    kinds = {change.kind: change for change in group}
    removed, added = kinds.get(ChangeKind.REMOVED), kinds.get(ChangeKind.ADDED)
    # invisible characters stay a change of their own
    if len(group) != 2 or removed is None or added is None or any(map(_is_hidden, group)):
        return group
    if removed.path != added.path and not _is_same_but_for_name(removed.before, added.after):
        return group
    leading = min(added, removed, key=lambda change: change.significance.rank)
    merged = replace(
        leading,
        path=added.path,
        kind=ChangeKind.CHANGED,
        before=removed.before,
        after=added.after,
        direction=min(added.direction, removed.direction, key=_WORST_DIRECTION.index),
        reason=_reason(added, removed),
        place=added.place,
    )
    return [merged]


def _is_same_but_for_name(before: Any, after: Any) -> bool:
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return False
    differing = [key for key in {*before, *after} if before.get(key) != after.get(key)]
    return len(differing) == 1


def _reason(added: Change, removed: Change) -> str:
    # a sentence that is the same for both sides has room for both values
    if added.rule == removed.rule and _NO_VALUE in added.reason:
        return added.reason.replace(_NO_VALUE, f"before {value_text(removed.before)}")
    return f"{added.reason}; {removed.reason}"


def _is_hidden(change: Change) -> bool:
    return change.rule.endswith("/hidden-characters")
