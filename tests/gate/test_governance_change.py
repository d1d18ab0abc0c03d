"""Situations around a change of governance itself, and what the governance before it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fleetward.domain.approval import GOVERNANCE, Approval, Binding, Decision
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.policy import ApprovalsAsked, Assurance, Rule, When
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.gate import amendment
from tests import build
from tests.gate.world import DAY, HOUR, NEW, NOW, OLD, OTHER, folk, said, wrote

BINDING = Binding(
    repository="acme/agents", environment="", agent=GOVERNANCE, from_state=OLD, to_state=NEW, generation=0
)
UNREAD = Finding(
    rule="file-unreadable",
    severity=Severity.ERROR,
    message="a record that cannot be read",
    place=Place(file="approvals/governance/1.json"),
)


def rule(count: int = 2, team: str = "risk", assurance: Assurance = Assurance.RECORDED) -> Rule:
    return Rule(
        id=GOVERNANCE,
        when=When(),
        require=(ApprovalsAsked(count=count, teams=frozenset({team})),),
        assurance=assurance,
        replaces_all=True,
    )


def about(who: str, **more: Any) -> Approval:
    """What *who* said of this change of governance."""
    own = {"environment": "", "agent": GOVERNANCE, "generation": 0, "from_state": OLD, "to_state": NEW}
    return said(who, **{**own, **more})


def judged(*statements: Approval, governance: Rule | None = None, **more: Any) -> Promotion:
    policy = replace(build.policy(), governance=governance, veto=frozenset({"security"}))
    usual: dict[str, Any] = {"contributors": (wrote("erin"),), "people": folk(), "now": NOW}
    given = {**usual, **more}
    return amendment(BINDING, statements, given.pop("contributors"), policy=policy, **given)


@pytest.mark.parametrize(
    ("statements", "more", "verdict"),
    [
        ((about("bob"), about("farid")), {}, Verdict.ALLOWED),
        ((about("bob"),), {}, Verdict.PENDING),
        ((), {}, Verdict.PENDING),
        ((about("bob"), about("bob", number=2)), {}, Verdict.PENDING),
        ((about("bob"), about("carla")), {}, Verdict.PENDING),
        ((about("bob"), about("farid", to_state=OTHER)), {}, Verdict.PENDING),
        ((about("bob"), about("farid", from_state=OTHER)), {}, Verdict.PENDING),
        ((about("bob"), about("farid", repository="fork/agents")), {}, Verdict.PENDING),
        ((about("bob"), about("farid", environment="production")), {}, Verdict.PENDING),
        ((about("bob"), about("farid", ago=15 * DAY)), {}, Verdict.PENDING),
        ((about("bob"), about("farid", ago=-HOUR)), {}, Verdict.PENDING),
        ((about("bob"), about("farid", fault="changed afterwards")), {}, Verdict.PENDING),
        ((about("bob"), about("farid")), {"contributors": (wrote("farid"),)}, Verdict.PENDING),
        ((about("bob"), about("farid")), {"contributors": (wrote("nobody"),)}, Verdict.BLOCKED),
        ((about("bob"), about("farid")), {"unread": (UNREAD,)}, Verdict.BLOCKED),
        ((about("bob"), about("farid"), about("hugo", decision=Decision.REJECT)), {}, Verdict.BLOCKED),
        ((about("bob"), about("farid"), about("erin", decision=Decision.REJECT)), {}, Verdict.ALLOWED),
        ((about("bob"), about("farid")), {"governance": rule(assurance=Assurance.SIGNED)}, Verdict.PENDING),
        ((about("bob"), about("farid")), {"since": NOW - 2 * HOUR}, Verdict.ALLOWED),
        ((about("bob"), about("farid")), {"since": NOW - HOUR}, Verdict.ALLOWED),
        ((about("bob"), about("farid")), {"since": NOW - timedelta(minutes=30)}, Verdict.PENDING),
    ],
)
def test_a_change_of_governance_is_judged_by_the_one_before(
    statements: tuple[Approval, ...], more: dict[str, Any], verdict: Verdict
) -> None:
    assert judged(*statements, **{"governance": rule(), **more}).verdict is verdict


def test_where_the_policy_asks_nothing_somebody_else_of_any_team_has_to_agree() -> None:
    assert judged().verdict is Verdict.PENDING
    assert judged(about("erin")).verdict is Verdict.PENDING
    assert judged(about("zoe")).verdict is Verdict.PENDING
    assert judged(about("hugo")).verdict is Verdict.ALLOWED


def test_an_approval_from_before_the_law_that_it_changes_is_told_as_such() -> None:
    told = judged(about("bob"), about("farid", fault="cut off"), governance=rule(), since=NOW)

    assert {(one.approver, one.reason) for one in told.not_counted} == {
        ("bob", "given before the governance that it changes was in place"),
        ("farid", "cut off"),
    }


def test_the_verdict_names_what_it_rests_on_and_who_could_still_give_it() -> None:
    first = about("bob")

    pending = judged(first, governance=rule())
    allowed = judged(first, about("farid"), governance=rule())

    assert (pending.unblock.people, pending.unblock.fewest) == (("farid", "gita"), ("farid",))
    assert (pending.agent, pending.kind, pending.tier, pending.release) == (GOVERNANCE, None, None, None)
    assert (allowed.from_state, allowed.to_state, allowed.generation) == (OLD, NEW, 0)
    assert set(allowed.counted) == {first.file, about("farid").file}
    assert [(one.rule, one.kind, one.asked) for one in allowed.requirements] == [
        (GOVERNANCE, "approvals", "2 of risk")
    ]


def test_a_record_that_cannot_be_read_is_told_with_the_folder_it_stops() -> None:
    [told] = [
        one for one in judged(governance=rule(), unread=(UNREAD,)).requirements if one.kind == "validation"
    ]

    assert told.asked == "no errors in governance"
