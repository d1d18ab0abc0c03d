"""Situations around a change of governance itself, and what the governance before it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fleetward.domain.approval import GOVERNANCE, Approval, Binding, Decision
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.policy import Assurance, PolicyRule, RequiredApprovals, RuleCondition
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.gate import decide_governance_change, governance_rule
from tests import build
from tests.gate.world import DAY, HOUR, NEW, NOW, OLD, OTHER, contributor, everybody, statement

BINDING = Binding(
    repository="acme/agents", environment="", agent=GOVERNANCE, from_state=OLD, to_state=NEW, generation=0
)
UNREAD = Finding(
    rule="file-unreadable",
    severity=Severity.ERROR,
    message="a record that cannot be read",
    place=Place(file="approvals/governance/1.json"),
)


def rule(count: int = 2, team: str = "risk", assurance: Assurance = Assurance.RECORDED) -> PolicyRule:
    return PolicyRule(
        id=GOVERNANCE,
        when=RuleCondition(),
        require=(RequiredApprovals(count=count, teams=frozenset({team})),),
        assurance=assurance,
        replaces_all=True,
    )


def governance_statement(who: str, **extra: Any) -> Approval:
    """What *who* said of this change of governance."""
    usual = {"environment": "", "agent": GOVERNANCE, "generation": 0, "from_state": OLD, "to_state": NEW}
    return statement(who, **{**usual, **extra})


def judged(*statements: Approval, governance: PolicyRule | None = None, **facts: Any) -> Promotion:
    policy = replace(build.policy(), governance=governance, veto=frozenset({"security"}))
    usual: dict[str, Any] = {"contributors": (contributor("erin"),), "people": everybody(), "now": NOW}
    arguments = {**usual, **facts}
    return decide_governance_change(
        BINDING, statements, arguments.pop("contributors"), policy=policy, **arguments
    )


@pytest.mark.parametrize(
    ("statements", "facts", "verdict"),
    [
        ((governance_statement("bob"), governance_statement("farid")), {}, Verdict.ALLOWED),
        ((governance_statement("bob"),), {}, Verdict.PENDING),
        ((), {}, Verdict.PENDING),
        ((governance_statement("bob"), governance_statement("bob", number=2)), {}, Verdict.PENDING),
        ((governance_statement("bob"), governance_statement("carla")), {}, Verdict.PENDING),
        ((governance_statement("bob"), governance_statement("farid", to_state=OTHER)), {}, Verdict.PENDING),
        ((governance_statement("bob"), governance_statement("farid", from_state=OTHER)), {}, Verdict.PENDING),
        (
            (governance_statement("bob"), governance_statement("farid", repository="fork/agents")),
            {},
            Verdict.PENDING,
        ),
        (
            (governance_statement("bob"), governance_statement("farid", environment="production")),
            {},
            Verdict.PENDING,
        ),
        ((governance_statement("bob"), governance_statement("farid", ago=15 * DAY)), {}, Verdict.PENDING),
        ((governance_statement("bob"), governance_statement("farid", ago=-HOUR)), {}, Verdict.PENDING),
        (
            (governance_statement("bob"), governance_statement("farid", fault="changed afterwards")),
            {},
            Verdict.PENDING,
        ),
        (
            (governance_statement("bob"), governance_statement("farid")),
            {"contributors": (contributor("farid"),)},
            Verdict.PENDING,
        ),
        (
            (governance_statement("bob"), governance_statement("farid")),
            {"contributors": (contributor("nobody"),)},
            Verdict.BLOCKED,
        ),
        (
            (governance_statement("bob"), governance_statement("farid")),
            {"unreadable": (UNREAD,)},
            Verdict.ALLOWED,
        ),
        (
            (governance_statement("bob"), governance_statement("farid")),
            {"lost": (UNREAD,)},
            Verdict.BLOCKED,
        ),
        (
            (
                governance_statement("bob"),
                governance_statement("farid"),
                governance_statement("hugo", decision=Decision.REJECT),
            ),
            {},
            Verdict.BLOCKED,
        ),
        (
            (
                governance_statement("bob"),
                governance_statement("farid"),
                governance_statement("erin", decision=Decision.REJECT),
            ),
            {},
            Verdict.ALLOWED,
        ),
        (
            (governance_statement("bob"), governance_statement("farid")),
            {"governance": rule(assurance=Assurance.SIGNED)},
            Verdict.PENDING,
        ),
        (
            (governance_statement("bob"), governance_statement("farid")),
            {"since": NOW - 2 * HOUR},
            Verdict.ALLOWED,
        ),
        (
            (governance_statement("bob"), governance_statement("farid")),
            {"since": NOW - HOUR},
            Verdict.ALLOWED,
        ),
        (
            (governance_statement("bob"), governance_statement("farid")),
            {"since": NOW - timedelta(minutes=30)},
            Verdict.PENDING,
        ),
    ],
)
def test_a_change_of_governance_is_judged_by_the_one_before(
    statements: tuple[Approval, ...], facts: dict[str, Any], verdict: Verdict
) -> None:
    assert judged(*statements, **{"governance": rule(), **facts}).verdict is verdict


def test_a_policy_without_a_governance_rule_asks_two_people_of_its_veto_teams() -> None:
    one = judged(governance_statement("hugo"))

    assert (one.verdict, one.requirements[0].condition) == (Verdict.PENDING, "2 of security")
    assert governance_rule(replace(build.policy(), governance=None, veto=frozenset())) is None


def test_whom_a_waiting_change_ends_does_not_agree_to_it() -> None:
    statements = (governance_statement("bob"), governance_statement("farid"))
    usual = everybody()
    ended = replace(usual.people["farid"], departed=NOW.date())
    remaining = replace(usual, people={**usual.people, "farid": ended})

    promotion = judged(*statements, governance=rule(), remaining=remaining)

    assert (promotion.verdict, promotion.requirements[0].by) == (Verdict.PENDING, ("bob",))


def test_an_approval_older_than_the_governance_in_force_does_not_count() -> None:
    promotion = judged(
        governance_statement("bob"),
        governance_statement("farid", fault="cut off"),
        governance=rule(),
        since=NOW,
    )

    assert {(excluded.approver, excluded.reason) for excluded in promotion.not_counted} == {
        ("bob", "given before the governance that it changes was in force"),
        ("farid", "cut off"),
    }


def test_the_verdict_names_counted_files_and_eligible_people() -> None:
    first = governance_statement("bob")

    pending = judged(first, governance=rule())
    allowed = judged(first, governance_statement("farid"), governance=rule())

    assert (pending.unblock.people, pending.unblock.minimal_approvers) == (("farid", "gita"), ("farid",))
    assert (pending.agent, pending.kind, pending.tier, pending.release) == (GOVERNANCE, None, None, None)
    assert (allowed.from_state, allowed.to_state, allowed.generation) == (OLD, NEW, 0)
    assert set(allowed.counted) == {first.file, governance_statement("farid").file}
    assert [
        (requirement.rule, requirement.kind, requirement.condition) for requirement in allowed.requirements
    ] == [(GOVERNANCE, "approvals", "2 of risk")]


def test_a_lost_record_blocks_the_governance_folder() -> None:
    [requirement] = [
        r for r in judged(governance=rule(), lost=(UNREAD,)).requirements if r.kind == "validation"
    ]

    assert requirement.condition == "no errors in governance"
