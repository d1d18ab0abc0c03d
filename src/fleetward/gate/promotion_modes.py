"""
What a promotion requires in each mode: normal, rollback, break-glass.

A rollback has one rule of its own in place of all others. Break-glass has one rule of its own in place of all
approvals. Evaluations, soak and freezes are still required there, but those that the policy lists are skipped
where they are not met. Validation, vetoes and approvals are never skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.clock import format_duration, format_instant, instant_after
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Policy, PolicyRule
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.gate.matching_rules import agent_traits, applicable_rules
from fleetward.gate.request import PromotionRequest
from fleetward.gate.tiers import is_tier_moved


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeTerms:
    """
    What one mode requires: *rules* apply to the change, *approval_rules* are those whose approvals are required.

    ``policy`` is the whole policy, with approvals that expire no later than this mode allows.
    """

    policy: Policy
    rules: tuple[PolicyRule, ...] = ()
    approval_rules: tuple[PolicyRule, ...] = ()
    replaced_rules: tuple[PolicyRule, ...] = ()
    """The rules whose approvals break-glass leaves out."""
    skippable: frozenset[str] = frozenset()

    def skips(self, requirement: Requirement) -> bool:
        """Is the requirement not met, and skipped in this mode?"""
        # met requirements are listed even in break-glass: the ledger shows what was skipped in fact
        return requirement.status is not RequirementStatus.MET and requirement.kind in self.skippable


def mode_terms(request: PromotionRequest, kind: PromotionKind, policy: Policy, tier: str) -> ModeTerms:
    """What the policy requires of this change in its mode; no rules where the policy does not allow the mode."""
    if kind is PromotionKind.ROLLBACK:
        # no `rollback` in the policy: no rule, and so blocked
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
        tier_moved=is_tier_moved(request, policy),
        # a running agent that cannot be read might have any trait
        traits=None if request.running_unreadable else agent_traits(request.running, request.candidate),
    )
    if request.mode is PromotionMode.NORMAL:
        return ModeTerms(policy=policy, rules=rules, approval_rules=rules)
    return _break_glass_terms(policy, rules)


def _break_glass_terms(policy: Policy, rules: tuple[PolicyRule, ...]) -> ModeTerms:
    """No rules where none applies to the change: break-glass skips requirements, it does not replace a rule."""
    break_glass = policy.break_glass
    # break-glass needs a rule that covers the change: it relaxes a gate, it is none
    if break_glass is None or not rules:
        return ModeTerms(policy=policy)
    # the earlier of both: an emergency must not prolong an approval
    spans = [span for span in (policy.approvals.expire, break_glass.lasts) if span is not None]
    return ModeTerms(
        policy=replace(policy, approvals=replace(policy.approvals, expire=min(spans))),
        # evaluations and soak come from the usual rules; approvals from the one for emergencies
        rules=(*rules, break_glass.rule),
        approval_rules=(break_glass.rule,),
        replaced_rules=rules,
        skippable=break_glass.skips,
    )


def split_skipped(
    terms: ModeTerms, requirements: Iterable[Requirement]
) -> tuple[tuple[Requirement, ...], tuple[Requirement, ...]]:
    """The requirements that apply, and those that are skipped."""
    listed = tuple(requirements)
    return (
        tuple(requirement for requirement in listed if not terms.skips(requirement)),
        tuple(requirement for requirement in listed if terms.skips(requirement)),
    )


def rollback_age(request: PromotionRequest, policy: Policy, now: datetime) -> Iterator[Requirement]:
    """
    Whether the release of a rollback left less than the policy's span ago; the end of the span is excluded.

    A release that never ran there is refused.
    """
    if request.kind is not PromotionKind.ROLLBACK or policy.rollback is None:
        return
    rollback, left_at = policy.rollback, request.left_at
    # the end of the span is excluded: at the instant of expiry it has expired (SPEC 1.5)
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
