"""Files exchanged together: all of them, or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fleetward.domain.errors import WriteFailed
from fleetward.store.git.atomic_files import replace_files


def test_files_are_exchanged_made_and_taken_away_and_modes_stay(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o755)
    (tmp_path / "c").write_bytes(b"gone")

    replace_files(tmp_path, {"a": b"old", "c": b"gone"}, {"a": b"new", "b/b/b": b"made", "c": None})

    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "b/b/b").read_bytes() == b"made"
    assert not (tmp_path / "c").exists()


def test_a_file_that_moved_since_it_was_read_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").write_bytes(b"somebody else's")

    with pytest.raises(WriteFailed, match="b is not what was read any more"):
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


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to the administrator")
def test_what_cannot_be_written_takes_the_rest_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)

    with pytest.raises(WriteFailed):
        replace_files(tmp_path, {"a": b"old"}, {"a": b"new", "closed/b": b"new"})

    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_name_that_no_disk_takes_takes_the_rest_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    long = "x" * 250

    with pytest.raises(WriteFailed, match="cannot write"):
        replace_files(tmp_path, {"a": b"old"}, {"a": b"new", long: b"new"})

    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
