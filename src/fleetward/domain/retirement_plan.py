"""How an agent ends: what is due to end it, and all that hangs on it when it goes."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.fleet import Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """What was measured of an agent on one day; *line* is where the file of figures says so."""

    day: date
    agent: str
    metric: str
    value: float
    line: int


class CriterionStatus(StrEnum):
    """Is a criterion met? Missing figures never are."""

    DUE = "due"
    NOT_DUE = "not due"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionResult:
    """One criterion of one agent: what was asked, and what the figures or the calendar say."""

    agent: str
    environment: str
    condition: str
    status: CriterionStatus
    detail: str
    place: Place
    gaps: tuple[tuple[date, date], ...] = ()
    """Days without a figure, as first and last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependent:
    """
    An agent that calls this one, or is set off by it.

    Shape: *along* where it stands in a gated environment and its release before no longer requires this one: both
    are promoted together then.
    """

    environment: str
    agent: str
    required: bool
    place: Place
    promoted_together: bool = False
    names_successor: bool = False
    edits: tuple[Place, ...] = ()
    """Where releases are made, what has to be edited so that it can do without; none where it has none there."""

    @property
    def blocks(self) -> bool:
        """Would it call nobody?"""
        return self.required and not self.promoted_together


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Where the agent stands, and where it is in its life there."""

    environment: str
    gated: bool
    lifecycle: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Something of it that stays behind: what it is, its name, and who else has to do with it."""

    kind: str
    name: str
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementPlan:
    """The plan of one retirement; *files* are edited, or would be."""

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
        """Does something still need it, with nothing in its place?"""
        return any(dependent.blocks for dependent in self.dependents)
