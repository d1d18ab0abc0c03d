"""Questions to a whole fleet: who is due to go, and what hangs on one that does."""

from fleetward.survey.criteria import due, unused
from fleetward.survey.retirement import departure

__all__ = ["departure", "due", "unused"]
