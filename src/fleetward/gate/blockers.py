"""What blocks a promotion whoever approves it: no rule, unknown authors, a freeze, validation errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from fleetward.domain.clock import format_instant
from fleetward.domain.finding import Finding
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import People
from fleetward.domain.policy import Freeze, Policy, PolicyRule, RequiredApprovals
from fleetward.domain.verdict import NotCounted, Requirement, RequirementStatus
from fleetward.gate.eligibility import unknown_contributors
from fleetward.gate.request import PromotionRequest

FREEZE = "freeze"
_LISTED_ERRORS = 3
"""How many errors a verdict lists; ``fleet validate`` lists them all."""


def missing_rules(
    request: PromotionRequest, rules: Sequence[PolicyRule], tier: str, policy: Policy
) -> Iterator[Requirement]:
    """Refused where no rule applies, or where the rules require nothing above the lowest tier."""
    # fail closed: no rule matched is blocked, not allowed (SPEC 6.1)
    if not rules:
        detail = f"no policy rule covers {request.kind} to {request.binding.environment!r} at tier {tier!r}"
        yield _policy("rules", "a rule that applies", RequirementStatus.REFUSED, detail)
    elif not any(_applies_to(requirement, request.kind) for rule in rules for requirement in rule.require):
        # an empty requirement is accepted at the lowest tier only (SPEC 6.1)
        lowest = tier == policy.tiers[0]
        detail = "requires nothing" if lowest else f"requires nothing, which is too little at tier {tier!r}"
        yield _policy(
            rules[0].id, "nothing", RequirementStatus.MET if lowest else RequirementStatus.REFUSED, detail
        )


def unknown_authors(request: PromotionRequest, policy: Policy, people: People) -> Iterator[Requirement]:
    """Refused for each contributor for whom nobody of ``people.yaml`` answers."""
    # the policy has to say so itself: `unknownAuthors: ignore` (SPEC 6.1)
    if policy.approvals.ignore_unknown_authors:
        return
    for contributor, reason in unknown_contributors(request.contributors, people):
        role = f"{contributor.role} of commit {contributor.commit[:12]}"
        detail = f"{contributor.email!r}, {role}, {reason}"
        yield _policy("approvals.unknownAuthors", "known authors", RequirementStatus.REFUSED, detail)


def author_signatures(request: PromotionRequest, rules: Sequence[PolicyRule]) -> Iterator[Requirement]:
    """For a rule that asks for signed authors whether each commit of the change is signed by its author."""
    rule = next((rule for rule in rules if rule.signed_authors), None)
    if rule is None:
        return
    unsigned = [commit for commit in request.author_signatures if commit.fault is not None]
    condition = "commits signed by their authors"
    if not unsigned:
        yield _policy(rule.id, condition, RequirementStatus.MET, f"commits: {len(request.author_signatures)}")
    for commit in unsigned:
        detail = f"commit {commit.commit[:12]} of {commit.author}: {commit.fault}"
        yield _policy(rule.id, condition, RequirementStatus.REFUSED, detail)


def active_freezes(rules: Sequence[PolicyRule], policy: Policy, now: datetime) -> Iterator[Requirement]:
    """The freezes in force at *now*; a freeze ends just before its end instant."""
    for freeze in applicable_freezes(rules, policy):
        # half-open: two freezes that touch leave neither a gap nor an overlap
        if freeze.start <= now < freeze.end:
            ready = first_unfrozen(rules, policy, freeze.end)
            yield Requirement(
                rule=freeze.id,
                kind=FREEZE,
                condition="no freeze in force",
                status=RequirementStatus.REFUSED,
                detail=f"frozen until {format_instant(freeze.end)}",
                ready_at=ready,
            )


def applicable_freezes(rules: Sequence[PolicyRule], policy: Policy) -> tuple[Freeze, ...]:
    """The freezes that apply to this change: none where every applicable rule is exempt."""
    # all rules: one rule that is not exempt keeps the freeze; no rule at all exempts nothing
    exempt = bool(rules) and all(FREEZE in rule.exempt for rule in rules)
    return () if exempt else policy.freezes


def first_unfrozen(rules: Sequence[PolicyRule], policy: Policy, moment: datetime) -> datetime:
    """The first instant from *moment* on without a freeze."""
    # sorted by start: one pass then follows freezes that touch or overlap
    for freeze in sorted(applicable_freezes(rules, policy), key=lambda f: f.start):
        if freeze.start <= moment < freeze.end:
            moment = freeze.end
    return moment


def validation_errors(request: PromotionRequest) -> Iterator[Requirement]:
    """The errors of the candidate as it would be in the target environment."""
    if not request.errors:
        return
    errors = sorted(request.errors, key=lambda finding: finding.sort_key)
    listed = "; ".join(
        f"{e.place.file}:{e.place.line} {e.rule}: {e.message}" for e in errors[:_LISTED_ERRORS]
    )
    remainder = f"; {len(errors) - _LISTED_ERRORS} more" if len(errors) > _LISTED_ERRORS else ""
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    yield Requirement(
        rule="validation",
        kind="validation",
        # the environment of a change of governance is empty: its agent is named instead
        condition=f"no errors in {request.binding.environment or request.binding.agent}",
        status=RequirementStatus.REFUSED,
        detail=f"{count}: {listed}{remainder}",
        error_rules=tuple(dict.fromkeys(error.rule for error in errors)),
    )


def unreadable_records(unreadable: Sequence[Finding]) -> Iterator[NotCounted]:
    """Records that nobody can read: told under the name of their file, for they name nobody."""
    for finding in unreadable:
        yield NotCounted(approver=finding.place.file, reason=finding.message, files=(finding.place.file,))


def _policy(rule: str, condition: str, status: RequirementStatus, detail: str) -> Requirement:
    return Requirement(rule=rule, kind="policy", condition=condition, status=status, detail=detail)


def _applies_to(requirement: object, kind: PromotionKind | None) -> bool:
    # evaluations and soak of a retirement are dropped, so they count as no requirement
    return isinstance(requirement, RequiredApprovals) or kind is not PromotionKind.RETIRE
