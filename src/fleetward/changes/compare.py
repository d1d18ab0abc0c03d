"""Compares an agent before and after: its changes, and the facets that policy rules match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fleetward.changes import combinations, direction, files, walker
from fleetward.changes.added_removed import added_comparison, retired_comparison
from fleetward.changes.classify import change_of
from fleetward.changes.comparison import agent_row, facets
from fleetward.changes.delta import Delta
from fleetward.changes.pins import PinClass, always_pinned, pin_changes
from fleetward.changes.replacements import merge_replacements
from fleetward.domain.change import AgentStatus, Change, ChangeKind, Comparison, Significance
from fleetward.domain.finding import Place
from fleetward.domain.manifest import Agent, Manifest
from fleetward.domain.path import format_path, lookup


def compare(
    before: Agent | None,
    after: Agent | None,
    *,
    schema: Mapping[str, Any],
    tiers: tuple[str, ...] = (),
    dependents: tuple[str, ...] = (),
    pin_class: PinClass = always_pinned,
    occasion: str | None = None,
) -> Comparison | None:
    """
    How an agent changed; None if all files are byte for byte the same.

    Both sides need a manifest. *tiers* are ordered from low to high, *dependents* are the agents that rely on this
    one at the later side, *occasion* are the first words about an agent that was added or retired.
    """
    # bytes and modes, not meaning: a reformatted file still has another digest
    if before is not None and after is not None and _contents(before) == _contents(after):
        return None
    changes = _changes(before, after, schema, tiers, pin_class)
    if before is None:
        return added_comparison(after, changes, pin_class, occasion) if after else None
    if after is None:
        return retired_comparison(before, changes, dependents, occasion)
    weighed = combinations.raise_combinations(changes)
    ordered = tuple(sorted(merge_replacements(weighed), key=lambda change: change.sort_key))
    # sorted: the first one is the worst
    worst = ordered[0].significance if ordered else Significance.NONE
    return Comparison(
        row=agent_row(before, after, AgentStatus.CHANGED, worst),
        changes=ordered,
        # both sides of a replacement count: what it loosens, and what it tightens
        facets=facets(weighed),
        formatting_only=not ordered,
        release_moved=not ordered and before.release != after.release,
    )


def _contents(agent: Agent) -> dict[str, tuple[str, bytes]]:
    return {file.path: (file.mode, file.content) for file in agent.files}


def _changes(
    before: Agent | None,
    after: Agent | None,
    schema: Mapping[str, Any],
    tiers: tuple[str, ...],
    pin_class: PinClass,
) -> tuple[Change, ...]:
    earlier = before.manifest if before else None
    later = after.manifest if after else None
    changes = [
        *_manifest_changes(earlier, later, schema, tiers),
        *pin_changes(earlier, later, pin_class),
        *files.file_changes(before, after),
    ]
    agent = after or before
    if agent is None:
        return ()
    if after is not None and after.proposed:
        changes = [
            replace(change, proposed=True, reason=_proposal_reason(change, before, after))
            for change in changes
        ]
    return tuple(replace(change, environment=agent.environment, agent=agent.name) for change in changes)


def _proposal_reason(change: Change, before: Agent | None, after: Agent) -> str:
    """The reason, and whether the value came from ``overrides.yaml`` and is missing in the proposal."""
    # the whole file is replaced: a value that silently falls back deserves a word
    overridden, proposed = (
        lookup(side.overrides or {}, change.path)[0] if side else False for side in (before, after)
    )
    if not overridden or proposed:
        return change.reason
    return f"{change.reason}; the proposal replaces overrides.yaml as a whole, and no longer sets this value"


def _manifest_changes(
    before: Manifest | None, after: Manifest | None, schema: Mapping[str, Any], tiers: tuple[str, ...]
) -> Iterator[Change]:
    earlier = before.effective if before else None
    later = after.effective if after else None
    for delta in walker.deltas(earlier, later, schema):
        if delta.generic == "spec.risk.tier" and tiers:
            # the order of tiers is the policy's, which no schema knows
            delta = replace(delta, direction=direction.tier_direction(tiers, delta.before, delta.after))
        yield replace(change_of(delta), place=_place(delta, before, after))


def _place(delta: Delta, before: Manifest | None, after: Manifest | None) -> Place | None:
    """The place of the new value; of a removed one, its place before."""
    # a removed value has no place at the later side
    if after is not None and (delta.kind is not ChangeKind.REMOVED or before is None):
        return after.place(format_path(delta.location.after))
    return before.place(format_path(delta.location.before)) if before else None
