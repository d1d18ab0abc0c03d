"""The retirement of an agent: its criteria, and everything that depends on it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.fleet import Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """A metric of an agent on one day; *line* is its line in the metrics file."""

    day: date
    agent: str
    metric: str
    value: float
    line: int
    environment: str | None = None
    """None: the file does not say in which."""
    file: str = ""

    @property
    def key(self) -> tuple[str, str | None, str, date]:
        """Of what it is the one value."""
        return self.agent, self.environment, self.metric, self.day


class CriterionStatus(StrEnum):
    """Whether a criterion is met, which is ``due`` for both kinds; without values it is unknown."""

    DUE = "due"
    NOT_DUE = "not due"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionResult:
    """One criterion of one agent, of retirement or of its pilot's exit, compared with its values or the date."""

    agent: str
    environment: str
    condition: str
    status: CriterionStatus
    detail: str
    place: Place
    gaps: tuple[tuple[date, date], ...] = ()
    """Ranges of days without a value, each as first and last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependent:
    """
    An agent that calls this one or is triggered by it.

    Shape: *promoted_together* where its release in the source environment no longer requires this one.
    """

    environment: str
    agent: str
    required: bool
    place: Place
    promoted_together: bool = False
    names_successor: bool = False
    edits: tuple[Place, ...] = ()
    """Places in the source environment that still require this one; empty where there are none."""

    @property
    def blocks(self) -> bool:
        """Would it lose an agent that it requires?"""
        return self.required and not self.promoted_together


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The agent in one environment, with its lifecycle there."""

    environment: str
    gated: bool
    lifecycle: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A resource that remains after the retirement, with the agents that also use it."""

    kind: str
    name: str
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementPlan:
    """The plan of one retirement; *files* are edited when it is applied."""

    agent: str
    deployments: tuple[Deployment, ...]
    dependents: tuple[Dependent, ...]
    shared_states: tuple[Leftover, ...]
    credentials: tuple[Leftover, ...]
    triggers: tuple[str, ...]
    unshared: tuple[Leftover, ...]
    disposition: str | None
    successor: str | None
    successor_in: tuple[str, ...]
    criteria: tuple[CriterionResult, ...]
    proposals: tuple[str, ...]
    waivers: tuple[Waiver, ...]
    files: tuple[str, ...] = ()
    written: bool = False

    @property
    def blocked(self) -> bool:
        """Does an agent still require it?"""
        return any(dependent.blocks for dependent in self.dependents)
