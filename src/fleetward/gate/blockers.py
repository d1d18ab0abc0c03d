"""What stops a promotion outright, whoever approves it: no rule, unknown authors, a freeze, errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from fleetward.domain.clock import written
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import People
from fleetward.domain.policy import ApprovalsAsked, Freeze, Policy, Rule
from fleetward.domain.verdict import Met, Requirement
from fleetward.gate.eligibility import strangers
from fleetward.gate.request import Question

FREEZE = "freeze"
_SHOWN = 3
"""Errors told in a verdict; ``fleet validate`` has them all."""


def unruled(question: Question, rules: Sequence[Rule], tier: str, policy: Policy) -> Iterator[Requirement]:
    """No rule applies, or those that do ask nothing of a change that is not of the lowest tier."""
    if not rules:
        detail = f"no rule speaks about {question.kind} to {question.binding.environment!r} at tier {tier!r}"
        yield _policy("rules", "a rule that applies", Met.REFUSED, detail)
    elif not any(_is_asked(asked, question.kind) for rule in rules for asked in rule.require):
        lowest = tier == policy.tiers[0]
        detail = "asks nothing" if lowest else f"asks nothing, too little at tier {tier!r}"
        yield _policy(rules[0].id, "nothing", Met.MET if lowest else Met.REFUSED, detail)


def unknown_authors(question: Question, policy: Policy, people: People) -> Iterator[Requirement]:
    """Somebody wrote a part of the change whom ``people.yaml`` does not know."""
    if policy.approvals.ignore_unknown_authors:
        return
    for one in strangers(question.contributors, people):
        detail = f"{one.email!r}, {one.role} of commit {one.commit[:12]}, is nobody in people.yaml"
        yield _policy("approvals.unknownAuthors", "known authors", Met.REFUSED, detail)


def frozen(rules: Sequence[Rule], policy: Policy, now: datetime) -> Iterator[Requirement]:
    """The freezes that hold at *now*; the end is the first instant after."""
    for freeze in standing_freezes(rules, policy):
        if freeze.start <= now < freeze.end:
            ready = thawed(rules, policy, freeze.end)
            yield Requirement(
                rule=freeze.id,
                kind=FREEZE,
                asked="over",
                status=Met.REFUSED,
                detail=f"frozen until {written(freeze.end)}",
                ready_at=ready,
            )


def standing_freezes(rules: Sequence[Rule], policy: Policy) -> tuple[Freeze, ...]:
    """The freezes that hold for this change: none where every rule that applies is exempt."""
    exempt = bool(rules) and all(FREEZE in rule.exempt for rule in rules)
    return () if exempt else policy.freezes


def thawed(rules: Sequence[Rule], policy: Policy, moment: datetime) -> datetime:
    """The first instant from *moment* on at which no freeze holds."""
    for freeze in sorted(standing_freezes(rules, policy), key=lambda one: one.start):
        if freeze.start <= moment < freeze.end:
            moment = freeze.end
    return moment


def invalid(question: Question) -> Iterator[Requirement]:
    """Errors on the candidate, as it would stand in the target environment."""
    if not question.errors:
        return
    errors = sorted(question.errors, key=lambda one: one.order)
    told = "; ".join(f"{e.place.file}:{e.place.line} {e.rule}: {e.message}" for e in errors[:_SHOWN])
    more = f"; {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    yield Requirement(
        rule="validation",
        kind="validation",
        asked=f"no errors in {question.binding.environment or question.binding.agent}",
        status=Met.REFUSED,
        detail=f"{count}: {told}{more}",
    )


def _policy(rule: str, asked: str, status: Met, detail: str) -> Requirement:
    return Requirement(rule=rule, kind="policy", asked=asked, status=status, detail=detail)


def _is_asked(asked: object, kind: PromotionKind | None) -> bool:
    return isinstance(asked, ApprovalsAsked) or kind is not PromotionKind.RETIRE
