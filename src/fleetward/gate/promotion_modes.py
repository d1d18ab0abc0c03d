"""
Other ways through the gate: back to what ran before, and the glass that is broken when waiting is worse.

Both put a rule of their own in place of what the policy's rules ask of people. A rollback puts it in place of all
that they ask; behind the broken glass evaluations, soak and freezes are asked as ever, and those that the policy
lists are passed over where they are not met. Nothing passes over validation, vetoes or people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.clock import format_duration, format_instant
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Policy, PolicyRule
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.gate.approval_count import instant_after
from fleetward.gate.matching_rules import applicable_rules
from fleetward.gate.request import PromotionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeTerms:
    """
    What is asked this way: *rules* speak about the change, *approving* are those whose approvals are asked.

    ``policy`` is the whole one, its approvals lasting no longer than they do this way.
    """

    policy: Policy
    rules: tuple[PolicyRule, ...] = ()
    approval_rules: tuple[PolicyRule, ...] = ()
    skippable: frozenset[str] = frozenset()

    def skips(self, requirement: Requirement) -> bool:
        """Is it not met, and not waited for?"""
        return requirement.status is not RequirementStatus.MET and requirement.kind in self.skippable


def mode_terms(request: PromotionRequest, kind: PromotionKind, policy: Policy, tier: str) -> ModeTerms:
    """What the policy asks of this change through the door that it takes; no rule where that door is not there."""
    if kind is PromotionKind.ROLLBACK:
        rollback_rules = (policy.rollback.rule,) if policy.rollback else ()
        return ModeTerms(policy=policy, rules=rollback_rules, approval_rules=rollback_rules)
    binding = request.binding
    rules = applicable_rules(
        policy,
        to=binding.environment,
        tier=tier,
        comparison=request.comparison,
        kind=kind,
        agent=binding.agent,
    )
    if request.mode is PromotionMode.NORMAL:
        return ModeTerms(policy=policy, rules=rules, approval_rules=rules)
    return _break_glass_terms(policy, rules)


def _break_glass_terms(policy: Policy, rules: tuple[PolicyRule, ...]) -> ModeTerms:
    """Where no rule speaks about a change, nothing says that it could ever be made: the glass does not help."""
    break_glass = policy.break_glass
    if break_glass is None or not rules:
        return ModeTerms(policy=policy)
    spans = [span for span in (policy.approvals.expire, break_glass.lasts) if span is not None]
    return ModeTerms(
        policy=replace(policy, approvals=replace(policy.approvals, expire=min(spans))),
        rules=(*rules, break_glass.rule),
        approval_rules=(break_glass.rule,),
        skippable=break_glass.skips,
    )


def split_skipped(
    terms: ModeTerms, requirements: Iterable[Requirement]
) -> tuple[tuple[Requirement, ...], tuple[Requirement, ...]]:
    """Those that stand, and those that are passed over."""
    listed = tuple(requirements)
    return (
        tuple(requirement for requirement in listed if not terms.skips(requirement)),
        tuple(requirement for requirement in listed if terms.skips(requirement)),
    )


def rollback_age(request: PromotionRequest, policy: Policy, now: datetime) -> Iterator[Requirement]:
    """
    Whether the release of a rollback left recently enough: for the policy's span after that instant, its end excluded.

    What never ran there never left, and is refused.
    """
    if request.kind is not PromotionKind.ROLLBACK or policy.rollback is None:
        return
    rollback, left_at = policy.rollback, request.left_at
    is_recent = left_at is not None and now < instant_after(left_at, rollback.within)
    detail = (
        f"left on {format_instant(left_at)}, {format_duration(now - left_at)} ago"
        if left_at
        else "never ran here"
    )
    yield Requirement(
        rule=rollback.rule.id,
        kind="rollback",
        condition=f"a release that left less than {format_duration(rollback.within)} ago",
        status=RequirementStatus.MET if is_recent else RequirementStatus.REFUSED,
        detail=detail,
    )
