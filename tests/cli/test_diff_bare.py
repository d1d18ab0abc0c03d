"""``fleet diff`` where something is missing: an index, a way to the fleet's folder, a prompt that is text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.repositories import DESK, Repository, repository

PROMPT = f"{DESK}/prompts/system.md"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """Two commits that differ in a prompt, in the folder ``agents``, and a bare clone beside them."""
    repo = repository(tmp_path, inside="agents")
    repo.commit("a word", files={PROMPT: "You answer questions about orders. Never promise money.\n"})
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    return repo


@pytest.mark.parametrize("root", ["agents", "agents/", "./agents", "agents/.", "x/../agents"])
def test_the_folder_of_a_bare_repository_may_be_spelt_in_any_way(
    repo: Repository, tmp_path: Path, root: str
) -> None:
    ran = repo.fleet("diff", "HEAD~1..HEAD", "--root", root, "--json", cwd=tmp_path / "bare.git")

    assert [change["path"] for change in ran.data["changes"]] == ["prompts/system.md"]


def test_the_top_of_a_bare_repository_has_a_name(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))

    assert repo.fleet("diff", "HEAD..HEAD", "--root", ".", cwd=tmp_path / "bare.git").code == 0


@pytest.mark.parametrize("root", ["..", "../agents", "agents/../../x"])
def test_a_folder_outside_of_the_repository_is_refused(repo: Repository, tmp_path: Path, root: str) -> None:
    ran = repo.fleet("diff", "HEAD~1..HEAD", "--root", root, cwd=tmp_path / "bare.git")

    assert ran.code == 2
    assert f"{root!r} leads out of the repository" in ran.err


@pytest.mark.parametrize(
    "arguments", [("diff", "--staged"), ("diff", "--worktree"), ("validate", "--staged")]
)
def test_a_bare_repository_has_no_index_to_read(
    repo: Repository, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    options = ("--root", "agents") if arguments[0] == "diff" else ()

    ran = repo.fleet(*arguments, *options, cwd=tmp_path / "bare.git")

    assert (ran.code, ran.out) == (2, "")
    assert "bare repository" in ran.err


def test_a_prompt_that_nobody_can_read_is_critical(repo: Repository) -> None:
    (repo.root / PROMPT).write_bytes("Promise money.".encode("utf-16"))

    [change] = repo.fleet("diff", "--worktree", "--json").data["changes"]

    assert (change["path"], change["significance"]) == ("prompts/system.md", "critical")
    assert change["rule"] == "behaviour/hidden-characters"
