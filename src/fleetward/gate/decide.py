"""Decide on one agent: compare everything that the policy requires with the records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import People
from fleetward.domain.policy import (
    Policy,
    PolicyRule,
    RequiredAttestation,
    RequiredCriteria,
    RequiredEvals,
    RequiredSoak,
)
from fleetward.domain.verdict import (
    Promotion,
    Requirement,
    RequirementStatus,
    Unblock,
    Verdict,
    worst_verdict,
)
from fleetward.gate.attestation_requirements import attested
from fleetward.gate.blockers import (
    FREEZE,
    active_freezes,
    author_signatures,
    first_unfrozen,
    missing_rules,
    unknown_authors,
    unreadable_records,
    validation_errors,
)
from fleetward.gate.evidence_and_soak import evaluations
from fleetward.gate.evidence_terms import EvidenceTerms
from fleetward.gate.left_out_seats import left_out_seats
from fleetward.gate.matching_rules import strictest_requirements
from fleetward.gate.pilot_exit import criteria_met
from fleetward.gate.promotion_modes import ModeTerms, mode_terms, rollback_age, split_skipped
from fleetward.gate.quorum import Quorum, assess_quorum
from fleetward.gate.request import PromotionRequest
from fleetward.gate.reviews import review_requirements, reviewers_for
from fleetward.gate.rollback_hold import with_rollback_hold
from fleetward.gate.soak_witness import soak_requirement
from fleetward.gate.stop_verdict import stop_requirement
from fleetward.gate.tiers import effective_tier
from fleetward.gate.ways import Deadlock, review_ways, ways_on


def decide(request: PromotionRequest, *, policy: Policy, people: People, now: datetime) -> Promotion:
    """
    The verdict on *request* by this policy at this instant.

    A retirement needs no evaluations and no soak: nothing is left to evaluate.
    Source: SPEC 6 and 6.1.
    """
    tier = effective_tier(request, policy)
    review_items, reviews_not_counted = review_requirements(
        request, reviewers_for(request, policy=policy, people=people, tier=tier, now=now)
    )
    # open reviews are reported even where nothing is to be promoted
    if request.kind is None:
        return replace(
            _promotion(request, tier, Verdict.UNCHANGED, review_items), not_counted=reviews_not_counted
        )
    if request.mode is PromotionMode.STOP:
        required_stop = (stop_requirement(request, policy=policy, people=people, now=now),)
        return _promotion(request, tier, verdict_from(required_stop), required_stop)
    terms = mode_terms(request, request.kind, policy, tier)
    approved = assess_quorum(request, terms.approval_rules, policy=terms.policy, people=people, now=now)
    approved = with_rollback_hold(
        request, terms.approval_rules, approved, policy=terms.policy, people=people, now=now
    )
    evidence, records = _evidence_and_soak(
        request,
        terms.rules,
        policy,
        people,
        now,
        above_lowest=policy.tier_rank(tier) > 0 and not request.by_earlier_version,
    )
    # a freeze is read again at --apply (SPEC 6.1): decide has no memory of an earlier run
    required, skipped = split_skipped(terms, (*evidence, *active_freezes(terms.rules, policy, now)))
    requirements = (
        *missing_rules(request, terms.rules, tier, policy),
        *unknown_authors(request, policy, people),
        *author_signatures(request, terms.rules),
        *approved.requirements,
        *required,
        *rollback_age(request, policy, now),
        *review_items,
        *validation_errors(request),
    )
    skipped = (*skipped, *left_out_seats(request, terms, approved, policy=policy, people=people, now=now))
    counted = (*approved.files, *records)
    deadlock = Deadlock(
        request=request, rules=terms.approval_rules, tier=tier, policy=terms.policy, people=people, now=now
    )
    ways = (*ways_on(approved, deadlock), *review_ways(review_items, deadlock))
    unblock = replace(_unblock(requirements, approved, terms), ways=ways)
    promotion = _promotion(
        request, tier, verdict_from(requirements), requirements, approved, unblock, counted
    )
    not_counted = (*promotion.not_counted, *reviews_not_counted, *unreadable_records(request.unreadable))
    return replace(promotion, skipped=skipped, not_counted=not_counted)


def batch_verdict(promotions: Iterable[Promotion]) -> Verdict:
    """The verdict on all agents of one promotion: that of the worst."""
    return worst_verdict(promotion.verdict for promotion in promotions)


def verdict_from(requirements: Sequence[Requirement]) -> Verdict:
    """Blocked by a refused requirement or by having none at all, pending while one is missing, else allowed."""
    statuses = {requirement.status for requirement in requirements}
    # no requirement at all means that nobody was asked: fail closed
    if RequirementStatus.REFUSED in statuses or not requirements:
        return Verdict.BLOCKED
    return Verdict.PENDING if RequirementStatus.MISSING in statuses else Verdict.ALLOWED


def _evidence_and_soak(
    request: PromotionRequest,
    rules: tuple[PolicyRule, ...],
    policy: Policy,
    people: People,
    now: datetime,
    *,
    above_lowest: bool,
) -> tuple[tuple[Requirement, ...], tuple[str, ...]]:
    """The requirements about evaluations, soak, attestations and pilots, and the files of the records that met them."""
    if request.kind is PromotionKind.RETIRE:
        return (), ()
    requirements: list[Requirement] = []
    files: list[str] = []
    for rule, required in strictest_requirements(rules):
        if isinstance(required, RequiredEvals):
            evidence_terms = EvidenceTerms(
                request=request, required=required, people=people, above_lowest=above_lowest
            )
            for requirement, record in evaluations(request, rule, evidence_terms, now):
                requirements.append(requirement)
                # a record that met nothing is not named in the ledger
                files.extend([record.file] if record else [])
        elif isinstance(required, RequiredSoak):
            requirement, attestations = soak_requirement(
                request, rule, required, now, above_lowest=above_lowest
            )
            requirements.append(requirement)
            files.extend(attestations)
        elif isinstance(required, RequiredAttestation):
            requirement, attestations = attested(request, rule, required, policy, now)
            requirements.append(requirement)
            files.extend(attestations)
        elif isinstance(required, RequiredCriteria):
            requirements.append(criteria_met(request, rule))
    return tuple(requirements), tuple(files)


def _unblock(requirements: Sequence[Requirement], approved: Quorum, terms: ModeTerms) -> Unblock:
    """A soak that ends during a freeze helps only when the freeze has ended, too."""
    people = {person for requirement in requirements for person in requirement.eligible}
    instants = [requirement.ready_at for requirement in requirements if requirement.ready_at is not None]
    ready = max(instants, default=None)
    # a freeze that break-glass skips does not delay the promotion
    if ready is not None and FREEZE not in terms.skippable:
        ready = first_unfrozen(terms.rules, terms.policy, ready)
    return Unblock(people=tuple(sorted(people)), ready_at=ready, minimal_approvers=approved.minimal_approvers)


def _promotion(
    request: PromotionRequest,
    tier: str,
    verdict: Verdict,
    requirements: tuple[Requirement, ...] = (),
    approved: Quorum | None = None,
    unblock: Unblock | None = None,
    counted: tuple[str, ...] = (),
) -> Promotion:
    binding = request.binding
    return Promotion(
        agent=binding.agent,
        kind=request.kind,
        tier=tier,
        release=request.release,
        from_state=binding.from_state,
        to_state=binding.to_state,
        generation=binding.generation,
        verdict=verdict,
        requirements=requirements,
        not_counted=approved.not_counted if approved else (),
        unblock=unblock or Unblock(),
        counted=counted,
        mode=request.mode,
        renamed_from=request.renamed_from,
        uncompared=tuple(person for person in request.contributors if not person.is_compared),
        suspended=request.running is not None and request.running.get("spec.suspended") is True,
    )
