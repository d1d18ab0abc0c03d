"""The same change in many agents, told once."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace

from fleetward.domain.change import Change, Comparison
from fleetward.domain.fast_dataclass import dataclass

_SMALLEST_GROUP = 3
"""From so many agents on the same change is told once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroup:
    """One change, and the agents that have it."""

    change: Change
    agents: tuple[str, ...]
    """``environment/agent``, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSection:
    """A comparison without what is told in a group, and how many changes that is."""

    comparison: Comparison
    shared: int


def group_changes(
    comparisons: Sequence[Comparison],
) -> tuple[tuple[ChangeGroup, ...], tuple[AgentSection, ...]]:
    """What many agents share, worst and most frequent first, and the agents worst first with the rest."""
    by_key: dict[str, list[Change]] = {}
    for change in (change for comparison in comparisons for change in comparison.changes):
        by_key.setdefault(_group_key(change), []).append(change)
    shared = {key: changes for key, changes in by_key.items() if len(changes) >= _SMALLEST_GROUP}
    groups = (
        ChangeGroup(
            change=changes[0],
            agents=tuple(sorted(f"{change.environment}/{change.agent}" for change in changes)),
        )
        for changes in shared.values()
    )
    ordered = sorted(
        groups,
        key=lambda change: (change.change.significance.rank, -len(change.agents), change.change.sort_key),
    )
    rank = lambda change: (change.row.significance.rank, change.row.environment, change.row.agent)  # noqa: E731
    return tuple(ordered), tuple(
        _agent_section(change, shared.keys()) for change in sorted(comparisons, key=rank)
    )


def _group_key(change: Change) -> str:
    """One text for changes that differ in nothing but the agent; a card is an agent's own."""
    parts = (change.path, change.kind, change.before, change.after, change.rule, change.reason, change.lines)
    requirements = sorted(f"{requirement.kind} {requirement.detail}" for requirement in change.requires)
    owner = "" if change.path else f"{change.environment}/{change.agent}"
    weight = (change.significance, change.direction, change.proposed)
    return json.dumps([*parts, *weight, requirements, owner], sort_keys=True, default=str)


def _agent_section(comparison: Comparison, shared_keys: Collection[str]) -> AgentSection:
    changes = tuple(change for change in comparison.changes if _group_key(change) not in shared_keys)
    return AgentSection(
        comparison=replace(comparison, changes=changes), shared=len(comparison.changes) - len(changes)
    )
