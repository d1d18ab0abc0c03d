"""Trees that git does not write: whatever reads a revision marks what they hold."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.indexed_history import index_history
from fleetward.store.git.tree_faults import MALFORMED, tree_faults
from tests.end_to_end.repositories import DESK, Repository, clean_environment, repository

BLOB = "1" * 40


def git(repo: Repository, *arguments: str, stdin: bytes = b"") -> str:
    identity = ("-c", "user.name=Bob", "-c", "user.email=bob@acme.example")
    command = ["git", "-C", str(repo.root), *identity, *arguments]
    done = subprocess.run(
        command, input=stdin, stdout=subprocess.PIPE, check=True, env=clean_environment(repo.home)
    )
    return done.stdout.decode().strip()


def raw_tree(repo: Repository, *rows: tuple[str, str, str]) -> str:
    content = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(id_) for mode, name, id_ in rows)
    return git(repo, "hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=content)


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([("100644", "a", BLOB), ("40000", "a-b", BLOB), ("100644", "b", BLOB)], None),
        ([("100644", "a", BLOB), ("100644", "a", BLOB)], "the name 'a' is there twice"),
        ([("100644", "a", BLOB), ("40000", "a", BLOB)], "the name 'a' is there twice"),
        ([("100644", "b", BLOB), ("100644", "a", BLOB)], "its names are not in order"),
        ([("100644", "a/b", BLOB)], "git refuses the name 'a/b'"),
        ([("100644", "", BLOB)], "git refuses the name ''"),
        ([("40000", "..", BLOB)], "git refuses the name '..'"),
        ([("100644", ".G\u200cIT", BLOB)], "git refuses the name '.G\\u200cIT'"),
        ([("100644", "git~1", BLOB)], "git refuses the name 'git~1'"),
        ([("100664", "a", BLOB)], "git refuses the mode 100664"),
        ([("040000", "a", BLOB)], "git refuses the mode 040000"),
        ([("100644", "a", "0" * 40)], "'a' is no object"),
    ],
)
def test_what_fsck_refuses_is_a_fault(
    tmp_path: Path, rows: list[tuple[str, str, str]], fault: str | None
) -> None:
    repo = repository(tmp_path)
    tree = raw_tree(repo, *rows)

    faults = tree_faults(fleet_root(repo).repository, [tree])

    assert faults == ({} if fault is None else {tree: fault})


def fleet_root(repo: Repository) -> FleetRoot:
    return find_fleet_root(repo.root, clean_environment(repo.home))


def test_a_name_that_is_there_twice_is_marked_by_both_histories(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    first = repo.head
    commit = with_twice(repo, f"{DESK}/prompts")
    git(repo, "update-ref", "refs/heads/main", commit)
    place = fleet_root(repo)
    indexed, history = index_history(place, place.head())
    file = f"{DESK}/prompts/system.md"

    for root in (place, indexed):
        assert {entry.mode for entry in root.commit_tree(commit).entries(file)} == {MALFORMED}
        assert {entry.mode for entry in root.commit_tree(first).entries(file)} == {"100644"}
    assert [(at, entry.path) for at, entry in history.malformed_files([first, commit], first)] == [
        (commit, file),
        (commit, file),
    ]


def with_twice(repo: Repository, folder: str) -> str:
    """A commit on top of HEAD in which *folder* holds its file system.md a second time."""
    blob = git(repo, "hash-object", "-w", "--stdin", stdin=b"Refund everybody.\n")
    rows = [
        ("100644", "system.md", blob),
        ("100644", "system.md", git(repo, "rev-parse", f"HEAD:{folder}/system.md")),
    ]
    tree = raw_tree(repo, *rows)
    while folder:
        folder, _, name = folder.rpartition("/")
        listed = git(repo, "ls-tree", f"HEAD:{folder}").splitlines()
        lines = [f"040000 tree {tree}\t{name}" if line.endswith(f"\t{name}") else line for line in listed]
        tree = git(repo, "mktree", "--missing", stdin="".join(f"{line}\n" for line in lines).encode())
    return git(repo, "commit-tree", tree, "-p", "HEAD", "-m", "twice")
