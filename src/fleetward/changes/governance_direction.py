"""The direction of a change of governance, where the schema's annotations are not enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fleetward.changes.delta import Delta
from fleetward.domain.change import ChangeKind, Direction

LOOSER, STRICTER, NEUTRAL, UNKNOWN = Direction
Sides = tuple[Mapping[str, Any], Mapping[str, Any]]
DirectionRule = Callable[[Delta, Sides], Direction | None]
"""The direction of a delta between two documents; None if the schema decides."""

_SEVERITIES = ("off", "note", "warning", "error")
_STRICT_FILES = ("policy", "people", "fleet-config", "waivers")
_HARMLESS = ("version", "description", "reason", "rules.*.description", "people.*.name", "teams.*.contact.**")
"""Paths of neutral changes, beside those that the schema marks as text."""


def delta_direction(
    name: str, delta: Delta, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Direction:
    """
    The direction of one delta in the governance file *name*.

    A change that no rule calls neutral is unknown: the policy may have become looser.
    """
    for file, pattern, rule in DIRECTION_RULES:
        if file == name and path_matches(pattern, delta.generic):
            answer = rule(delta, (before, after))
            if answer is not None:
                return answer
    if delta.direction is not NEUTRAL or name not in _STRICT_FILES:
        return delta.direction
    harmless = delta.node.keywords.get("x-text") or any(
        path_matches(pattern, delta.generic) for pattern in _HARMLESS
    )
    return NEUTRAL if harmless else UNKNOWN


def file_direction(name: str, *, is_added: bool) -> Direction:
    """The direction of a whole file: without waivers every rule holds; other files are unknown."""
    if name != "waivers":
        return UNKNOWN
    return LOOSER if is_added else STRICTER


def direction_text(name: str) -> str:
    """In words, how the direction of a change of the governance file *name* is found."""
    return "looser if it requires less" if name in _STRICT_FILES else "as the schema says"


def _block_rule(depth: int, added: Direction) -> DirectionRule:
    """The direction of a block at this *depth*, and of all its values, if it was added or removed."""

    def direction_rule(delta: Delta, sides: Sides) -> Direction | None:
        present = [_value_at(side, delta.location.steps[:depth]) is not None for side in sides]
        if all(present):
            return None
        return added if present[1] else _reversed(added)

    return direction_rule


def _rule_direction(delta: Delta, _: Sides) -> Direction | None:
    """A rule adds requirements; a rule that replaces all others drops theirs."""
    replaces_all = _replaces(delta.after if delta.before is None else delta.before)
    return STRICTER if (delta.before is None) is not replaces_all else LOOSER


def _condition_direction(delta: Delta, sides: Sides) -> Direction | None:
    """A condition that is left out matches any value: another condition makes a rule match less often."""
    if not delta.node.in_schema or len(delta.location.steps) < 4:  # the block itself is not a mapping
        return None
    conditions = [
        _value_at(side, (*steps[:3], delta.location.steps[3]))
        for side, steps in zip(sides, (delta.location.before, delta.location.after), strict=True)
    ]
    if conditions[0] is None or conditions[1] is None:
        wider = conditions[1] is None
    elif delta.kind is ChangeKind.CHANGED:
        return UNKNOWN
    else:
        wider = delta.kind is ChangeKind.ADDED
    replaces_all = any(
        _replaces(_value_at(side, steps[:2]))
        for side, steps in zip(sides, (delta.location.before, delta.location.after), strict=True)
    )
    return STRICTER if wider is not replaces_all else LOOSER


def _replaces(rule: Any) -> bool:
    return isinstance(rule, Mapping) and rule.get("replaces") == "all"


def _account_direction(delta: Delta, _: Sides) -> Direction | None:
    """Another account can act for a person; a replaced one may belong to anybody."""
    if delta.kind is ChangeKind.CHANGED:
        return UNKNOWN
    return LOOSER if delta.kind is ChangeKind.ADDED else STRICTER


def _environment_direction(delta: Delta, _: Sides) -> Direction | None:
    """An environment with a gate; one without a gate is unknown."""
    environment = delta.after if delta.before is None else delta.before
    if not isinstance(environment, Mapping) or environment.get("from") is None:
        return UNKNOWN
    return STRICTER if delta.before is None else LOOSER


def _severity_direction(delta: Delta, _: Sides) -> Direction | None:
    """By the severity of the rule; the same severity for other agents cannot be compared."""
    first, second = (_severity(value) for value in (delta.before, delta.after))
    if first is None or second is None or first == second:
        return UNKNOWN
    return STRICTER if _SEVERITIES.index(second) > _SEVERITIES.index(first) else LOOSER


def _severity(value: Any) -> str | None:
    severity = value.get("severity") if isinstance(value, Mapping) else value
    return severity if severity in _SEVERITIES else None


def _always(direction: Direction) -> DirectionRule:
    return lambda _move, _sides: direction


DIRECTION_RULES: tuple[tuple[str, str, DirectionRule], ...] = (
    ("policy", "rules[]", _rule_direction),
    ("policy", "rules[].when.**", _condition_direction),
    ("policy", "rollback.**", _block_rule(1, LOOSER)),
    ("policy", "breakGlass.**", _block_rule(1, LOOSER)),
    ("people", "people.**", _block_rule(2, LOOSER)),
    ("people", "robots.**", _block_rule(2, STRICTER)),
    ("people", "people.*.github", _account_direction),
    ("people", "people.*.githubId", _account_direction),
    ("people", "people.*.gitlab", _account_direction),
    ("people", "people.*.gitlabId", _account_direction),
    ("fleet-config", "repository", _always(LOOSER)),  # approvals of another repository count now
    ("fleet-config", "environments[]", _environment_direction),
    ("fleet-config", "rules.*", _severity_direction),
)
"""By file and path (``*`` one step, ``**`` everything beneath): the first answer counts."""


def path_matches(pattern: str, path: str) -> bool:
    """Does *pattern* match *path*? ``*`` is one step, ``**`` at the end is everything beneath."""
    expected, steps = pattern.split("."), path.split(".")
    if expected[-1] == "**":
        expected, steps = expected[:-1], steps[: len(expected) - 1]
    return len(expected) == len(steps) and all(
        expected_step in ("*", step) for expected_step, step in zip(expected, steps, strict=True)
    )


def _value_at(document: Any, steps: tuple[Any, ...]) -> Any:
    """The value at *steps*, or None."""
    for step in steps:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def _reversed(direction: Direction) -> Direction:
    return {LOOSER: STRICTER, STRICTER: LOOSER}.get(direction, direction)
