"""The verdicts on the agents that are promoted together."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import Promotion, Verdict, worst_verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingGovernance:
    """A commit that changed governance, and which requirements it lacks, in words."""

    commit: str
    lacks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchVerdict:
    """The verdict on each agent, and what it was decided by: a commit and a policy."""

    promotions: tuple[Promotion, ...]
    target: str
    sources: tuple[str, ...] = ()
    """The environments that the releases come from; empty for a rollback."""
    commit: str
    policy: Policy
    policy_commit: str = ""
    """The commit whose governance decided."""
    pending: tuple[PendingGovernance, ...] = ()
    """Changes of governance that nobody agreed to yet, oldest first; they decide nothing."""

    @property
    def verdict(self) -> Verdict:
        """The worst of the verdicts."""
        return worst_verdict(promotion.verdict for promotion in self.promotions)
