"""Where nobody is left to fill a seat, the verdict names the ways on, and only those that lead somewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fleetward.domain.approval import GOVERNANCE
from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.ledger import PromotionKind, RollbackHold
from fleetward.domain.policy import Assurance, BreakGlassPolicy, RollbackPolicy
from fleetward.domain.verdict import Promotion
from fleetward.gate import decide_governance_change
from tests.gate.test_promotion_modes import required_review
from tests.gate.world import (
    BINDING,
    DAY,
    HOUR,
    NOW,
    OWNER,
    SECURITY,
    approvals,
    contributor,
    everybody,
    of_kind,
    policy,
    rule,
    statement,
    verdict,
)

GLASS = BreakGlassPolicy(
    rule=rule("breakGlass", approvals(1, "on-call"), replaces_all=True),
    skips=frozenset({"soak"}),
    lasts=8 * HOUR,
    review_within=timedelta(hours=48),
)
BOTH = (contributor("hugo"), replace(contributor("dina"), commit="d1" * 20))
TERMS = {"governance": rule("governance", approvals(2, "risk"))}


def ways(promotion: Promotion) -> dict[str, tuple[str, str]]:
    return {way.kind.value: (way.text, way.command) for way in promotion.unblock.ways}


def test_while_somebody_could_approve_no_other_way_is_named() -> None:
    assert ways(verdict(SECURITY, contributors=BOTH[:1])) == {}


def test_where_all_members_wrote_the_change_every_way_is_named_with_its_first_command() -> None:
    promotion = verdict(SECURITY, contributors=BOTH, terms={**TERMS, "break_glass": GLASS})

    assert ways(promotion) == {
        "another-author": (
            "another author: revert the change, and let somebody else than dina write it again; "
            "then dina can approve it",
            "git revert c0ffeec0ffee d1d1d1d1d1d1",
        ),
        "another-member": (
            "another member: add a person to security in governance/people.yaml; 2 of risk agree to that",
            "fleet approve --governance",
        ),
        "governance-change": (
            "a governance change: let 'security' in governance/policy.yaml ask for fewer people or name "
            "another team; 2 of risk agree to that",
            "fleet approve --governance",
        ),
        "break-glass": (
            "break-glass, in an emergency only: carla can approve it; a review is due within 2d",
            "fleet promote refund-bot --to production --break-glass --incident ID --reason TEXT",
        ),
    }


def test_approvals_that_are_there_already_are_not_asked_for_again() -> None:
    promotion = verdict(
        SECURITY,
        contributors=BOTH,
        approvals=(statement("dina"), statement("erin")),
        terms={"break_glass": GLASS},
    )

    # a new author writes a new content, which the old approval of an author is not about
    assert ways(promotion)["another-author"][0].endswith("then dina can approve it")
    assert ways(promotion)["break-glass"][0].startswith(
        "break-glass, in an emergency only: its approvals are there"
    )
    assert ways(promotion)["another-member"][0].endswith("governance/people.yaml")


def test_a_way_that_leads_nowhere_is_not_named() -> None:
    wrote_all = (*BOTH, contributor("carla"), contributor("erin"))

    # break-glass: everybody on call wrote it; in break-glass already; and no rule covers the change
    assert "break-glass" not in ways(verdict(SECURITY, contributors=wrote_all, terms={"break_glass": GLASS}))
    broken = verdict(
        SECURITY, mode=PromotionMode.BREAK_GLASS, contributors=wrote_all, terms={"break_glass": GLASS}
    )
    assert set(ways(broken)) == {"another-author", "another-member", "governance-change"}
    # another author: nobody at all is there, with or without the author
    empty = verdict(rule("five", approvals(5, "security")), contributors=BOTH)
    assert set(ways(empty)) == {"another-member", "governance-change"}
    assert set(ways(verdict(rule("five", approvals(5, "security")), contributors=()))) == {
        "another-member",
        "governance-change",
    }


def test_where_only_keys_are_missing_the_governance_change_lists_them() -> None:
    promotion = verdict(
        rule("signed", approvals(1, "security"), assurance=Assurance.SIGNED), contributors=BOTH[:1]
    )

    assert ways(promotion)["governance-change"][0] == (
        "a governance change: list a key of dina in governance/people.yaml"
    )


def test_a_hold_after_a_rollback_is_lifted_by_any_team_of_the_rules_or_an_owner() -> None:
    hold = RollbackHold(seq=4, at=NOW - DAY, reason="it was wrong")

    held = verdict(SECURITY, contributors=BOTH, hold=hold)
    assert "add a person to security in" in ways(held)["another-member"][0]
    owners = tuple(contributor(name) for name in ("alice", "carla", "dina", "zoe"))
    unasked = verdict(rule("none", when={}), contributors=owners, hold=hold)
    assert "add a person to payments in" in ways(unasked)["another-member"][0]


def test_a_rollback_has_no_break_glass_and_governance_only_another_author() -> None:
    rollback = verdict(
        kind=PromotionKind.ROLLBACK,
        contributors=(),
        left_at=NOW - DAY,
        terms={
            "rollback": RollbackPolicy(within=30 * DAY, rule=rule("rollback", approvals(9, "on-call"))),
            "break_glass": GLASS,
        },
    )
    assert set(ways(rollback)) == {"another-member", "governance-change"}

    change = decide_governance_change(
        replace(BINDING, environment="", agent=GOVERNANCE, generation=0),
        (),
        BOTH,
        policy=policy(OWNER, governance=rule("governance", approvals(2, "security"))),
        people=everybody(),
        now=NOW,
    )

    assert set(ways(change)) == {"another-author"}


def test_who_had_a_part_in_a_broken_glass_is_named_and_where_nobody_is_left_a_member_is_asked_for() -> None:
    review = required_review(commit="e7" * 20)
    crowd = required_review(
        commit="e7" * 20,
        approvers=frozenset({"alice", "carla", "hugo", "zoe"}),
        contributors=(contributor("erin"),),
    )
    terms = {**TERMS, "break_glass": GLASS}

    [waiting] = of_kind(verdict(SECURITY, required_reviews=(review,), terms=terms), "review")
    dead = verdict(SECURITY, required_reviews=(crowd,), terms=terms)

    assert {item.person: (item.reason, item.commit) for item in waiting.excluded} == {
        "carla": ("approved entry 7", "e7" * 20),
        "dina": ("applied entry 7", "e7" * 20),
        "hugo": ("approved entry 7", "e7" * 20),
    }
    assert ways(dead)["another-member"][0] == (
        "another member: add a person to payments in governance/people.yaml, who gives the review; "
        "2 of risk agree to that"
    )
