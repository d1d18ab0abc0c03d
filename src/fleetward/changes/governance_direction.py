"""Which way a change of what governs goes, where the schema's ends alone do not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fleetward.changes.walker import Move
from fleetward.domain.change import Direction, Kind

LOOSER, STRICTER, NEUTRAL, UNKNOWN = Direction
Sides = tuple[Mapping[str, Any], Mapping[str, Any]]
Way = Callable[[Move, Sides], Direction | None]
"""The direction of a move between two documents; None where the schema's answer stands."""

_WEIGHTS = ("off", "note", "warning", "error")
_JUDGED = ("policy", "people", "fleet-config", "waivers")
_HARMLESS = ("version", "description", "reason", "rules.*.description", "people.*.name", "teams.*.contact.**")
"""Changes that loosen and tighten nothing; beside what the schema calls text."""


def direction(name: str, move: Move, before: Mapping[str, Any], after: Mapping[str, Any]) -> Direction:
    """
    The direction of one move in the governing file *name*.

    Where nobody says so it is not neutral: what decides about others may have become looser.
    """
    for file, pattern, way in WAYS:
        if file == name and fits(pattern, move.generic):
            found = way(move, (before, after))
            if found is not None:
                return found
    if move.direction is not NEUTRAL or name not in _JUDGED:
        return move.direction
    harmless = move.node.keywords.get("x-text") or any(fits(one, move.generic) for one in _HARMLESS)
    return NEUTRAL if harmless else UNKNOWN


def of_file(name: str, *, came: bool) -> Direction:
    """The direction of a whole file; without waivers every rule holds, all else cannot be told."""
    if name != "waivers":
        return UNKNOWN
    return LOOSER if came else STRICTER


def said(name: str) -> str:
    """In words, which way a change of the governing file *name* goes."""
    return "looser where it asks for less" if name in _JUDGED else "as the schema says"


def _whole(depth: int, came: Direction) -> Way:
    """A block that came or went speaks for everything in it."""

    def way(move: Move, sides: Sides) -> Direction | None:
        there = [_at(side, move.spot.steps[:depth]) is not None for side in sides]
        if all(there):
            return None
        return came if there[1] else _turned(came)

    return way


def _rule(move: Move, _: Sides) -> Direction | None:
    """A rule asks for something; one that replaces all others lets off from what they ask."""
    alone = _replaces(move.after if move.before is None else move.before)
    return STRICTER if (move.before is None) is not alone else LOOSER


def _when(move: Move, sides: Sides) -> Direction | None:
    """What is left out means any: a condition more is a rule that holds less often."""
    if not move.node.known or len(move.spot.steps) < 4:  # the whole of it is no mapping
        return None
    condition = [
        _at(side, (*steps[:3], move.spot.steps[3]))
        for side, steps in zip(sides, (move.spot.was, move.spot.now), strict=True)
    ]
    if condition[0] is None or condition[1] is None:
        wider = condition[1] is None
    elif move.kind is Kind.CHANGED:
        return UNKNOWN
    else:
        wider = move.kind is Kind.ADDED
    alone = any(
        _replaces(_at(side, steps[:2]))
        for side, steps in zip(sides, (move.spot.was, move.spot.now), strict=True)
    )
    return STRICTER if wider is not alone else LOOSER


def _replaces(rule: Any) -> bool:
    return isinstance(rule, Mapping) and rule.get("replaces") == "all"


def _account(move: Move, _: Sides) -> Direction | None:
    """One account more speaks for a person; another one might be anybody's."""
    if move.kind is Kind.CHANGED:
        return UNKNOWN
    return LOOSER if move.kind is Kind.ADDED else STRICTER


def _environment(move: Move, _: Sides) -> Direction | None:
    """An environment with a gate; one without cannot be judged from here."""
    environment = move.after if move.before is None else move.before
    if not isinstance(environment, Mapping) or environment.get("from") is None:
        return UNKNOWN
    return STRICTER if move.before is None else LOOSER


def _weight(move: Move, _: Sides) -> Direction | None:
    """How heavy a rule weighs, for all or for some: by how heavy it can be; as heavy for some is not comparable."""
    first, second = (_severity(value) for value in (move.before, move.after))
    if first is None or second is None or first == second:
        return UNKNOWN
    return STRICTER if _WEIGHTS.index(second) > _WEIGHTS.index(first) else LOOSER


def _severity(value: Any) -> str | None:
    said = value.get("severity") if isinstance(value, Mapping) else value
    return said if said in _WEIGHTS else None


def _always(way: Direction) -> Way:
    return lambda _move, _sides: way


WAYS: tuple[tuple[str, str, Way], ...] = (
    ("policy", "rules[]", _rule),
    ("policy", "rules[].when.**", _when),
    ("policy", "rollback.**", _whole(1, LOOSER)),
    ("policy", "breakGlass.**", _whole(1, LOOSER)),
    ("people", "people.**", _whole(2, LOOSER)),
    ("people", "robots.**", _whole(2, STRICTER)),
    ("people", "people.*.github", _account),
    ("people", "people.*.githubId", _account),
    ("people", "people.*.gitlab", _account),
    ("people", "people.*.gitlabId", _account),
    ("fleet-config", "repository", _always(LOOSER)),  # what was approved for another one counts here now
    ("fleet-config", "environments[]", _environment),
    ("fleet-config", "rules.*", _weight),
)
"""By file and path (``*`` one step, ``**`` whatever is beneath): the first answer holds."""


def fits(pattern: str, path: str) -> bool:
    """Is *path* what *pattern* stands for: ``*`` one step, ``**`` at the end whatever is beneath?"""
    wanted, there = pattern.split("."), path.split(".")
    if wanted[-1] == "**":
        wanted, there = wanted[:-1], there[: len(wanted) - 1]
    return len(wanted) == len(there) and all(
        one in ("*", step) for one, step in zip(wanted, there, strict=True)
    )


def _at(document: Any, steps: tuple[Any, ...]) -> Any:
    """What stands at *steps*, or None; positions are the document's own."""
    for step in steps:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def _turned(way: Direction) -> Direction:
    return {LOOSER: STRICTER, STRICTER: LOOSER}.get(way, way)
