"""What is answered from the index is what git answers, on histories with merges, renames and odd names."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime

import pytest

from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.indexed_history import index_history
from tests.attacks.scenarios import FleetRepository
from tests.workflows.audit.histories import at

FOLDERS = (
    "environments/staging/desk",
    "environments/production/desk",
    "approvals/production/desk-2",
    "ledger",
)
SCOPES = [*([folder] for folder in FOLDERS), FOLDERS, [*FOLDERS, "environments"], ["fleet-config.yaml"]]


@pytest.fixture(scope="module", params=["", "fleet/"])
def random_history(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> tuple[FleetRoot, list[str]]:
    """Thirty random commits on branches that merge, the fleet at the top or in a folder; newest first."""
    chance, prefix = random.Random(4), request.param
    place = FleetRepository(tmp_path_factory.mktemp("history") / "repository")
    place.path.mkdir()
    place.git("init", "-q", "-b", "main")
    place.write(f"{prefix}fleet-config.yaml", "x\n")
    place.commit(at=at(1, 0))
    for number in range(1, 30):
        branch = chance.choice(["main", "main", "side", "other"])
        if place.git("rev-parse", "--abbrev-ref", "HEAD") != branch:
            exists = branch in place.git("branch", "--format=%(refname:short)").split()
            place.git("checkout", "-q", *([] if exists else ["-b"]), branch)
        if chance.random() < 0.2:
            branch_name = chance.choice(["main", "side"])
            if branch_name in place.git("branch", "--format=%(refname:short)").split():
                place.git(
                    "merge", "-q", "--no-ff", "-X", "ours", branch_name, "-m", "merge", at=at(2, number % 24)
                )
                continue
        name = chance.choice(["agent.yaml", "naïve.md", "deep/er/file", "x-1.json"])
        file = f"{prefix}{chance.choice(FOLDERS)}/{name}"
        if chance.random() < 0.2 and (place.path / file).exists():
            (place.path / file).unlink()
        else:
            place.write(file, f"{chance.randrange(4)}\n")
        place.commit(f"number {number}", at=at(1, number % 24))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "-X", "ours", "side", "-m", "merge", at=at(3, 0))
    return find_fleet_root(place.path / prefix, {}), place.git("rev-list", "--topo-order", "HEAD").split()


def test_commits_that_changed_a_path_are_those_that_git_lists(
    random_history: tuple[FleetRoot, list[str]],
) -> None:
    root, commits = random_history
    _, indexed = index_history(root, commits[0])
    starts = [None, commits[-1], commits[-1 - len(commits) // 3]]

    for head, paths, since in itertools.product(commits, SCOPES, starts):
        changing = indexed.commits_changing(head, paths, since=since)
        on_the_line = indexed.first_parent_commits_changing(head, paths, since=since)
        assert sorted(changing) == sorted(root.history.commits_changing(head, paths, since=since))
        assert on_the_line == root.history.first_parent_commits_changing(head, paths, since=since)
        assert sorted(changing, key=commits.index) == list(changing), "newest first"


def test_the_latest_date_behind_a_commit_is_that_of_git(
    random_history: tuple[FleetRoot, list[str]],
) -> None:
    root, commits = random_history
    _, indexed = index_history(root, commits[0])

    for commit, day in itertools.product(commits, (0, 1, 2, 4)):
        limit = int(datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()) + day * 86_400
        assert indexed.latest_time(commit, limit=limit) == root.history.latest_time(commit, limit=limit)


def test_changes_beside_every_parent_are_those_that_git_shows(
    random_history: tuple[FleetRoot, list[str]],
) -> None:
    root, commits = random_history
    _, indexed = index_history(root, commits[0])

    assert any(len(parents) > 1 for parents in indexed.graph.parents.values())
    for paths in SCOPES:
        assert list(indexed.changes(commits, paths)) == list(root.history.changes(commits, paths))


def test_trees_are_those_of_git(random_history: tuple[FleetRoot, list[str]]) -> None:
    root, commits = random_history
    indexed_root, _ = index_history(root, commits[0])

    for commit, paths in itertools.product(commits, [*SCOPES, []]):
        assert indexed_root.commit_tree(commit).entries(*paths) == root.commit_tree(commit).entries(*paths)


def test_what_lies_at_a_path_is_known_for_every_commit(random_history: tuple[FleetRoot, list[str]]) -> None:
    root, commits = random_history
    _, indexed = index_history(root, commits[0])
    path = "environments/staging/desk/naïve.md"

    ids = indexed.ids_at(path, commits)

    expected = [{entry.path: entry.id for entry in root.history.files(c, [path])}.get(path) for c in commits]
    assert ids == expected
    assert None in ids
    assert len(set(ids)) > 1


def test_dates_of_the_first_parent_line_are_those_of_git(random_history: tuple[FleetRoot, list[str]]) -> None:
    root, commits = random_history
    _, indexed = index_history(root, commits[0])

    for head in commits:
        assert indexed.first_parent_times(head) == root.history.first_parent_times(head)


def test_a_combined_commit_has_every_change_since_its_base(
    random_history: tuple[FleetRoot, list[str]],
) -> None:
    root, commits = random_history
    _, indexed = index_history(root, commits[0])
    [first, *_] = indexed.first_parent_commits(None)

    combined = indexed.combined_commit(first.id)

    before, after = (
        {entry.path: entry.id for entry in root.history.files(commit, [])}
        for commit in (first.id, commits[0])
    )
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert {step.path for step in combined.changes} == changed
    assert not combined.is_single


def test_the_latest_date_is_that_of_the_line_where_a_commit_left_it(
    random_history: tuple[FleetRoot, list[str]],
) -> None:
    root, commits = random_history
    _, indexed = index_history(root, commits[0])
    [first, *_] = indexed.first_parent_commits(None)

    assert indexed.latest_date(first.id) == (first.id, datetime(2026, 11, 1, tzinfo=UTC))
    for commit in commits:
        latest = indexed.latest_date(commit)
        assert latest is not None
        assert latest[0] in indexed.graph.position


def test_contents_are_hashed_and_too_large_ones_stay_numbers(
    random_history: tuple[FleetRoot, list[str]],
) -> None:
    root, commits = random_history
    _, indexed = index_history(root, commits[0])
    ids = [entry.id for entry in root.commit_tree(commits[0]).entries() if entry.id]

    assert ids
    for limit in (1, 1000, 1):
        assert indexed.repository.blobs(ids, limit) == root.repository.blobs(ids, limit)
    assert indexed.repository.commits(commits) == root.repository.commits(commits)
