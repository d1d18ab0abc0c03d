"""May it pass: one pure evaluator for promote, audit, why and policy tests."""

from fleetward.gate.applying import asked
from fleetward.gate.decide import conclusion, decide
from fleetward.gate.question import Contributor, Question, Role

__all__ = ["Contributor", "Question", "Role", "asked", "conclusion", "decide"]
