"""Where files come from: odd paths, odd kinds of files, and what is never followed."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from fleetward.domain.errors import GitError
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from tests.end_to_end.repositories import DESK, FLEET, Repository, clean_environment, repository

PROMPT = f"{DESK}/prompts/system.md"


def fleet_root(repo: Repository) -> FleetRoot:
    return find_fleet_root(repo.root, clean_environment(repo.home))


def rules(repo: Repository, *options: str) -> dict[str, str]:
    """By file: the rule of what validate finds there."""
    ran = repo.fleet("validate", *options, "--json")
    assert ran.code in (0, 1), ran.err
    return {finding["file"]: finding["rule"] for finding in ran.data["findings"]}


def test_folder_index_and_revision_hold_what_each_holds(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.write({PROMPT: "staged\n"})
    repo.git("add", "-A")
    repo.write({PROMPT: "edited\n"})
    place = fleet_root(repo)

    for tree, text in (
        (place.work_tree(), b"edited\n"),
        (place.staged_tree(), b"staged\n"),
        (place.tree_at("HEAD"), FLEET[PROMPT].encode()),
    ):
        assert tree.read(tree.entries(PROMPT), 100) == {PROMPT: text}
        assert {entry.path for entry in tree.entries()} == set(FLEET)


def test_ignored_files_are_no_part_of_the_fleet_and_untracked_ones_are(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.write({".gitignore": "*.log\n", f"{DESK}/run.log": "x", f"{DESK}/notes.md": "x"})

    paths = {entry.path for entry in fleet_root(repo).work_tree().entries(DESK)}

    assert f"{DESK}/notes.md" in paths
    assert f"{DESK}/run.log" not in paths


def test_a_file_over_the_limit_is_only_its_size(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    place = fleet_root(repo)
    size = len(FLEET[PROMPT])

    for tree in (place.work_tree(), place.staged_tree(), place.tree_at("HEAD")):
        assert tree.read(tree.entries(PROMPT), size - 1) == {PROMPT: size}


@pytest.mark.parametrize("how", [(), ("--staged",), ("--rev", "HEAD")], ids=["folder", "index", "revision"])
def test_a_path_that_is_not_utf8_is_a_finding_and_hides_nothing(tmp_path: Path, how: tuple[str, ...]) -> None:
    repo = repository(tmp_path)
    repo.write({PROMPT: "hidden\u202e\n"})
    (repo.root / os.fsdecode(DESK.encode() + b"/caf\xe9.md")).write_bytes(b"x")
    repo.commit()

    rule_by_file = rules(repo, *how)

    assert rule_by_file[f"{DESK}/caf\\xe9.md"] == "file-unreadable"
    assert rule_by_file[PROMPT] == "hidden-characters"


def test_a_path_that_is_not_nfc_is_a_finding(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.write({f"{DESK}/{unicodedata.normalize('NFD', 'café')}.md": "x"})

    assert "file-unreadable" in rules(repo).values()


def test_paths_that_are_one_where_case_is_folded_are_a_finding(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.write({f"{DESK}/Notes.md": "x", f"{DESK}/notes.md": "y"})
    repo.commit()

    assert rules(repo, "--rev", "HEAD")[f"{DESK}/notes.md"] == "path-collision"


@pytest.mark.parametrize("how", [(), ("--staged",), ("--rev", "HEAD")], ids=["folder", "index", "revision"])
def test_a_link_as_manifest_is_a_finding_and_not_followed(tmp_path: Path, how: tuple[str, ...]) -> None:
    repo = repository(tmp_path)
    outside = tmp_path / "secret.yaml"
    outside.write_text("secret: 4711\n")
    (repo.root / DESK / "agent.yaml").unlink()
    (repo.root / DESK / "agent.yaml").symlink_to(outside)
    repo.commit()

    ran = repo.fleet("validate", *how, "--json")

    assert ran.code == 1
    assert "link-in-agent" in {finding["rule"] for finding in ran.data["findings"]}
    assert "4711" not in ran.out


@pytest.mark.parametrize("folder", [f"{DESK}/prompts", DESK])
def test_a_linked_folder_on_the_way_is_not_followed(tmp_path: Path, folder: str) -> None:
    repo = repository(tmp_path)
    real = tmp_path / "elsewhere"
    (repo.root / folder).rename(real)
    (repo.root / folder).symlink_to(real)

    rule_by_file = rules(repo)

    assert {"link-in-agent", "file-unreadable"} & set(rule_by_file.values())


def test_a_link_as_configuration_or_governance_is_a_finding(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    for file in ("fleet-config.yaml", "governance/policy.yaml"):
        (repo.root / file).rename(tmp_path / Path(file).name)
        (repo.root / file).symlink_to(tmp_path / Path(file).name)

    assert rules(repo)["fleet-config.yaml"] == "link-in-agent"


def test_a_fifo_in_an_agent_s_folder_is_answered_at_once(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    (repo.root / PROMPT).unlink()
    os.mkfifo(repo.root / PROMPT)

    assert rules(repo)[PROMPT] == "link-in-agent"


def test_a_repository_inside_an_agent_is_a_finding(tmp_path: Path) -> None:
    repo = repository(tmp_path / "one")
    inner = repository(tmp_path / "two")
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.top), f"{DESK}/vendor")
    repo.commit()

    for how in ((), ("--staged",), ("--rev", "HEAD")):
        assert rules(repo, *how)[f"{DESK}/vendor"] == "link-in-agent"


def conflict(repo: Repository) -> None:
    repo.git("switch", "-q", "-c", "theirs")
    repo.commit(files={PROMPT: "theirs\n"})
    repo.git("switch", "-q", "main")
    repo.commit(files={PROMPT: "ours\n"})
    repo.git("merge", "-q", "theirs", check=False)


def test_an_unmerged_index_cannot_be_judged_and_is_named(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    conflict(repo)

    ran = repo.fleet("validate", "--staged")

    assert ran.code == 2
    assert f"{PROMPT!r} is not merged yet" in ran.err
    with pytest.raises(GitError):
        fleet_root(repo).staged_tree().entries()
    assert repo.fleet("validate").code in (0, 1)


def test_a_sparse_checkout_is_judged_whole(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**FLEET, PROMPT: "hidden\u202e\n"})
    repo.git("update-index", "--refresh")
    repo.git("sparse-checkout", "set", "--no-cone", "/*", f"!{DESK}")
    assert not (repo.root / DESK).exists()

    assert rules(repo)[PROMPT] == "hidden-characters"


def test_a_tracked_file_that_was_deleted_is_not_there(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.write({PROMPT: None})

    assert PROMPT not in {entry.path for entry in fleet_root(repo).work_tree().entries(DESK)}
    assert "prompt-missing" in rules(repo).values()
    assert rules(repo, "--staged") == {}


def test_a_file_named_like_a_pattern_or_an_option_is_only_itself(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**FLEET, f"{DESK}/[a-z]*.md": "x", f"{DESK}/-rf": "y"})
    place = fleet_root(repo)

    for tree in (place.work_tree(), place.staged_tree(), place.tree_at("HEAD")):
        assert [entry.path for entry in tree.entries(f"{DESK}/[a-z]*.md")] == [f"{DESK}/[a-z]*.md"]


def test_a_fleet_in_a_subfolder_sees_itself_alone(tmp_path: Path) -> None:
    repo = repository(tmp_path, inside="a/b")
    (repo.top / "a" / "other.yaml").write_text("x: 1\n")
    repo.commit()
    place = fleet_root(repo)

    for tree in (place.work_tree(), place.staged_tree(), place.tree_at("HEAD")):
        assert {entry.path for entry in tree.entries()} == set(FLEET)
    assert rules(repo) == {}
