"""What moved in the files that govern: policy, people, configuration, waivers, connectors, models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from fleetward.changes import governance_direction, walker
from fleetward.changes.classify import change_of
from fleetward.changes.sentences import sentence
from fleetward.domain.change import Change, ChangeClass, Direction, Kind, Significance
from fleetward.domain.finding import Place
from fleetward.domain.path import shown

Locate = Callable[[str], Place]

KNOWN: Mapping[str, tuple[ChangeClass, Significance]] = {
    "policy": (ChangeClass.POLICY, Significance.CRITICAL),
    "people": (ChangeClass.POLICY, Significance.CRITICAL),
    "fleet-config": (ChangeClass.POLICY, Significance.CRITICAL),
    "waivers": (ChangeClass.POLICY, Significance.HIGH),
    "connectors": (ChangeClass.GOVERNANCE, Significance.MEDIUM),
    "models": (ChangeClass.BEHAVIOUR, Significance.MEDIUM),
}
"""By file name: its class, and how much any change of it weighs; one that is not listed weighs as policy."""


def compare_document(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    schema: Mapping[str, Any],
    file: str,
    locate_before: Locate,
    locate_after: Locate,
    tiers: tuple[str, ...] = (),
) -> tuple[Change, ...]:
    """
    What moved in a governance file, worst first; a file that came or went is one change.

    Order says nothing here of weight: whatever moves in a policy moves what everything else is judged by.
    *tiers* is taken for the sake of one shape with ``compare``; no governance file has a tier of its own.
    """
    if before is None and after is None:
        return ()
    name = PurePosixPath(file).stem
    if before is None or after is None:
        return (
            _whole(
                name, file, came=before is None, place=(locate_before if after is None else locate_after)("")
            ),
        )
    found = (
        replace(
            _governing(move, name, file),
            direction=governance_direction.direction(name, move, before, after),
            place=_place(move, locate_before, locate_after),
        )
        for move in walker.moves(before, after, schema)
    )
    return tuple(sorted(found, key=lambda change: change.order))


def unknown_document(file: str) -> Change:
    """A file among those that govern of which nothing is known: never nothing, since nobody can tell."""
    return Change(
        environment=None,
        agent=None,
        path="",
        kind=Kind.CHANGED,
        rule="unknown/governance-file-changed",
        cls=ChangeClass.UNKNOWN,
        direction=Direction.UNKNOWN,
        significance=Significance.MEDIUM,
        reason=f"{file} came, went or changed; nothing is known of it",
        place=Place(file=file),
    )


def _governing(move: walker.Move, name: str, file: str) -> Change:
    change = change_of(move)
    cls, significance = KNOWN.get(name, KNOWN["policy"])
    hidden = change.rule.endswith("/hidden-characters")
    return replace(
        change,
        cls=cls,
        rule=f"{cls}/hidden-characters" if hidden else f"{cls}/{name}-changed",
        significance=Significance.CRITICAL if hidden else significance,
        reason=(None if hidden else sentence(name, move, change)) or f"{file}: {change.reason}",
    )


def _whole(name: str, file: str, *, came: bool, place: Place) -> Change:
    cls, significance = KNOWN.get(name, KNOWN["policy"])
    return Change(
        environment=None,
        agent=None,
        path="",
        kind=Kind.ADDED if came else Kind.REMOVED,
        rule=f"{cls}/{name}-{'added' if came else 'removed'}",
        cls=cls,
        direction=governance_direction.of_file(name, came=came),
        significance=significance,
        reason=f"{file} is {'new' if came else 'gone'}",
        place=place,
    )


def _place(move: walker.Move, locate_before: Locate, locate_after: Locate) -> Place:
    if move.kind is Kind.REMOVED:
        return locate_before(shown(move.spot.was))
    return locate_after(shown(move.spot.now))
