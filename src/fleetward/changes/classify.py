"""From a move to a change: the row of the table that fits, and what no row speaks of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fleetward.changes.invisible_characters import code_points, visible
from fleetward.changes.masking import masked, named
from fleetward.changes.meaning import Meaning, covers
from fleetward.changes.meanings import meaning
from fleetward.changes.value_text import told
from fleetward.changes.walker import Move
from fleetward.domain.change import Change, ChangeClass, Direction, Kind, Significance

FREE = (
    "metadata.labels*",
    "metadata.annotations*",
    "spec.model.parameters*",
    "spec.model.fallbacks[].parameters*",
)
"""Free space whose meaning is known all the same."""

_WHEN_LOOSER = {
    ChangeClass.PRIVILEGE: Significance.HIGH,
    ChangeClass.DATA: Significance.HIGH,
    ChangeClass.GUARDRAIL: Significance.HIGH,
    ChangeClass.POLICY: Significance.CRITICAL,
}
_UNLISTED = {Kind.ADDED: "{path}: {after} is new", Kind.REMOVED: "{path}: {before} is gone"}
"""What is said of what no row speaks of, where one side holds nothing."""


def change_of(move: Move) -> Change:
    """The change that *move* is, not yet placed in an agent."""
    row = _meaning(move)
    direction = row.means or move.direction
    asked_for = row.direction is Direction.STRICTER or row.significance is Significance.NONE
    tightened = direction is Direction.STRICTER and not asked_for
    before, after = _shown(move.before, move), _shown(move.after, move)
    words = {"key": named(key_of(move)), "item": named(move.item), "path": named(move.path)}
    found = Change(
        environment=None,
        agent=None,
        path=words["path"],
        kind=move.kind,
        before=before,
        after=after,
        rule=row.rule,
        cls=row.cls,
        direction=direction,
        significance=Significance.LOW if tightened else row.significance,
        reason=row.reason.format(**words, before=told(before), after=told(after)),
    )
    return _with_hidden(found, move)


def key_of(move: Move) -> str:
    """The innermost mapping key of the move's path."""
    return str(visible(next((str(step) for step in reversed(move.spot.steps) if type(step) is str), "")))


def _meaning(move: Move) -> Meaning:
    if not move.node.known and not any(covers(pattern, move.generic) for pattern in FREE):
        return Meaning(
            paths="",
            rule="unknown/value-changed",
            significance=Significance.MEDIUM,
            means=Direction.UNKNOWN,
            reason="{path} is {after}, before {before}; no schema says what it means",
        )
    return meaning(move) or _unlisted(move)


def _unlisted(move: Move) -> Meaning:
    """What no row speaks of: by class and direction, medium at the least, never cosmetic."""
    cls = ChangeClass(move.node.cls) if move.node.cls in list(ChangeClass) else ChangeClass.UNKNOWN
    if cls is ChangeClass.COSMETIC:
        cls = ChangeClass.UNKNOWN
    looser = move.direction is Direction.LOOSER
    return Meaning(
        paths="",
        rule=f"{cls}/{_what(move)}",
        significance=_WHEN_LOOSER.get(cls, Significance.MEDIUM) if looser else Significance.MEDIUM,
        reason=_UNLISTED.get(move.kind, "{path} is {after}, before {before}"),
    )


def _what(move: Move) -> str:
    kebab = "".join(f"-{c.lower()}" if c.isupper() else c for c in key_of(move)).strip("-")
    return f"{kebab or 'document'}-{move.kind}"


def _shown(value: Any, move: Move) -> Any:
    return visible(masked(value, key=key_of(move), secret=move.node.secret))


def _with_hidden(found: Change, move: Move) -> Change:
    new = code_points(move.after) - code_points(move.before)
    if move.before is None:
        new += code_points(move.spot.steps)
    if not new:
        return found
    return replace(
        found,
        rule=f"{found.cls}/hidden-characters",
        significance=Significance.CRITICAL,
        direction=Direction.UNKNOWN,
        reason=f"{found.path} carries characters that nobody sees: {', '.join(sorted(new))}",
    )
