"""From a delta to a change: by the first row of the table that matches, or by class and direction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fleetward.changes.delta import Delta
from fleetward.changes.invisible_characters import code_points, visible
from fleetward.changes.masking import masked, printable_name
from fleetward.changes.meaning import Meaning, covers
from fleetward.changes.meanings import find_meaning
from fleetward.changes.value_text import value_text
from fleetward.domain.change import Change, ChangeClass, ChangeKind, Direction, Significance

KNOWN_FREEFORM = (
    "metadata.labels*",
    "metadata.annotations*",
    "spec.model.parameters*",
    "spec.model.fallbacks[].parameters*",
)
"""Paths outside of the schema that rows of the table know."""

_LOOSER_SIGNIFICANCE = {
    ChangeClass.PRIVILEGE: Significance.HIGH,
    ChangeClass.DATA: Significance.HIGH,
    ChangeClass.GUARDRAIL: Significance.HIGH,
    ChangeClass.POLICY: Significance.CRITICAL,
}
_DEFAULT_REASONS = {
    ChangeKind.ADDED: "{path}: {after} is new",
    ChangeKind.REMOVED: "{path}: {before} is gone",
}
"""The reasons of values without a row, if one side is absent."""


def change_of(delta: Delta) -> Change:
    """The change for *delta*, without agent, environment and place."""
    row = _meaning_of(delta)
    direction = row.means or delta.direction
    # a row about the stricter side, or one without weight, says its own significance
    is_explicit = row.direction is Direction.STRICTER or row.significance is Significance.NONE
    tightened = direction is Direction.STRICTER and not is_explicit
    # masked before it goes anywhere: secrets appear in no format (SPEC 5)
    before, after = _printable(delta.before, delta), _printable(delta.after, delta)
    words = {
        "key": printable_name(last_key(delta)),
        "item": printable_name(delta.item),
        "path": printable_name(delta.path),
    }
    change = Change(
        environment=None,
        agent=None,
        path=words["path"],
        kind=delta.kind,
        before=before,
        after=after,
        rule=row.rule,
        cls=row.cls,
        direction=direction,
        # what tightens is low (SPEC 5)
        significance=Significance.LOW if tightened else row.significance,
        reason=row.reason.format(**words, before=value_text(before), after=value_text(after)),
    )
    return _with_hidden_characters(change, delta)


def last_key(delta: Delta) -> str:
    """The last mapping key on the path."""
    return str(visible(next((str(step) for step in reversed(delta.location.steps) if type(step) is str), "")))


def _meaning_of(delta: Delta) -> Meaning:
    # outside of the schema nothing is known: medium, never cosmetic (SPEC 5)
    if not delta.node.in_schema and not any(covers(pattern, delta.generic) for pattern in KNOWN_FREEFORM):
        return Meaning(
            paths="",
            rule="unknown/value-changed",
            significance=Significance.MEDIUM,
            means=Direction.UNKNOWN,
            reason="{path} is {after}, before {before}; no schema says what it means",
        )
    return find_meaning(delta) or _default_meaning(delta)


def _default_meaning(delta: Delta) -> Meaning:
    """For a value without a row: by class and direction, at least medium, never cosmetic."""
    cls = ChangeClass(delta.node.cls) if delta.node.cls in list(ChangeClass) else ChangeClass.UNKNOWN
    # cosmetic by inheritance is no decision of a row: it would weigh nothing
    if cls is ChangeClass.COSMETIC:
        cls = ChangeClass.UNKNOWN
    looser = delta.direction is Direction.LOOSER
    return Meaning(
        paths="",
        rule=f"{cls}/{_default_rule_name(delta)}",
        significance=_LOOSER_SIGNIFICANCE.get(cls, Significance.MEDIUM) if looser else Significance.MEDIUM,
        reason=_DEFAULT_REASONS.get(delta.kind, "{path} is {after}, before {before}"),
    )


def _default_rule_name(delta: Delta) -> str:
    kebab = "".join(f"-{c.lower()}" if c.isupper() else c for c in last_key(delta)).strip("-")
    return f"{kebab or 'document'}-{delta.kind}"


def _printable(value: Any, delta: Delta) -> Any:
    return visible(masked(value, key=last_key(delta), secret=delta.node.secret))


def _with_hidden_characters(change: Change, delta: Delta) -> Change:
    # counted, not only found: a second zero-width space is new, too
    new = code_points(delta.after) - code_points(delta.before)
    # a new key or item name may hide characters as well
    if delta.before is None:
        new += code_points(delta.location.steps)
    if not new:
        return change
    return replace(
        change,
        rule=f"{change.cls}/hidden-characters",
        significance=Significance.CRITICAL,
        direction=Direction.UNKNOWN,
        reason=f"{change.path} contains invisible characters: {', '.join(sorted(new))}",
    )
