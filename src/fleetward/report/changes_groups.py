"""The same change in many agents, as one group."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace

from fleetward.domain.change import AgentStatus, Change, Comparison, ExpectedRequirement, Unreadable
from fleetward.domain.fast_dataclass import dataclass

NAMED_USERS = 20
"""Users of a connector, model, team or person that are named; the others are counted."""
_SMALLEST_GROUP = 2
"""Agents with the same change that make a group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroup:
    """One change, and the agents that have it; what their promotion requires may differ."""

    changes: tuple[Change, ...]
    """One of each agent, by environment and name."""

    @property
    def change(self) -> Change:
        """The change, as the first agent has it."""
        return self.changes[0]

    @property
    def agents(self) -> tuple[str, ...]:
        """``environment/agent``, sorted."""
        return tuple(map(subject_name, self.changes))

    @property
    def by_requirements(self) -> tuple[ChangeGroup, ...]:
        """The same change, apart for agents whose promotion requires other things."""
        by_requires: dict[frozenset[ExpectedRequirement], list[Change]] = {}
        for change in self.changes:
            by_requires.setdefault(frozenset(change.requires), []).append(change)
        return tuple(ChangeGroup(changes=tuple(changes)) for changes in by_requires.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSection:
    """A comparison without the changes that are in groups, and their number."""

    comparison: Comparison
    shared: int


def group_changes(
    comparisons: Sequence[Comparison],
) -> tuple[tuple[ChangeGroup, ...], tuple[AgentSection, ...]]:
    """The groups, worst and largest first, and the agents with their other changes, worst first."""
    by_key: dict[str, list[Change]] = {}
    for change in (change for comparison in comparisons for change in comparison.changes):
        by_key.setdefault(_group_key(change), []).append(change)
    # one agent in several environments is no group
    shared = {
        key: changes
        for key, changes in by_key.items()
        if len({change.agent for change in changes}) >= _SMALLEST_GROUP
    }
    groups = [ChangeGroup(changes=tuple(sorted(changes, key=subject_name))) for changes in shared.values()]
    return (
        tuple(sorted(groups, key=_group_order)),
        tuple(_agent_section(comparison, shared.keys()) for comparison in worst_first(comparisons)),
    )


def worst_first(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """By significance, then by environment and name."""
    return sorted(comparisons, key=lambda c: (c.row.significance.rank, c.row.environment, c.row.agent))


def subject_name(item: Change | Unreadable) -> str:
    """``environment/agent``, or ``governance``."""
    return f"{item.environment}/{item.agent}" if item.agent else "governance"


def users_text(users: Sequence[str], limit: int | None = None) -> str:
    """``used by staging/refund-bot``; beyond *limit* the others are counted."""
    if not users:
        return "used by no agent"
    names = users if limit is None else users[:limit]
    remaining = len(users) - len(names)
    return f"used by {', '.join(names)}" + (f" and {remaining} more" if remaining else "")


def tier_text(comparison: Comparison, arrow: str) -> str:
    """``tier high``, or ``tier high -> low`` with this *arrow*; empty without a tier."""
    row = comparison.row
    if row.status is AgentStatus.CHANGED and row.tier_before != row.tier_after:
        return f"tier {row.tier_before or 'none'} {arrow} {row.tier_after or 'none'}"
    tier = row.tier_after or row.tier_before
    return f"tier {tier}" if tier else ""


def _group_order(group: ChangeGroup) -> tuple[object, ...]:
    return group.change.significance.rank, -len(group.agents), group.change.sort_key


def _group_key(change: Change) -> str:
    """Equal for changes that differ in the agent alone; the change of a whole agent is never shared."""
    parts = (change.path, change.kind, change.before, change.after, change.rule, change.reason, change.lines)
    owner = "" if change.path else subject_name(change)
    weight = (change.significance, change.direction, change.proposed)
    return json.dumps([*parts, *weight, owner], sort_keys=True, default=str)


def _agent_section(comparison: Comparison, shared_keys: Collection[str]) -> AgentSection:
    changes = tuple(change for change in comparison.changes if _group_key(change) not in shared_keys)
    return AgentSection(
        comparison=replace(comparison, changes=changes), shared=len(comparison.changes) - len(changes)
    )
