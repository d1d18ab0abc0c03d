"""Who could review an emergency, told before there is one and before anybody has to."""

from __future__ import annotations

from typing import Any

from fleetward.domain.people import People
from fleetward.gate import Stuck, closers, stuck
from tests import build
from tests.gate.test_promotion_modes import ALL, CREW, GLASS, door, due
from tests.gate.world import (
    NOW,
    OWNER,
    RISK,
    SOAK,
    all_say,
    approvals,
    folk,
    manifest,
    of_kind,
    policy,
    question,
    verdict,
    wrote,
)


def closing(*rules: Any, actor: str = "", **facts: Any) -> tuple[str, ...]:
    asked = {"way": GLASS, **facts}
    told = verdict(*rules, terms=ALL, **asked)
    return closers(question(**asked), told, policy=policy(*rules, **ALL), people=folk(), actor=actor, now=NOW)


def left(*rules: Any, people: People, terms: dict[str, Any], owner: dict[str, Any]) -> Stuck | None:
    return stuck(
        policy(*rules, **terms),
        people,
        manifest(owner=owner),
        to="production",
        tier="medium",
        agent="refund-bot",
        now=NOW,
    )


ALONE = {"team": "payments", "accountable": "carla"}


def test_who_wrote_approved_or_applied_it_is_no_closer() -> None:
    assert closing(OWNER, SOAK, approvals=CREW) == ("alice", "dina", "zoe")
    assert closing(OWNER, SOAK, approvals=CREW, actor="dina@acme.example") == ("alice", "zoe")
    assert closing(OWNER, SOAK, approvals=CREW, contributors=(wrote("alice"), wrote("dina"))) == ("zoe",)


def test_the_fewest_who_could_still_approve_are_taken_for_those_who_will() -> None:
    assert verdict(OWNER, SOAK, way=GLASS, terms=ALL).unblock.fewest == ("carla", "hugo")
    assert closing(OWNER, SOAK) == closing(OWNER, SOAK, approvals=CREW)


def test_teams_that_a_rule_names_may_close_it_too() -> None:
    assert closing(OWNER, RISK, approvals=CREW) == ("alice", "bob", "dina", "farid", "gita", "zoe")


def test_without_a_glass_or_with_enough_people_nothing_is_stuck() -> None:
    owner = {"team": "payments", "accountable": "carla", "backup": "zoe"}

    assert left(OWNER, people=folk(), terms={}, owner=owner) is None
    assert left(OWNER, people=folk(), terms=ALL, owner=owner) is None


def test_a_glass_that_takes_everybody_leaves_its_review_to_nobody() -> None:
    known = build.people({"payments": ["carla"], "on-call": ["carla", "hugo"]})

    found = left(OWNER, people=known, terms=ALL, owner=ALONE)

    assert found is not None
    assert (found.bench, found.never) == (("carla",), True)


def test_a_bench_of_one_is_stuck_only_where_that_one_wrote_the_change() -> None:
    known = build.people({"payments": ["carla"], "on-call": ["hugo", "erin"]})
    terms = door("soak", require=(approvals(1, "on-call"),))

    found = left(OWNER, people=known, terms=terms, owner=ALONE)

    assert found == Stuck(bench=("carla",), never=False, authors=("carla",))


def test_a_glass_that_nobody_could_break_is_no_review_that_nobody_could_give() -> None:
    known = build.people({"payments": ["carla"], "on-call": ["hugo"]})

    assert left(OWNER, people=known, terms=ALL, owner=ALONE) is None


def test_a_review_that_nobody_may_give_says_what_to_do() -> None:
    hands = tuple(wrote(name) for name in ("alice", "erin", "zoe"))

    [need] = of_kind(
        verdict(OWNER, reviews=(due(contributors=hands),), approvals=all_say(["alice"])), "review"
    )

    assert need.could == ()
    assert "nobody may give it: all of owner had a hand in it" in need.detail
