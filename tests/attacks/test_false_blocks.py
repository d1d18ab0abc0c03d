"""What could count is written down: nobody is refused an approval for what they once did."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.scenarios import POLICY, FleetRepository, running_fleet
from tests.attacks.test_contributors import CHEAPER, PROPOSAL
from tests.workflows.audit.histories import BAD_DAYS, at

BAD = POLICY + BAD_DAYS.replace("[evals]", "[soak]")


def approve_exit_code(place: FleetRepository, who: str, *options: str, now: str) -> int:
    """Does the command write an approval of theirs?"""
    return place.fleet("approve", *options, who=who, now=now).code


def test_an_author_of_what_was_promoted_already_approves_what_comes_after(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change(who="bob", at=at(3, 8))

    assert approve_exit_code(place, "alice", "desk", "--to", "production", now=at(3, 9)) == 0
    assert approve_exit_code(place, "bob", "desk", "--to", "production", now=at(3, 9)) == 1


def test_an_author_of_a_proposal_that_was_promoted_approves_the_next(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.write(PROPOSAL, CHEAPER)
    place.commit("cheaper", who="bob", at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    assert place.apply(now=at(3, 10)).code == 0
    place.write(PROPOSAL, CHEAPER.replace("6", "7"))
    place.commit("dearer", who="carla", at=at(3, 11))

    assert approve_exit_code(place, "bob", "desk", "--to", "production", now=at(3, 12)) == 0
    assert approve_exit_code(place, "carla", "desk", "--to", "production", now=at(3, 12)) == 1


def test_who_wrote_what_is_left_and_what_waits_approves_the_way_back(tmp_path: Path) -> None:
    place = running_fleet(tmp_path, policy=BAD)
    place.change(who="bob", at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    assert place.apply(now=at(3, 10)).code == 0
    place.change("You answer all.\n", who="bob", at=at(3, 11))

    assert approve_exit_code(place, "bob", "desk", "--to", "production", "--rollback", "", now=at(3, 12)) == 0
    assert (
        approve_exit_code(place, "alice", "desk", "--to", "production", "--rollback", "", now=at(3, 12)) == 0
    )


def test_who_wrote_an_earlier_or_a_later_change_reviews_a_broken_glass(tmp_path: Path) -> None:
    place = running_fleet(tmp_path, policy=BAD)
    place.change(who="bob", at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    result = place.fleet(
        *("promote", "desk", "--to", "production", "--apply", "--break-glass", "--incident", "INC-1"),
        *("--reason", "down"), who="erin", now=at(3, 10),
    )  # fmt: skip
    assert result.code == 0, result.output
    place.change("You answer all.\n", who="alice", at=at(3, 11))

    review = ("desk", "--to", "production", "--review", "2")
    assert approve_exit_code(place, "alice", *review, now=at(3, 12)) == 0
    assert approve_exit_code(place, "bob", *review, now=at(3, 12)) == 1
    assert approve_exit_code(place, "carla", *review, now=at(3, 12)) == 1


def test_who_changed_governance_before_agrees_to_its_next_change(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.write("governance/policy.yaml", POLICY.replace("P14D", "P10D"))
    place.commit("shorter", who="dina", at=at(3, 8))
    place.agree("carla", now=at(3, 9))
    place.write("governance/policy.yaml", POLICY.replace("P14D", "P8D"))
    place.commit("shorter still", who="carla", at=at(3, 10))

    assert approve_exit_code(place, "dina", "--governance", now=at(3, 11)) == 0
    assert approve_exit_code(place, "carla", "--governance", now=at(3, 11)) == 1
