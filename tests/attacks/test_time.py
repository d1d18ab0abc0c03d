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
    repository.write(
        "governance/policy.yaml",
        POLICY.replace("veto:", SOAK).replace("version: 2", "version: 3").replace("version: 2", "version: 3"),
    )
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


@pytest.fixture
def above(tmp_path: Path) -> FleetRepository:
    """The same fleet, its agents above the lowest tier."""
    repository = running_fleet(tmp_path)
    policy = POLICY.replace("[low, high]", "[calm, low, high]").replace("veto:", SOAK)
    policy = policy.replace("version: 2", "version: 3")
    repository.write("governance/policy.yaml", policy)
    repository.commit("ask for soak", who="dina", at="2026-11-03T12:00:00Z")
    repository.agree("carla", now="2026-11-03T12:00:00Z")
    return repository


def test_above_the_lowest_tier_an_author_cannot_date_the_soak(above: FleetRepository) -> None:
    above.change(at=LONG_AGO)
    above.write("notes.txt", "by the author\n")
    above.commit("notes", at=LONG_AGO)
    alone = soak(above)
    above.write("notes.txt", "by a stranger\n")
    above.commit("notes", at=LONG_AGO, committer="mallory@elsewhere.example")
    beside_a_stranger = soak(above)
    above.write("notes.txt", "a clock far ahead\n")
    above.commit("notes", who="bob", at="2037-01-01T00:00:00Z")
    beside_the_future = soak(above)
    above.write("notes.txt", "by a robot of somebody else\n")
    above.commit("notes", who="ci", at=YESTERDAY)

    assert (alone, beside_a_stranger, beside_the_future) == ("missing", "missing", "missing")
    assert soak(above) == "met"


def test_a_policy_may_take_the_dates_of_history(above: FleetRepository) -> None:
    policy = (above.path / "governance/policy.yaml").read_text()
    policy = policy.replace("{soak: PT24H}", "{soak: {for: PT24H, since: history}}")
    above.write("governance/policy.yaml", policy.replace("version: 3", "version: 4"))
    above.commit("history is enough", who="dina", at="2026-11-04T12:00:00Z")
    above.agree("carla", now="2026-11-04T12:00:00Z")
    above.change(at=LONG_AGO)

    assert soak(above) == "met"


def test_a_first_parent_line_of_the_authors_own_gains_nothing(above: FleetRepository) -> None:
    above.git("checkout", "-q", "-b", "mine")
    above.change(at=LONG_AGO)
    above.git("checkout", "-q", "main")
    above.write("notes.txt", "nothing to do with the agent\n")
    above.commit("notes", who="bob", at=JUST_NOW)
    above.git("checkout", "-q", "mine")
    above.git("merge", "-q", "--no-ff", "-m", "merge", "main", at=JUST_NOW)
    above.write("other.txt", "dated back\n")
    above.commit("other", who="bob", at=LONG_AGO)

    assert soak(above) == "missing"
