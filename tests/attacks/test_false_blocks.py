"""What could count is written down: nobody is refused an approval for what they once did."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.scenarios import POLICY, Town, running
from tests.attacks.test_contributors import CHEAPER, PROPOSAL
from tests.workflows.audit.histories import BAD_DAYS, at

BAD = POLICY + BAD_DAYS.replace("[evals]", "[soak]")


def willing(place: Town, who: str, *more: str, now: str) -> int:
    """Does the command write an approval of theirs?"""
    return place.fleet("approve", *more, who=who, now=now).code


def test_an_author_of_what_was_promoted_already_approves_what_comes_after(tmp_path: Path) -> None:
    place = running(tmp_path)
    place.change(who="bob", at=at(3, 8))

    assert willing(place, "alice", "desk", "--to", "production", now=at(3, 9)) == 0
    assert willing(place, "bob", "desk", "--to", "production", now=at(3, 9)) == 1


def test_an_author_of_a_proposal_that_was_promoted_approves_the_next(tmp_path: Path) -> None:
    place = running(tmp_path)
    place.write(PROPOSAL, CHEAPER)
    place.commit("cheaper", who="bob", at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    assert place.apply(now=at(3, 10)).code == 0
    place.write(PROPOSAL, CHEAPER.replace("6", "7"))
    place.commit("dearer", who="carla", at=at(3, 11))

    assert willing(place, "bob", "desk", "--to", "production", now=at(3, 12)) == 0
    assert willing(place, "carla", "desk", "--to", "production", now=at(3, 12)) == 1


def test_who_wrote_what_is_left_and_what_waits_approves_the_way_back(tmp_path: Path) -> None:
    place = running(tmp_path, policy=BAD)
    place.change(who="bob", at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    assert place.apply(now=at(3, 10)).code == 0
    place.change("You answer all.\n", who="bob", at=at(3, 11))

    assert willing(place, "bob", "desk", "--to", "production", "--rollback", "", now=at(3, 12)) == 0
    assert willing(place, "alice", "desk", "--to", "production", "--rollback", "", now=at(3, 12)) == 0


def test_who_wrote_an_earlier_or_a_later_change_reviews_a_broken_glass(tmp_path: Path) -> None:
    place = running(tmp_path, policy=BAD)
    place.change(who="bob", at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    said = place.fleet(
        *("promote", "desk", "--to", "production", "--apply", "--break-glass", "--incident", "INC-1"),
        *("--reason", "down"), who="erin", now=at(3, 10),
    )  # fmt: skip
    assert said.code == 0, said.all
    place.change("You answer all.\n", who="alice", at=at(3, 11))

    review = ("desk", "--to", "production", "--review", "2")
    assert willing(place, "alice", *review, now=at(3, 12)) == 0
    assert willing(place, "bob", *review, now=at(3, 12)) == 1
    assert willing(place, "carla", *review, now=at(3, 12)) == 1


def test_who_changed_governance_before_agrees_to_its_next_change(tmp_path: Path) -> None:
    place = running(tmp_path)
    place.write("governance/policy.yaml", POLICY.replace("P14D", "P10D"))
    place.commit("shorter", who="dina", at=at(3, 8))
    place.agree("carla", now=at(3, 9))
    place.write("governance/policy.yaml", POLICY.replace("P14D", "P8D"))
    place.commit("shorter still", who="carla", at=at(3, 10))

    assert willing(place, "dina", "--governance", now=at(3, 11)) == 0
    assert willing(place, "carla", "--governance", now=at(3, 11)) == 1
