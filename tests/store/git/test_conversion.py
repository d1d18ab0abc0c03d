"""Work trees that differ from what git stores in bytes alone: what ``git status`` calls clean is clean."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.end_to_end.repositories import APPLY, DESK, FLEET, Repository, allowed

PROMPT = f"{DESK}/prompts/system.md"


def checked_out_again(repo: Repository) -> None:
    for path in repo.top.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (repo.top / ".git/index").unlink()
    repo.git("reset", "-q", "--hard")


@pytest.mark.parametrize(
    ("attributes", "config"),
    [
        ("", ("core.autocrlf", "true")),
        ("* text=auto eol=crlf", None),
        ("*.md text working-tree-encoding=UTF-16LE-BOM", None),
    ],
)
def test_what_git_made_at_checkout_is_no_change(
    tmp_path: Path, attributes: str, config: tuple[str, str] | None
) -> None:
    repo = allowed(tmp_path)
    (repo.top / ".git/info/attributes").write_text(attributes)
    if config:
        repo.git("config", *config)
    stored = (repo.root / PROMPT).read_bytes()
    checked_out_again(repo)

    difference = repo.fleet("diff", "--worktree", "--exit-code")
    applied = repo.fleet(*APPLY)

    assert (repo.root / PROMPT).read_bytes() != stored
    assert difference.code == 0, difference.out
    assert applied.code == 0, applied.err
    assert repo.git("status", "--porcelain") == ""
    assert repo.fleet("validate", "-q").code == 0


def test_plain_text_that_git_reads_in_another_encoding_is_no_change(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    # four ASCII letters are two characters of UTF-16, without a byte that shows it
    (repo.root / PROMPT).write_bytes(b"word")
    (repo.top / ".gitattributes").write_text(f"{PROMPT} text working-tree-encoding=UTF-16LE\n")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "another encoding")

    difference = repo.fleet("diff", "--worktree", "--exit-code")

    assert repo.git("status", "--porcelain") == ""
    assert repo.git("show", f"HEAD:{PROMPT}") != "word"
    assert difference.code == 0, difference.out


def test_an_edit_beside_a_conversion_is_seen_as_git_would_store_it(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    repo.git("config", "core.autocrlf", "true")
    checked_out_again(repo)
    with (repo.root / PROMPT).open("ab") as file:
        file.write(b"One line more.\r\n")

    [change] = repo.fleet("diff", "--worktree", "--json").data["changes"]

    assert (change["path"], "\r" in str(change)) == ("prompts/system.md", False)


def test_where_the_file_system_has_no_modes_they_are_those_of_the_index(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    repo.git("config", "core.fileMode", "false")
    (repo.root / PROMPT).chmod(0o755)

    assert repo.fleet("diff", "--worktree", "--exit-code").code == 0
    assert repo.fleet(*APPLY).code == 0
    assert "100755" not in repo.git("ls-tree", "-r", "HEAD", "--", f"{FLEET}/environments/production")


def test_a_filter_is_not_run_and_a_file_under_it_is_compared_by_what_the_index_knows(tmp_path: Path) -> None:
    repo = allowed(tmp_path)
    marker = tmp_path / "ran"
    program = tmp_path / "filter"
    program.write_text(f'#!/bin/sh\n[ -e "{tmp_path}/armed" ] && touch "{marker}"\ntr a-z A-Z\n')
    program.chmod(0o755)
    (repo.top / ".git/info/attributes").write_text("*.md filter=shout\n")
    repo.git("config", "filter.shout.smudge", str(program))
    repo.git("config", "filter.shout.clean", "tr A-Z a-z")
    checked_out_again(repo)
    index = repo.top / ".git/index"
    later = index.stat().st_mtime_ns + 10**9
    os.utime(index, ns=(later, later))
    repo.git("config", "filter.shout.clean", str(program))
    (tmp_path / "armed").touch()

    clean = repo.fleet("diff", "--worktree", "--exit-code")
    (repo.root / PROMPT).write_text("EDITED.\n")
    edited = repo.fleet("diff", "--worktree", "--exit-code")
    refused = repo.fleet(*APPLY)

    assert clean.code == 0, clean.err
    assert (edited.code, refused.code) == (2, 2)
    assert "prompts/system.md' has the attribute filter=shout" in refused.err
    assert not marker.exists()
