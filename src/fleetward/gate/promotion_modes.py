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

from fleetward.domain.break_glass import Way
from fleetward.domain.clock import spoken, written
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Policy, Rule
from fleetward.domain.verdict import Met, Requirement
from fleetward.gate.approval_count import moved
from fleetward.gate.matching_rules import applying
from fleetward.gate.request import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """
    What is asked this way: *rules* speak about the change, *approving* are those whose approvals are asked.

    ``policy`` is the whole one, its approvals lasting no longer than they do this way.
    """

    policy: Policy
    rules: tuple[Rule, ...] = ()
    approving: tuple[Rule, ...] = ()
    skips: frozenset[str] = frozenset()

    def passed_over(self, requirement: Requirement) -> bool:
        """Is it not met, and not waited for?"""
        return requirement.status is not Met.MET and requirement.kind in self.skips


def asking(question: Question, kind: PromotionKind, policy: Policy, tier: str) -> Asking:
    """What the policy asks of this change through the door that it takes; no rule where that door is not there."""
    if kind is PromotionKind.ROLLBACK:
        back = (policy.rollback.rule,) if policy.rollback else ()
        return Asking(policy=policy, rules=back, approving=back)
    binding = question.binding
    rules = applying(
        policy,
        to=binding.environment,
        tier=tier,
        comparison=question.comparison,
        kind=kind,
        agent=binding.agent,
    )
    if question.way is Way.NORMAL:
        return Asking(policy=policy, rules=rules, approving=rules)
    return _behind_glass(policy, rules)


def _behind_glass(policy: Policy, rules: tuple[Rule, ...]) -> Asking:
    """Where no rule speaks about a change, nothing says that it could ever be made: the glass does not help."""
    glass = policy.break_glass
    if glass is None or not rules:
        return Asking(policy=policy)
    spans = [span for span in (policy.approvals.expire, glass.lasts) if span is not None]
    return Asking(
        policy=replace(policy, approvals=replace(policy.approvals, expire=min(spans))),
        rules=(*rules, glass.rule),
        approving=(glass.rule,),
        skips=glass.skips,
    )


def parted(
    asked: Asking, requirements: Iterable[Requirement]
) -> tuple[tuple[Requirement, ...], tuple[Requirement, ...]]:
    """Those that stand, and those that are passed over."""
    known = tuple(requirements)
    return (
        tuple(one for one in known if not asked.passed_over(one)),
        tuple(one for one in known if asked.passed_over(one)),
    )


def late(question: Question, policy: Policy, now: datetime) -> Iterator[Requirement]:
    """
    Whether the release of a rollback left recently enough: for the policy's span after that instant, its end excluded.

    What never ran there never left, and is refused.
    """
    if question.kind is not PromotionKind.ROLLBACK or policy.rollback is None:
        return
    rollback, left = policy.rollback, question.left
    good = left is not None and now < moved(left, rollback.within)
    told = f"left on {written(left)}, {spoken(now - left)} ago" if left else "never ran here"
    yield Requirement(
        rule=rollback.rule.id,
        kind="rollback",
        asked=f"a release that left less than {spoken(rollback.within)} ago",
        status=Met.MET if good else Met.REFUSED,
        detail=told,
    )
