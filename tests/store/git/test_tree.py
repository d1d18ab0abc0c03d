"""Where files come from: odd paths, odd kinds of files, and what is never followed."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from fleetward.domain.errors import GitError
from fleetward.store.git.fleet_root import Ground, find
from tests.end_to_end.repositories import DESK, FLEET, Repository, repository, surroundings

PROMPT = f"{DESK}/prompts/system.md"


def ground(made: Repository) -> Ground:
    return find(made.root, surroundings(made.home))


def rules(made: Repository, *how: str) -> dict[str, str]:
    """By file: the rule of what validate finds there."""
    ran = made.fleet("validate", *how, "--json")
    assert ran.code in (0, 1), ran.err
    return {one["file"]: one["rule"] for one in ran.data["findings"]}


def test_folder_index_and_revision_hold_what_each_holds(tmp_path: Path) -> None:
    made = repository(tmp_path)
    made.write({PROMPT: "staged\n"})
    made.git("add", "-A")
    made.write({PROMPT: "edited\n"})
    place = ground(made)

    for tree, text in (
        (place.folder(), b"edited\n"),
        (place.index(), b"staged\n"),
        (place.revision("HEAD"), FLEET[PROMPT].encode()),
    ):
        assert tree.read(tree.entries(PROMPT), 100) == {PROMPT: text}
        assert {entry.path for entry in tree.entries()} == set(FLEET)


def test_ignored_files_are_no_part_of_the_fleet_and_untracked_ones_are(tmp_path: Path) -> None:
    made = repository(tmp_path)
    made.write({".gitignore": "*.log\n", f"{DESK}/run.log": "x", f"{DESK}/notes.md": "x"})

    paths = {entry.path for entry in ground(made).folder().entries(DESK)}

    assert f"{DESK}/notes.md" in paths
    assert f"{DESK}/run.log" not in paths


def test_a_file_over_the_limit_is_only_its_size(tmp_path: Path) -> None:
    made = repository(tmp_path)
    place = ground(made)
    size = len(FLEET[PROMPT])

    for tree in (place.folder(), place.index(), place.revision("HEAD")):
        assert tree.read(tree.entries(PROMPT), size - 1) == {PROMPT: size}


@pytest.mark.parametrize("how", [(), ("--staged",), ("--rev", "HEAD")], ids=["folder", "index", "revision"])
def test_a_path_that_is_not_utf8_is_a_finding_and_hides_nothing(tmp_path: Path, how: tuple[str, ...]) -> None:
    made = repository(tmp_path)
    made.write({PROMPT: "hidden\u202e\n"})
    (made.root / os.fsdecode(DESK.encode() + b"/caf\xe9.md")).write_bytes(b"x")
    made.commit()

    found = rules(made, *how)

    assert found[f"{DESK}/caf\\xe9.md"] == "file-unreadable"
    assert found[PROMPT] == "hidden-characters"


def test_a_path_that_is_not_nfc_is_a_finding(tmp_path: Path) -> None:
    made = repository(tmp_path)
    made.write({f"{DESK}/{unicodedata.normalize('NFD', 'café')}.md": "x"})

    assert "file-unreadable" in rules(made).values()


def test_paths_that_are_one_where_case_is_folded_are_a_finding(tmp_path: Path) -> None:
    made = repository(tmp_path)
    made.write({f"{DESK}/Notes.md": "x", f"{DESK}/notes.md": "y"})
    made.commit()

    assert rules(made, "--rev", "HEAD")[f"{DESK}/notes.md"] == "path-collision"


@pytest.mark.parametrize("how", [(), ("--staged",), ("--rev", "HEAD")], ids=["folder", "index", "revision"])
def test_a_link_as_manifest_is_a_finding_and_not_followed(tmp_path: Path, how: tuple[str, ...]) -> None:
    made = repository(tmp_path)
    outside = tmp_path / "secret.yaml"
    outside.write_text("secret: 4711\n")
    (made.root / DESK / "agent.yaml").unlink()
    (made.root / DESK / "agent.yaml").symlink_to(outside)
    made.commit()

    ran = made.fleet("validate", *how, "--json")

    assert ran.code == 1
    assert "link-in-agent" in {one["rule"] for one in ran.data["findings"]}
    assert "4711" not in ran.out


@pytest.mark.parametrize("folder", [f"{DESK}/prompts", DESK])
def test_a_linked_folder_on_the_way_is_not_followed(tmp_path: Path, folder: str) -> None:
    made = repository(tmp_path)
    real = tmp_path / "elsewhere"
    (made.root / folder).rename(real)
    (made.root / folder).symlink_to(real)

    found = rules(made)

    assert {"link-in-agent", "file-unreadable"} & set(found.values())


def test_a_link_as_configuration_or_governance_is_a_finding(tmp_path: Path) -> None:
    made = repository(tmp_path)
    for file in ("fleet-config.yaml", "governance/policy.yaml"):
        (made.root / file).rename(tmp_path / Path(file).name)
        (made.root / file).symlink_to(tmp_path / Path(file).name)

    assert rules(made)["fleet-config.yaml"] == "link-in-agent"


def test_a_fifo_in_an_agent_s_folder_is_answered_at_once(tmp_path: Path) -> None:
    made = repository(tmp_path)
    (made.root / PROMPT).unlink()
    os.mkfifo(made.root / PROMPT)

    assert rules(made)[PROMPT] == "link-in-agent"


def test_a_repository_inside_an_agent_is_a_finding(tmp_path: Path) -> None:
    made = repository(tmp_path / "one")
    inner = repository(tmp_path / "two")
    made.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.top), f"{DESK}/vendor")
    made.commit()

    for how in ((), ("--staged",), ("--rev", "HEAD")):
        assert rules(made, *how)[f"{DESK}/vendor"] == "link-in-agent"


def conflict(made: Repository) -> None:
    made.git("switch", "-q", "-c", "theirs")
    made.commit(files={PROMPT: "theirs\n"})
    made.git("switch", "-q", "main")
    made.commit(files={PROMPT: "ours\n"})
    made.git("merge", "-q", "theirs", check=False)


def test_an_unmerged_index_cannot_be_judged_and_is_named(tmp_path: Path) -> None:
    made = repository(tmp_path)
    conflict(made)

    ran = made.fleet("validate", "--staged")

    assert ran.code == 2
    assert f"{PROMPT!r} is not merged yet" in ran.err
    with pytest.raises(GitError):
        ground(made).index().entries()
    assert made.fleet("validate").code in (0, 1)


def test_a_sparse_checkout_is_judged_whole(tmp_path: Path) -> None:
    made = repository(tmp_path, {**FLEET, PROMPT: "hidden\u202e\n"})
    made.git("sparse-checkout", "set", "--no-cone", "/*", f"!{DESK}")
    assert not (made.root / DESK).exists()

    assert rules(made)[PROMPT] == "hidden-characters"


def test_a_tracked_file_that_was_deleted_is_not_there(tmp_path: Path) -> None:
    made = repository(tmp_path)
    made.write({PROMPT: None})

    assert PROMPT not in {entry.path for entry in ground(made).folder().entries(DESK)}
    assert "prompt-missing" in rules(made).values()
    assert rules(made, "--staged") == {}


def test_a_file_named_like_a_pattern_or_an_option_is_only_itself(tmp_path: Path) -> None:
    made = repository(tmp_path, {**FLEET, f"{DESK}/[a-z]*.md": "x", f"{DESK}/-rf": "y"})
    place = ground(made)

    for tree in (place.folder(), place.index(), place.revision("HEAD")):
        assert [entry.path for entry in tree.entries(f"{DESK}/[a-z]*.md")] == [f"{DESK}/[a-z]*.md"]


def test_a_fleet_in_a_subfolder_sees_itself_alone(tmp_path: Path) -> None:
    made = repository(tmp_path, inside="a/b")
    (made.top / "a" / "other.yaml").write_text("x: 1\n")
    made.commit()
    place = ground(made)

    for tree in (place.folder(), place.index(), place.revision("HEAD")):
        assert {entry.path for entry in tree.entries()} == set(FLEET)
    assert rules(made) == {}
