"""The same change in many agents, told once."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace

from fleetward.domain.change import Change, Comparison
from fleetward.domain.fast_dataclass import dataclass

_MANY = 3
"""From so many agents on the same change is told once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One change, and the agents that have it."""

    change: Change
    agents: tuple[str, ...]
    """``environment/agent``, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A comparison without what is told in a group, and how many changes that is."""

    comparison: Comparison
    shared: int


def grouped(comparisons: Sequence[Comparison]) -> tuple[tuple[Group, ...], tuple[Told, ...]]:
    """What many agents share, worst and most frequent first, and the agents worst first with the rest."""
    seen: dict[str, list[Change]] = {}
    for change in (one for comparison in comparisons for one in comparison.changes):
        seen.setdefault(_same(change), []).append(change)
    many = {same: found for same, found in seen.items() if len(found) >= _MANY}
    groups = (
        Group(change=found[0], agents=tuple(sorted(f"{one.environment}/{one.agent}" for one in found)))
        for found in many.values()
    )
    ordered = sorted(
        groups, key=lambda one: (one.change.significance.rank, -len(one.agents), one.change.order)
    )
    rank = lambda one: (one.row.significance.rank, one.row.environment, one.row.agent)  # noqa: E731
    return tuple(ordered), tuple(_without(one, many.keys()) for one in sorted(comparisons, key=rank))


def _same(change: Change) -> str:
    """One text for changes that differ in nothing but the agent; a card is an agent's own."""
    parts = (change.path, change.kind, change.before, change.after, change.rule, change.reason, change.lines)
    needs = sorted(f"{need.kind} {need.detail}" for need in change.requires)
    own = "" if change.path else f"{change.environment}/{change.agent}"
    weight = (change.significance, change.direction, change.proposed)
    return json.dumps([*parts, *weight, needs, own], sort_keys=True, default=str)


def _without(comparison: Comparison, many: Collection[str]) -> Told:
    kept = tuple(one for one in comparison.changes if _same(one) not in many)
    return Told(comparison=replace(comparison, changes=kept), shared=len(comparison.changes) - len(kept))
