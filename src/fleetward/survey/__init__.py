"""Questions about a whole fleet: which agents are due to retire, what depends on them, which pilots are done."""

from fleetward.survey.criteria import criteria_results, unused_values
from fleetward.survey.exit_criteria import exit_criteria_results
from fleetward.survey.register import registered_agents, standings
from fleetward.survey.register_filter import field_texts, matches_where, matching_agents
from fleetward.survey.retirement import retirement_plan

__all__ = [
    "criteria_results",
    "exit_criteria_results",
    "field_texts",
    "matches_where",
    "matching_agents",
    "registered_agents",
    "retirement_plan",
    "standings",
    "unused_values",
]
