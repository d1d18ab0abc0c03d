"""The seats and signatures that the usual rules require, and that break-glass leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from fleetward.domain.people import People
from fleetward.domain.policy import Assurance, Policy
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.gate.promotion_modes import ModeTerms
from fleetward.gate.quorum import Quorum, assess_quorum
from fleetward.gate.request import PromotionRequest


def left_out_seats(
    request: PromotionRequest,
    terms: ModeTerms,
    approved: Quorum,
    *,
    policy: Policy,
    people: People,
    now: datetime,
) -> Iterator[Requirement]:
    """
    What the rules that break-glass replaces would still require of people; *approved* are the approvals that it takes.

    Its reviewers and the auditor read there what the emergency cost.
    """
    rules = terms.replaced_rules
    if not rules:
        return
    for requirement in assess_quorum(request, rules, policy=policy, people=people, now=now).requirements:
        if requirement.kind == "approvals" and requirement.status is not RequirementStatus.MET:
            # nobody is asked to fill it: the promotion does without
            yield replace(requirement, eligible=(), excluded=())
    strictest = max(rules, key=lambda rule: rule.assurance)
    given = [statement.assurance for statement in request.approvals if statement.file in approved.files]
    weakest = min(given, default=Assurance.RECORDED)
    if weakest < strictest.assurance:
        yield Requirement(
            rule=strictest.id,
            kind="signature",
            condition=strictest.assurance.word,
            status=RequirementStatus.MISSING,
            detail=f"approvals are {weakest.word}",
        )
