"""Both sides of a comparison are loaded as far as they can be read."""

from __future__ import annotations

import pytest

from fleetward.domain.errors import GovernanceInvalid, NotAFleet, UsageError
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.workflows.comparison.pair import FleetPair, load_pair
from fleetward.workflows.comparison.revisions import EmptyTree, Side, resolve_revisions
from tests.end_to_end.repositories import Repository, clean_environment, running

BROKEN = {"fleet-config.yaml": "environments: ["}
NOTHING = Side(name="nothing", commit=None, tree=EmptyTree())


@pytest.fixture
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return running(tmp_path_factory.mktemp("pair"))


def sides(repo: Repository) -> tuple[Side, Side]:
    root = find_fleet_root(repo.root, clean_environment(repo.home))
    return resolve_revisions(root, ["HEAD~1..HEAD"], {})


def pair_after(repo: Repository, files: dict[str, str]) -> FleetPair:
    repo.write(files)
    repo.commit("change")
    return load_pair(*sides(repo))


def test_a_broken_configuration_is_replaced_by_that_of_the_other_side(repo: Repository) -> None:
    pair = pair_after(repo, BROKEN)

    assert pair.base_fleet
    assert pair.head_fleet
    assert pair.base_fleet.snapshot
    assert pair.head_fleet.snapshot
    assert pair.head_fleet.snapshot.config == pair.base_fleet.snapshot.config
    assert pair.policy_fleet is pair.base_fleet.snapshot


def test_two_broken_configurations_are_refused(repo: Repository) -> None:
    pair_after(repo, BROKEN)
    repo.write({"fleet-config.yaml": "environments: {"})
    repo.commit("change")

    with pytest.raises(GovernanceInvalid):
        load_pair(*sides(repo))


def test_a_side_without_a_fleet_leaves_the_policy_to_the_other(repo: Repository) -> None:
    repo.write({"notes.txt": "x\n"})
    repo.commit("change")
    _, head = sides(repo)

    pair = load_pair(NOTHING, head)

    assert pair.base_fleet is None
    assert pair.head_fleet
    assert pair.policy_fleet is pair.head_fleet.snapshot


def test_two_sides_without_a_fleet_are_refused() -> None:
    with pytest.raises(NotAFleet):
        load_pair(NOTHING, NOTHING)


def test_an_unknown_environment_is_refused(repo: Repository) -> None:
    pair = pair_after(repo, {"notes.txt": "x\n"})

    pair.require_environments("staging", "production")
    with pytest.raises(UsageError, match="produktion"):
        pair.require_environments("staging", "produktion")
