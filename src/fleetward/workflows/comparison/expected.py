"""What the gate will require of agents that an edit changes, before the edit is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fleetward.domain.change import ExpectedRequirement
from fleetward.domain.fleet import AgentKey
from fleetward.store.git.tree import Tree
from fleetward.workflows.comparison.agent_pairs import compare_agents
from fleetward.workflows.comparison.pair import load_pair
from fleetward.workflows.comparison.revisions import Side


def expected_requirements(
    before: Tree, after: Tree, keys: Sequence[AgentKey]
) -> Mapping[AgentKey, tuple[ExpectedRequirement, ...]]:
    """By agent what the promotion of its change will require, by the policy of *before*."""
    pair = load_pair(
        Side(name="before", commit=None, tree=before), Side(name="after", commit=None, tree=after)
    )
    comparisons, _ = compare_agents(pair, [(key, key) for key in keys], processes=1)
    return {
        (comparison.row.environment, comparison.row.agent): tuple(
            dict.fromkeys(requirement for change in comparison.changes for requirement in change.requires)
        )
        for comparison in comparisons
    }
