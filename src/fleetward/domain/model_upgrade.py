"""One language model replaced by another in many agents: who changes, what each repeats, and what else names it."""

from __future__ import annotations

from enum import StrEnum

from fleetward.domain.change import ExpectedRequirement
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place


class MentionOutcome(StrEnum):
    """What happens to a place that names the old model."""

    EDIT = "edit"
    """Edited in place."""
    PROPOSAL = "proposal"
    """An override of a gated environment: written as a proposal."""
    OPEN = "open"
    """Not changed: only a person knows what it should say."""


class MentionRole(StrEnum):
    """As what a place names the old model."""

    MODEL = "model"
    OVERRIDE = "override"
    FALLBACK = "fallback"
    JUDGE = "judge"
    EMBEDDING = "embedding"
    DEPLOYMENT = "deployment"
    FILE = "file"
    """Another file of the agent's folder, such as an evaluation suite."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """A language model and what governance/models.yaml says of it; dates are ``YYYY-MM-DD``."""

    provider: str
    name: str
    version: str | None = None
    listed: bool = False
    allowed: bool | None = None
    retires_at: str | None = None
    in_days: int | None = None
    """Days until it retires, negative once it has."""
    replaced_by: str | None = None
    pin: str = ""
    """pinned, versioned or floating."""

    @property
    def text(self) -> str:
        """``provider/name``, with the version where it stands apart."""
        return f"{self.provider}/{self.name}" + (f" {self.version}" if self.version else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMention:
    """A place that names the old model."""

    agent: str
    environment: str
    role: MentionRole
    place: Place
    outcome: MentionOutcome
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradedAgent:
    """An agent of the first environment that is pinned to the old model."""

    name: str
    tier: str | None
    place: Place
    suites: tuple[str, ...]
    """All of its suites: a new release voids the evidence of the old one."""
    requires: tuple[ExpectedRequirement, ...]
    """What the gate will require."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelNeed:
    """What governance/models.yaml has to say before the new model may be used, or should say."""

    action: str
    """add, allow or date."""
    entry: str
    """The item as one line of YAML."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUpgrade:
    """The whole plan; *problems* are the findings that it would add, *files* what is written when it is applied."""

    old: ListedModel
    new: ListedModel
    environment: str
    agents: tuple[UpgradedAgent, ...]
    mentions: tuple[ModelMention, ...]
    needs: tuple[ModelNeed, ...]
    files: tuple[str, ...]
    problems: tuple[Finding, ...]
    written: bool = False
    refused: bool = False
    """It should have been written, and would have caused an error."""

    @property
    def tiers(self) -> dict[str, tuple[UpgradedAgent, ...]]:
        """The agents by tier, in their order."""
        by_tier: dict[str, list[UpgradedAgent]] = {}
        for agent in self.agents:
            by_tier.setdefault(agent.tier or "none", []).append(agent)
        return {tier: tuple(agents) for tier, agents in by_tier.items()}
