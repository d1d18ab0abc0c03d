"""The digest of a folder, which stands in ledgers, approvals and evidence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fleetward.domain import digest
from fleetward.store.fleet.load import read_fleet
from fleetward.store.git.contents import UNREADABLE, governance_digest, state_digest
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from tests.end_to_end.repositories import DESK, FLEET, Repository, clean_environment, repository

FOLDER = {
    path.removeprefix(f"{DESK}/"): text.encode() for path, text in FLEET.items() if path.startswith(DESK)
}


def fleet_root(repo: Repository) -> FleetRoot:
    return find_fleet_root(repo.root, clean_environment(repo.home))


@pytest.mark.parametrize("inside", ["", "agents/fleet"])
def test_the_state_in_a_commit_is_the_state_that_is_read_from_the_folder(tmp_path: Path, inside: str) -> None:
    root = fleet_root(repository(tmp_path, inside=inside))
    loaded = read_fleet(root.work_tree(), version="0.1.0")
    assert loaded.snapshot is not None

    [agent] = loaded.snapshot.agents.values()
    state = state_digest(root.tree_at("HEAD"), DESK)

    assert state == agent.state == digest.of_files(FOLDER.items())
    assert state == state_digest(root.staged_tree(), DESK) == state_digest(root.work_tree(), DESK)


def test_a_folder_that_is_not_there_has_no_state(tmp_path: Path) -> None:
    tree = fleet_root(repository(tmp_path)).tree_at("HEAD")

    assert state_digest(tree, "environments/staging/nobody") is None
    assert state_digest(tree, DESK[:-1]) is None


def test_a_link_a_large_file_or_an_odd_name_makes_a_folder_unreadable(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    trees = []
    for name, content in (
        ("large", b"x" * (1024 * 1024 + 1)),
        (os.fsdecode(b"caf\xe9"), b"x"),
        ("link", None),
    ):
        path = repo.root / DESK / name
        path.write_bytes(content) if content else path.symlink_to("agent.yaml")
        trees.append(fleet_root(repo).commit_tree(repo.commit(name)))
        path.unlink()

    assert [state_digest(tree, DESK) for tree in trees] == [UNREADABLE] * 3
    assert state_digest(trees[-1], f"{DESK}/agent.yaml") == UNREADABLE


def test_the_digest_of_governance_changes_with_any_of_its_files(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    before = governance_digest(fleet_root(repo).tree_at("HEAD"))
    repo.commit(files={f"{DESK}/prompts/system.md": "other\n"})
    beside = governance_digest(fleet_root(repo).tree_at("HEAD"))
    repo.commit(files={"governance/notes.txt": "new\n"})

    after = governance_digest(fleet_root(repo).tree_at("HEAD"))

    assert before == beside != after
