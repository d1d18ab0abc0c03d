"""Questions to a whole fleet: who is due to go, and what hangs on one that does."""

from fleetward.survey.criteria import criteria_results, unused_values
from fleetward.survey.retirement import retirement_plan

__all__ = ["criteria_results", "retirement_plan", "unused_values"]
