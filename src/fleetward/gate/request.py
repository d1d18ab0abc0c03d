"""Everything that the verdict on one agent depends on, besides policy, people and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta

from fleetward.domain.approval import Approval, Binding
from fleetward.domain.attestation import Attestation
from fleetward.domain.break_glass import PromotionMode, RequiredReview
from fleetward.domain.change import Comparison
from fleetward.domain.contributor import AuthorSignature, Contributor
from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.ledger import PromotionKind, RollbackHold
from fleetward.domain.manifest import Manifest
from fleetward.domain.retirement_plan import CriterionResult


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedSoak:
    """The soak time by what the authors of the release did not write."""

    longest: timedelta = timedelta()
    since: datetime | None = None
    """None where nothing shows that it is there now."""
    files: tuple[str, ...] = ()
    """The attestations that show it, where it is shown by any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRequest:
    """
    The promotion of one agent into one environment.

    Shape: ``approvals`` are all statements about this environment and agent, also those about other states, because
    a veto outlives the state that it rejects. ``errors`` are the unwaived errors of the candidate as it would be in
    the target environment.
    Source: SPEC 6 and 6.1.
    """

    binding: Binding
    kind: PromotionKind | None
    """None: there is nothing to promote."""
    release: str | None = None
    renamed_from: str | None = None
    """The name that the same content had before; its evidence and its soak time count."""
    running: Manifest | None = None
    running_unreadable: bool = False
    """An agent runs, but its manifest cannot be read."""
    candidate: Manifest | None = None
    comparison: Comparison | None = None
    contributors: tuple[Contributor, ...] = ()
    author_signatures: tuple[AuthorSignature, ...] = ()
    """One for each commit of the change, where a rule of the policy asks for signed authors."""
    approvals: tuple[Approval, ...] = ()
    evidence: tuple[EvidenceRecord, ...] = ()
    unreadable: tuple[Finding, ...] = ()
    """Records that cannot be read: they count nothing, stop nobody, and are told."""
    attestations: tuple[Attestation, ...] = ()
    """All about this agent and about the fleet; those that count nothing have a fault."""
    exit_criteria: tuple[CriterionResult, ...] = ()
    """Those of the pilot, compared with the metrics; ``due`` means met."""
    source_states: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By state of the agent in a source environment the paths that it overrides there and the target does not."""
    same_state_since: datetime | None = None
    """When the overrides in the source environments were last changed; None where they never were."""
    longest_soak: timedelta = timedelta()
    """The longest continuous time of the release in the source environment."""
    is_soaking: bool = False
    """Is the release in the source environment now?"""
    soaking_since: datetime | None = None
    """When its present time there began, where that is known."""
    witnessed_soak: WitnessedSoak | None = None
    """The same above the lowest tier; None where the other facts are not taken from dates of commits."""
    errors: tuple[Finding, ...] = ()
    mode: PromotionMode = PromotionMode.NORMAL
    """A rollback is told by its kind, not by its mode."""
    stopped_by: str | None = None
    """Of a stop: the person who suspends the agent."""
    left_at: datetime | None = None
    """When the release that a rollback goes back to left the environment."""
    hold: RollbackHold | None = None
    """The rollback that removed this release from the environment."""
    required_reviews: tuple[RequiredReview, ...] = ()
    """One for each break-glass promotion of this agent, reviewed or not."""
    by_earlier_version: bool = False
    """An entry of an earlier version: evidence and soak are judged as they were then."""
    governance_commit: str | None = None
    """Whose people and policy decide."""
