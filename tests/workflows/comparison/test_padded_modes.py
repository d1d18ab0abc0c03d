"""A tree that writes the same files with another mode is no equal tree: git refuses it, and diff says so."""

from __future__ import annotations

import pytest

from tests.end_to_end.repositories import DESK, Repository, repository
from tests.store.git.test_tree_faults import git, raw_tree


def with_padded_mode(repo: Repository, folder: str) -> str:
    """A commit on top of HEAD with the same files, and a padded mode in the tree of *folder*."""
    tree = ""
    changed, at = "", folder
    while True:
        rows = []
        for line in git(repo, "ls-tree", f"HEAD:{at}").splitlines():
            (mode, kind, object_id), name = line.split("\t")[0].split(" "), line.split("\t")[1]
            padded = "040000" if at == folder else "40000"
            rows.append((padded if kind == "tree" else mode, name, tree if name == changed else object_id))
        tree = raw_tree(repo, *rows)
        if not at:
            return git(repo, "commit-tree", tree, "-p", "HEAD", "-m", "padded")
        at, _, changed = at.rpartition("/")


@pytest.mark.parametrize(("folder", "agent"), [(DESK, "desk-bot"), ("environments", None)])
def test_a_padded_mode_is_told_where_no_file_differs(tmp_path, folder, agent):
    repo = repository(tmp_path)
    padded = with_padded_mode(repo, folder)

    ran = repo.fleet("diff", f"HEAD..{padded}", "--json")
    text = repo.fleet("diff", f"HEAD..{padded}").out

    assert (ran.code, ran.data["changes"]) == (1, [])
    [row] = ran.data["unreadable"]
    assert (row["agent"], row["file"]) == (agent, folder)
    assert row["reason"].endswith("git refuses the mode 040000")
    assert text.endswith(f"fleet validate --rev {padded[:12]}\n")
