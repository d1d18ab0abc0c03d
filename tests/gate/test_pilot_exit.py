"""The exit criteria of a pilot: all of them are told, and unknown is not met."""

from __future__ import annotations

from typing import Any

import pytest

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.finding import Place
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import RequiredCriteria, RequiredSoak
from fleetward.domain.retirement_plan import CriterionResult, CriterionStatus
from fleetward.gate import asks_exit_criteria
from tests.gate.world import HOUR, of_kind, policy, promotion_request, rule, verdict

MET, MISSED, UNKNOWN = CriterionStatus.DUE, CriterionStatus.NOT_DUE, CriterionStatus.UNKNOWN


@pytest.mark.parametrize(
    ("statuses", "changes", "status", "detail"),
    [
        ((), {}, "missing", "no exit criteria in spec.pilot, of what runs or of the candidate"),
        ((MET,), {}, "met", "metric 0 is met: as measured"),
        (
            (MET, UNKNOWN),
            {},
            "missing",
            "metric 0 is met: as measured; metric 1 is unknown: as measured",
        ),
        ((MISSED,), {}, "missing", "metric 0 is not met: as measured"),
        (
            (MET,),
            {"running": None, "running_unreadable": True},
            "missing",
            "what runs cannot be read, and so its exit criteria are unknown; metric 0 is met: as measured",
        ),
    ],
)
def test_every_criterion_is_told_and_all_have_to_be_met(
    statuses: tuple[CriterionStatus, ...], changes: dict[str, Any], status: str, detail: str
) -> None:
    results = tuple(
        CriterionResult(
            agent="refund-bot",
            environment="production",
            condition=f"metric {number}",
            status=outcome,
            detail="as measured",
            place=Place(file="agent.yaml"),
        )
        for number, outcome in enumerate(statuses)
    )

    promotion = verdict(rule("pilot", RequiredCriteria()), exit_criteria=results, **changes)

    [requirement] = of_kind(promotion, "criteria")
    assert (requirement.status, requirement.detail) == (status, detail)


@pytest.mark.parametrize(
    ("changes", "is_asked"),
    [
        ({}, True),
        ({"kind": None}, False),
        ({"kind": PromotionKind.RETIRE}, False),
        ({"mode": PromotionMode.STOP}, False),
        # a rollback has a rule of its own, and here there is none
        ({"kind": PromotionKind.ROLLBACK}, False),
    ],
)
def test_figures_are_read_only_where_a_rule_that_applies_asks_for_them(
    changes: dict[str, Any], is_asked: bool
) -> None:
    asking = policy(rule("pilot", RequiredCriteria()), rule("time", RequiredSoak(span=HOUR)))
    elsewhere = policy(rule("pilot", RequiredCriteria(), when={"to": frozenset({"canary"})}))

    assert asks_exit_criteria(promotion_request(**changes), asking) is is_asked
    assert not asks_exit_criteria(promotion_request(**changes), elsewhere)
