"""Soak, and clocks that lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.scenarios import POLICY, SOAK, FleetRepository, running_fleet

LONG_AGO, YESTERDAY = "2026-11-10T12:00:00Z", "2026-11-19T11:00:00Z"
JUST_NOW = "2026-11-20T11:00:00Z"


@pytest.fixture
def repository(tmp_path: Path) -> FleetRepository:
    """A running fleet that afterwards asks for a day of soak."""
    repository = running_fleet(tmp_path)
    repository.write("governance/policy.yaml", POLICY.replace("veto:", SOAK))
    repository.commit("ask for soak", who="dina", at="2026-11-03T12:00:00Z")
    repository.agree("carla", now="2026-11-03T12:00:00Z")
    return repository


def soak(repository: FleetRepository) -> str:
    """How the soak stands."""
    [need] = [
        requirement
        for requirement in repository.judge().agent["requirements"]
        if requirement["kind"] == "soak"
    ]
    return str(need["status"])


def test_a_release_that_stood_for_a_day_has_soaked(repository: FleetRepository) -> None:
    repository.change(at=YESTERDAY)

    assert soak(repository) == "met"


def test_a_commit_dated_before_its_parent_gains_nothing(repository: FleetRepository) -> None:
    repository.write("notes.txt", "nothing to do with the agent\n")
    repository.commit("notes", at=JUST_NOW)
    repository.change(at=LONG_AGO)

    assert soak(repository) == "missing"


def test_a_side_branch_does_not_soak(repository: FleetRepository) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    repository.change(at=LONG_AGO)
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "topic", at=JUST_NOW)

    assert soak(repository) == "missing"


def test_leaving_in_the_future_makes_no_stay_longer(repository: FleetRepository) -> None:
    repository.change("two\n", at=JUST_NOW)
    repository.change("three\n", at="2026-12-20T12:00:00Z")
    repository.change("two\n", at="2026-12-20T12:00:00Z")

    assert soak(repository) == "missing"


def test_one_clock_far_ahead_does_not_stop_a_soak(repository: FleetRepository) -> None:
    repository.write("notes.txt", "from a machine with a broken clock\n")
    repository.commit("notes", at="2037-01-01T00:00:00Z")
    repository.change(at=YESTERDAY)

    assert soak(repository) == "met"


def test_zones_do_not_move_time(repository: FleetRepository) -> None:
    repository.change(at="2026-11-20T01:30:00+14:00")  # 11:30 UTC of the 19th

    assert soak(repository) == "met"


def test_an_approval_dated_in_the_future_does_not_count(repository: FleetRepository) -> None:
    repository.change(at=YESTERDAY)
    repository.approve("carla", now="2026-11-21T12:00:00Z")

    assert "dated in the future" in repository.judge().reasons()
