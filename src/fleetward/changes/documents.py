"""Changes of governance files: policy, people, configuration, waivers, connectors, models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from fleetward.changes import governance_direction, walker
from fleetward.changes.classify import change_of
from fleetward.changes.delta import Delta
from fleetward.changes.replacements import merge_replacements
from fleetward.changes.sentences import sentence
from fleetward.domain.change import Change, ChangeClass, ChangeKind, Direction, Significance
from fleetward.domain.finding import Place
from fleetward.domain.path import format_path

_HIGH = Significance.HIGH
Locate = Callable[[str], Place]

GOVERNANCE_FILES: Mapping[str, tuple[ChangeClass, Significance]] = {
    "policy": (ChangeClass.POLICY, Significance.CRITICAL),
    "people": (ChangeClass.POLICY, Significance.CRITICAL),
    "fleet-config": (ChangeClass.POLICY, Significance.CRITICAL),
    "waivers": (ChangeClass.POLICY, Significance.HIGH),
    "connectors": (ChangeClass.GOVERNANCE, Significance.MEDIUM),
    "models": (ChangeClass.BEHAVIOUR, Significance.MEDIUM),
}
"""The class and the significance of changes, by file name; a file that is not listed counts as policy."""


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
    The changes of a governance file, worst first; a file that was added or removed is one change.

    All changes of one file have the same significance, invisible characters and fixed tools aside. *tiers* is not
    used: it is there so that ``compare`` and this function take the same arguments.
    """
    if before is None and after is None:
        return ()
    name = PurePosixPath(file).stem
    if before is None or after is None:
        return (
            _whole_file_change(
                name,
                file,
                is_added=before is None,
                place=(locate_before if after is None else locate_after)(""),
            ),
        )
    changes = (
        _with_weight(
            replace(
                _governance_change(delta, name, file),
                direction=governance_direction.delta_direction(name, delta, before, after),
                place=_place(delta, locate_before, locate_after),
            ),
            delta,
            name,
        )
        for delta in walker.deltas(before, after, schema)
    )
    return tuple(sorted(merge_replacements(changes), key=lambda change: change.sort_key))


def unknown_file_change(file: str) -> Change:
    """The change of a file under ``governance/`` that fleetward does not know."""
    return Change(
        environment=None,
        agent=None,
        path="",
        kind=ChangeKind.CHANGED,
        rule="unknown/governance-file-changed",
        cls=ChangeClass.UNKNOWN,
        direction=Direction.UNKNOWN,
        significance=Significance.MEDIUM,
        reason=f"{file} was added, removed or changed; fleetward does not know this file",
        place=Place(file=file),
    )


def _governance_change(delta: Delta, name: str, file: str) -> Change:
    change = change_of(delta)
    # a file that is not listed is weighed like policy, the strictest
    cls, significance = GOVERNANCE_FILES.get(name, GOVERNANCE_FILES["policy"])
    # invisible characters outweigh whatever the file is about
    is_hidden = change.rule.endswith("/hidden-characters")
    return replace(
        change,
        cls=cls,
        rule=f"{cls}/hidden-characters" if is_hidden else f"{cls}/{name}-changed",
        significance=Significance.CRITICAL if is_hidden else significance,
        reason=(None if is_hidden else sentence(name, delta, change)) or f"{file}: {change.reason}",
    )


def _with_weight(change: Change, delta: Delta, name: str) -> Change:
    """What a connector fixes reaches every tool that uses it: high, unless it only takes operations away."""
    is_fixed = name == "connectors" and delta.location.steps[2:3] == ("fixed",)
    if not is_fixed or change.significance.rank <= _HIGH.rank:
        return change
    direction = change.direction
    if "allow" not in delta.location.steps and direction is Direction.NEUTRAL:
        # another server or kind of tool: who answers is another one
        direction = Direction.UNKNOWN
    significance = change.significance if direction is Direction.STRICTER else _HIGH
    return replace(change, direction=direction, significance=significance)


def _whole_file_change(name: str, file: str, *, is_added: bool, place: Place) -> Change:
    cls, significance = GOVERNANCE_FILES.get(name, GOVERNANCE_FILES["policy"])
    return Change(
        environment=None,
        agent=None,
        path="",
        kind=ChangeKind.ADDED if is_added else ChangeKind.REMOVED,
        rule=f"{cls}/{name}-{'added' if is_added else 'removed'}",
        cls=cls,
        direction=governance_direction.file_direction(name, is_added=is_added),
        significance=significance,
        reason=f"{file} is {'new' if is_added else 'gone'}",
        place=place,
    )


def _place(delta: Delta, locate_before: Locate, locate_after: Locate) -> Place:
    if delta.kind is ChangeKind.REMOVED:
        return locate_before(format_path(delta.location.before))
    return locate_after(format_path(delta.location.after))
