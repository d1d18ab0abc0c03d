"""What could count is written down: nobody is refused an approval for what they once did."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.scenarios import CONFIG, POLICY, FleetRepository, running_fleet
from tests.attacks.test_contributors import CHEAPER, PROPOSAL
from tests.workflows.audit.histories import BAD_DAYS, at

BAD = POLICY + BAD_DAYS.replace("[evals]", "[soak]")


def approve_exit_code(repository: FleetRepository, who: str, *options: str, now: str) -> int:
    """Does the command write an approval of theirs?"""
    return repository.fleet("approve", *options, who=who, now=now).code


def test_an_author_of_what_was_promoted_already_approves_what_comes_after(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change(who="bob", at=at(3, 8))

    assert approve_exit_code(repository, "alice", "desk", "--to", "production", now=at(3, 9)) == 0
    assert approve_exit_code(repository, "bob", "desk", "--to", "production", now=at(3, 9)) == 1


def test_an_author_of_a_proposal_that_was_promoted_approves_the_next(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write(PROPOSAL, CHEAPER)
    repository.commit("cheaper", who="bob", at=at(3, 8))
    repository.approve("carla", now=at(3, 9))
    assert repository.apply(now=at(3, 10)).code == 0
    repository.write(PROPOSAL, CHEAPER.replace("6", "7"))
    repository.commit("dearer", who="carla", at=at(3, 11))

    assert approve_exit_code(repository, "bob", "desk", "--to", "production", now=at(3, 12)) == 0
    assert approve_exit_code(repository, "carla", "desk", "--to", "production", now=at(3, 12)) == 1


def test_who_wrote_what_is_left_and_what_waits_approves_the_way_back(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path, policy=BAD)
    repository.change(who="bob", at=at(3, 8))
    repository.approve("carla", now=at(3, 9))
    assert repository.apply(now=at(3, 10)).code == 0
    repository.change("You answer all.\n", who="bob", at=at(3, 11))

    assert (
        approve_exit_code(repository, "bob", "desk", "--to", "production", "--rollback", "", now=at(3, 12))
        == 0
    )
    assert (
        approve_exit_code(repository, "alice", "desk", "--to", "production", "--rollback", "", now=at(3, 12))
        == 0
    )


def test_authors_of_other_changes_may_review_a_break_glass_promotion(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path, policy=BAD)
    repository.change(who="bob", at=at(3, 8))
    repository.approve("carla", now=at(3, 9))
    result = repository.fleet(
        *("promote", "desk", "--to", "production", "--apply", "--break-glass", "--incident", "INC-1"),
        *("--reason", "down"), who="erin", now=at(3, 10),
    )  # fmt: skip
    assert result.code == 0, result.output
    repository.change("You answer all.\n", who="alice", at=at(3, 11))

    review = ("desk", "--to", "production", "--review", "2")
    assert approve_exit_code(repository, "alice", *review, now=at(3, 12)) == 0
    assert approve_exit_code(repository, "bob", *review, now=at(3, 12)) == 1
    assert approve_exit_code(repository, "carla", *review, now=at(3, 12)) == 1


def test_who_changed_governance_before_agrees_to_its_next_change(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write(
        "governance/policy.yaml", POLICY.replace("P14D", "P10D").replace("version: 2", "version: 3")
    )
    repository.commit("shorter", who="dina", at=at(3, 8))
    repository.agree("carla", now=at(3, 9))
    repository.write(
        "governance/policy.yaml", POLICY.replace("P14D", "P8D").replace("version: 2", "version: 4")
    )
    repository.commit("shorter still", who="carla", at=at(3, 10))

    assert approve_exit_code(repository, "dina", "--governance", now=at(3, 11)) == 0
    assert approve_exit_code(repository, "carla", "--governance", now=at(3, 11)) == 1


@pytest.mark.parametrize("text", ["{", CONFIG.replace("from: staging, ", "")])
def test_one_hand_stops_whatever_waits_in_the_configuration(tmp_path: Path, text: str) -> None:
    stop = "stop: {by: [owner], reviewWithin: PT24H}\nveto:"
    repository = running_fleet(tmp_path, policy=POLICY.replace("veto:", stop))
    repository.write("fleet-config.yaml", text)
    # links and submodules are clean where git calls them clean
    (repository.path / "governance" / "link.yaml").symlink_to("/nowhere")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},proposals/other")
    repository.commit("a configuration of their own", who="bob")

    stopped = repository.fleet(
        "suspend", "desk", "--env", "production", "--reason", "it misbehaves", "--apply", who="carla"
    )

    assert stopped.code == 0, stopped.output
    assert "suspended: true" in (repository.path / "environments/production/desk/overrides.yaml").read_text()


def test_a_file_beside_the_ledgers_that_no_environment_has_says_nothing(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write("ledger/elsewhere.jsonl", "{")
    repository.change()
    repository.approve("carla")

    assert repository.apply().code == 0
