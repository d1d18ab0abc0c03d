"""What is answered from memory is what git answers, on histories with merges, renames and odd names."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from fleetward.store.git import indexed_repository
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.repository import Repository
from tests.attacks.scenarios import FleetRepository
from tests.workflows.audit.histories import at

FOLDERS = (
    "environments/staging/desk",
    "environments/production/desk",
    "approvals/production/desk-2",
    "ledger",
)


@pytest.fixture(params=["", "fleet/"])
def wild(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[FleetRoot, list[str]]:
    """Thirty commits of chance on branches that merge, the fleet at the top or in a folder."""
    chance, prefix = random.Random(4), request.param
    place = FleetRepository(tmp_path / "wild")
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
    ground = find_fleet_root(place.path / prefix, {})
    return ground, place.git("rev-list", "--topo-order", "HEAD").split()


def same(first: bytes, second: bytes, *, ordered: bool) -> bool:
    return first == second if ordered else sorted(first.split()) == sorted(second.split())


def test_every_question_has_the_answer_that_git_gives(wild: tuple[FleetRoot, list[str]]) -> None:
    ground, commits = wild
    plain = ground.repository
    _, remembered = indexed_repository.index_history(ground, commits[0])
    count = 0
    for head, folder in itertools.product(commits, FOLDERS):
        scope, since = ground.prefix + folder, commits[-1 - len(commits) // 3]
        questions = [
            (("rev-list", "--full-history", head, "--", scope), False),
            (("rev-list", "--full-history", "--merges", head, f"^{since}", "--", scope), False),
            (("rev-list", "--full-history", "--no-merges", head, f"^{since}", "--", scope), False),
            (("rev-list", "--first-parent", head, "--", scope), True),
            (("rev-list", "--first-parent", "--reverse", head, f"^{since}", "--", scope), True),
            (("ls-tree", "-r", "-z", "--full-tree", head, "--", scope), True),
            (("ls-tree", "-r", "-z", "--full-tree", head, "--", scope + "/"), True),
        ]
        for question, ordered in questions:
            assert same(remembered.need(*question), plain.output(*question), ordered=ordered), question
            count += 1
    assert count > 300


def test_what_commits_changed_is_told_as_git_tells_it(wild: tuple[FleetRoot, list[str]]) -> None:
    ground, commits = wild
    _, remembered = indexed_repository.index_history(ground, commits[0])
    stdin = "".join(f"{commit}\n" for commit in commits).encode()
    names = ("diff-tree", "--stdin", "--root", "-m", "-r", "-z", "--name-only", "--no-renames")
    raw = ("diff-tree", "--stdin", "--no-commit-id", "--root", "-m", "-r", "-z", "--raw", "--no-renames")
    for question, folder in itertools.product((names, raw), FOLDERS):
        scope = ("--", ground.prefix + folder)
        expected = ground.repository.output(*question, *scope, stdin=stdin)
        assert remembered.need(*question, *scope, stdin=stdin) == expected


def test_trees_are_those_of_git(wild: tuple[FleetRoot, list[str]]) -> None:
    ground, commits = wild
    recalling, _ = indexed_repository.index_history(ground, commits[0])
    for commit in commits:
        for scope in (FOLDERS, FOLDERS[:1], ("environments", "fleet-config.yaml"), ()):
            assert recalling.commit_tree(commit).entries(*scope) == ground.commit_tree(commit).entries(*scope)


def test_contents_are_hashed_and_too_large_ones_stay_numbers(wild: tuple[FleetRoot, list[str]]) -> None:
    ground, commits = wild
    _, remembered = indexed_repository.index_history(ground, commits[0])
    ids = [entry.id for entry in ground.commit_tree(commits[0]).entries() if entry.id]

    assert ids
    for limit in (1, 1000, 1):
        assert remembered.blobs(ids, limit) == Repository.blobs(ground.repository, ids, limit)
    assert remembered.commits(commits) == ground.repository.commits(commits)
