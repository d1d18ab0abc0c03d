"""Files exchanged together: all of them, or none."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from fleetward.domain.errors import WriteFailed
from fleetward.store.git.atomic_files import PARTIAL_FILE, check_writable, replace_files, write_file


def test_files_are_exchanged_made_and_taken_away_and_modes_stay(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o755)
    (tmp_path / "c").write_bytes(b"gone")

    replace_files(tmp_path, {"a": b"old", "c": b"gone"}, {"a": b"new", "b/b/b": b"made", "c": None})

    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "b/b/b").read_bytes() == b"made"
    assert not (tmp_path / "c").exists()


def test_a_new_file_gets_its_mode_and_a_written_one_keeps_it(tmp_path: Path) -> None:
    for name, mode in (("new", None), ("private", 0o600), ("private", None)):
        write_file(tmp_path / name, b"x", mode=mode)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"new": 0o644, "private": 0o600}


def test_a_file_that_cannot_be_exchanged_stays_and_leaves_no_other(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(IsADirectoryError):
        write_file(tmp_path / "folder", b"x", mode=0o600)

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("path", "partial"),
    [(".fleet-0a1b2c3d", True), ("a/b/.fleet-0a1b2c3d", True), ("a/.fleet-policy", False)],
)
def test_only_a_file_that_was_being_written_has_such_a_name(path: str, partial: bool) -> None:
    assert (PARTIAL_FILE.fullmatch(path) is not None) is partial


def test_a_file_that_moved_since_it_was_read_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").write_bytes(b"somebody else's")

    with pytest.raises(WriteFailed, match="b changed while the command ran"):
        replace_files(tmp_path, {"a": b"old", "b": b"old"}, {"a": b"new", "b": b"new"})

    assert (tmp_path / "a").read_bytes() == b"old"


@pytest.mark.parametrize("path", ["link/file", "a/file", "folder", "dangling"])
def test_what_is_in_the_way_is_named_and_not_followed(tmp_path: Path, path: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    (tmp_path / "a").write_bytes(b"a file")

    with pytest.raises(WriteFailed, match="is in the way of"):
        replace_files(tmp_path, {}, {path: b"new"})

    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not (tmp_path / "nowhere").exists()


def test_a_disk_that_refuses_one_file_leaves_all_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))

    try:
        with pytest.raises(WriteFailed, match=r"cannot write 'b/c': .*; no file was changed"):
            replace_files(tmp_path, {"a": b"old"}, {"a": b"new", "b/c": b"x" * 2048})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a"]


def test_a_name_that_is_too_long_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")

    with pytest.raises(WriteFailed, match="cannot read"):
        replace_files(tmp_path, {"a": b"old"}, {"a": b"new", "x" * 300: b"new"})

    assert (tmp_path / "a").read_bytes() == b"old"


def test_what_a_killed_process_left_goes_with_the_next_write_and_that_of_a_running_one_stays(
    tmp_path: Path,
) -> None:
    dead, running = tmp_path / ".fleet-ffffffaa", tmp_path / f".fleet-{os.getpid():06x}aa"
    for file in (dead, running, tmp_path / ".fleet-mine"):
        file.write_text("half")

    write_file(tmp_path / "policy.yaml", b"whole")

    assert {path.name for path in tmp_path.iterdir()} == {"policy.yaml", ".fleet-mine", running.name}


def test_a_place_that_cannot_be_written_is_found_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()

    check_writable([tmp_path / "ledger/production.jsonl", tmp_path / "new/folder/file"])

    assert [path.name for path in tmp_path.rglob("*")] == ["ledger"]
    with pytest.raises(WriteFailed, match="cannot write '/proc"):
        check_writable([Path("/proc/file")])
