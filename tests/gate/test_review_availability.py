"""Who could review an emergency, told before there is one and before anybody has to."""

from __future__ import annotations

from typing import Any

from fleetward.domain.people import People
from fleetward.gate import ReviewDeadlock, available_reviewers, review_deadlock
from tests import build
from tests.gate.test_promotion_modes import ALL, CREW, GLASS, break_glass_terms, required_review
from tests.gate.world import (
    NOW,
    OWNER,
    RISK,
    SOAK,
    approvals,
    approvals_of,
    contributor,
    everybody,
    manifest,
    of_kind,
    policy,
    promotion_request,
    verdict,
)


def reviewers_after(*rules: Any, actor: str = "", **facts: Any) -> tuple[str, ...]:
    facts_ = {"mode": GLASS, **facts}
    promotion = verdict(*rules, terms=ALL, **facts_)
    return available_reviewers(
        promotion_request(**facts_),
        promotion,
        policy=policy(*rules, **ALL),
        people=everybody(),
        actor=actor,
        now=NOW,
    )


def deadlock_of(
    *rules: Any, people: People, terms: dict[str, Any], owner: dict[str, Any]
) -> ReviewDeadlock | None:
    return review_deadlock(
        policy(*rules, **terms),
        people,
        manifest(owner=owner),
        to="production",
        tier="medium",
        agent="refund-bot",
        now=NOW,
    )


ALONE = {"team": "payments", "accountable": "carla"}


def test_author_approver_and_actor_may_not_review() -> None:
    assert reviewers_after(OWNER, SOAK, approvals=CREW) == ("alice", "dina", "zoe")
    assert reviewers_after(OWNER, SOAK, approvals=CREW, actor="dina@acme.example") == ("alice", "zoe")
    assert reviewers_after(
        OWNER, SOAK, approvals=CREW, contributors=(contributor("alice"), contributor("dina"))
    ) == ("zoe",)


def test_minimal_approvers_count_as_approvers() -> None:
    assert verdict(OWNER, SOAK, mode=GLASS, terms=ALL).unblock.minimal_approvers == ("carla", "hugo")
    assert reviewers_after(OWNER, SOAK) == reviewers_after(OWNER, SOAK, approvals=CREW)


def test_teams_of_policy_rules_may_review() -> None:
    assert reviewers_after(OWNER, RISK, approvals=CREW) == ("alice", "bob", "dina", "farid", "gita", "zoe")


def test_there_is_no_deadlock_without_break_glass_or_with_enough_people() -> None:
    owner = {"team": "payments", "accountable": "carla", "backup": "zoe"}

    assert deadlock_of(OWNER, people=everybody(), terms={}, owner=owner) is None
    assert deadlock_of(OWNER, people=everybody(), terms=ALL, owner=owner) is None


def test_a_deadlock_is_certain_where_every_reviewer_approves() -> None:
    people = build.people({"payments": ["carla"], "on-call": ["carla", "hugo"]})

    deadlock = deadlock_of(OWNER, people=people, terms=ALL, owner=ALONE)

    assert deadlock is not None
    assert (deadlock.reviewers, deadlock.always) == (("carla",), True)


def test_a_single_reviewer_is_a_deadlock_for_their_own_changes() -> None:
    people = build.people({"payments": ["carla"], "on-call": ["hugo", "erin"]})
    terms = break_glass_terms("soak", require=(approvals(1, "on-call"),))

    deadlock = deadlock_of(OWNER, people=people, terms=terms, owner=ALONE)

    assert deadlock == ReviewDeadlock(reviewers=("carla",), always=False, authors=("carla",))


def test_break_glass_that_nobody_can_approve_is_no_deadlock() -> None:
    people = build.people({"payments": ["carla"], "on-call": ["hugo"]})

    assert deadlock_of(OWNER, people=people, terms=ALL, owner=ALONE) is None


def test_a_review_without_reviewers_names_the_fix() -> None:
    hands = tuple(contributor(name) for name in ("alice", "erin", "zoe"))

    [need] = of_kind(
        verdict(
            OWNER, required_reviews=(required_review(contributors=hands),), approvals=approvals_of(["alice"])
        ),
        "review",
    )

    assert need.eligible == ()
    assert "nobody may give it: everybody in owner was involved" in need.detail
