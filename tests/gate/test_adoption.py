"""Adopting an environment after the first ledger: each state needs one approval of somebody whom its rules ask."""

from __future__ import annotations

from typing import Any

import pytest

from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Assurance, PolicyRule
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.gate import decide_adoption
from tests.gate.world import (
    BINDING,
    EVALS,
    NOW,
    OWNER,
    RISK,
    approvals,
    contributor,
    everybody,
    policy,
    promotion_request,
    rejection,
    rule,
    statement,
)

SIGNED = rule("signed", approvals(2, "risk"), assurance=Assurance.SIGNED)


def adoption(*rules: PolicyRule, **changes: Any) -> Promotion:
    request = promotion_request(
        **{"kind": PromotionKind.CREATE, "running": None, "comparison": None, **changes}
    )
    return decide_adoption(request, policy=policy(*rules), people=everybody(), now=NOW)


@pytest.mark.parametrize(
    ("rules", "statements", "verdict"),
    [
        ([OWNER, EVALS], ["carla"], Verdict.ALLOWED),
        ([RISK], ["farid"], Verdict.ALLOWED),
        ([RISK], ["carla"], Verdict.ALLOWED),
        ([RISK], [], Verdict.PENDING),
        ([RISK], ["erin"], Verdict.PENDING),
        ([OWNER], ["farid"], Verdict.PENDING),
        ([SIGNED], ["farid"], Verdict.PENDING),
        ([], ["carla"], Verdict.ALLOWED),
    ],
)
def test_one_approval_of_an_owner_or_of_anybody_whom_the_rules_ask_is_enough(
    rules: list[PolicyRule], statements: list[str], verdict: Verdict
) -> None:
    promotion = adoption(*rules, approvals=tuple(map(statement, statements)))

    assert promotion.verdict is verdict
    assert {(item.rule, item.kind) for item in promotion.requirements} == {("adoption", "approvals")}


def test_who_filled_the_folder_does_not_count_and_a_veto_stops() -> None:
    own = adoption(OWNER, approvals=(statement("carla"),), contributors=(contributor("carla"),))
    vetoed = adoption(OWNER, approvals=(statement("carla"), rejection("farid")))

    assert own.verdict is Verdict.PENDING
    assert vetoed.verdict is Verdict.BLOCKED
    assert own.to_state == BINDING.to_state
