"""The parts that the comparison of every agent has: its row, and the facets that policy rules match."""

from __future__ import annotations

from collections.abc import Iterable

from fleetward.domain.change import AgentChange, AgentStatus, Change, Facet, Significance
from fleetward.domain.manifest import Agent


def agent_row(
    before: Agent | None, after: Agent | None, status: AgentStatus, significance: Significance
) -> AgentChange:
    """The row of one agent; at least one side is an agent."""
    agent = after or before
    assert agent is not None  # noqa: S101
    return AgentChange(
        environment=agent.environment,
        agent=agent.name,
        status=status,
        tier_before=before.manifest.tier if before and before.manifest else None,
        tier_after=after.manifest.tier if after and after.manifest else None,
        significance=significance,
    )


def facets(changes: Iterable[Change]) -> frozenset[Facet]:
    """Class, direction and significance of each change."""
    return frozenset((change.cls, change.direction, change.significance) for change in changes)
