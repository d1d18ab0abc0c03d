"""What stops a promotion outright, whoever approves it: no rule, unknown authors, a freeze, errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from fleetward.domain.clock import format_instant
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import People
from fleetward.domain.policy import Freeze, Policy, PolicyRule, RequiredApprovals
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.gate.eligibility import unknown_contributors
from fleetward.gate.request import PromotionRequest

FREEZE = "freeze"
_LISTED_ERRORS = 3
"""Errors told in a verdict; ``fleet validate`` has them all."""


def missing_rules(
    request: PromotionRequest, rules: Sequence[PolicyRule], tier: str, policy: Policy
) -> Iterator[Requirement]:
    """No rule applies, or those that do ask nothing of a change that is not of the lowest tier."""
    if not rules:
        detail = f"no rule speaks about {request.kind} to {request.binding.environment!r} at tier {tier!r}"
        yield _policy("rules", "a rule that applies", RequirementStatus.REFUSED, detail)
    elif not any(_applies_to(requirement, request.kind) for rule in rules for requirement in rule.require):
        lowest = tier == policy.tiers[0]
        detail = "asks nothing" if lowest else f"asks nothing, too little at tier {tier!r}"
        yield _policy(
            rules[0].id, "nothing", RequirementStatus.MET if lowest else RequirementStatus.REFUSED, detail
        )


def unknown_authors(request: PromotionRequest, policy: Policy, people: People) -> Iterator[Requirement]:
    """Somebody wrote a part of the change whom ``people.yaml`` does not know."""
    if policy.approvals.ignore_unknown_authors:
        return
    for contributor in unknown_contributors(request.contributors, people):
        detail = f"{contributor.email!r}, {contributor.role} of commit {contributor.commit[:12]}, is nobody in people.yaml"
        yield _policy("approvals.unknownAuthors", "known authors", RequirementStatus.REFUSED, detail)


def active_freezes(rules: Sequence[PolicyRule], policy: Policy, now: datetime) -> Iterator[Requirement]:
    """The freezes that hold at *now*; the end is the first instant after."""
    for freeze in applicable_freezes(rules, policy):
        if freeze.start <= now < freeze.end:
            ready = first_unfrozen(rules, policy, freeze.end)
            yield Requirement(
                rule=freeze.id,
                kind=FREEZE,
                condition="over",
                status=RequirementStatus.REFUSED,
                detail=f"frozen until {format_instant(freeze.end)}",
                ready_at=ready,
            )


def applicable_freezes(rules: Sequence[PolicyRule], policy: Policy) -> tuple[Freeze, ...]:
    """The freezes that hold for this change: none where every rule that applies is exempt."""
    exempt = bool(rules) and all(FREEZE in rule.exempt for rule in rules)
    return () if exempt else policy.freezes


def first_unfrozen(rules: Sequence[PolicyRule], policy: Policy, moment: datetime) -> datetime:
    """The first instant from *moment* on at which no freeze holds."""
    for freeze in sorted(applicable_freezes(rules, policy), key=lambda f: f.start):
        if freeze.start <= moment < freeze.end:
            moment = freeze.end
    return moment


def validation_errors(request: PromotionRequest) -> Iterator[Requirement]:
    """Errors on the candidate, as it would stand in the target environment."""
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
        condition=f"no errors in {request.binding.environment or request.binding.agent}",
        status=RequirementStatus.REFUSED,
        detail=f"{count}: {listed}{remainder}",
    )


def _policy(rule: str, condition: str, status: RequirementStatus, detail: str) -> Requirement:
    return Requirement(rule=rule, kind="policy", condition=condition, status=status, detail=detail)


def _applies_to(requirement: object, kind: PromotionKind | None) -> bool:
    return isinstance(requirement, RequiredApprovals) or kind is not PromotionKind.RETIRE
