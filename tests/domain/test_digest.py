"""What names a content, beside what ``sha256sum`` says."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fleetward.domain import digest

FILES = {
    "agent.yaml": b"kind: Agent\n",
    "prompts/system.md": b"Be kind.\n",
    "prompts-old.md": b"",
    "prompts/\u00e9t\u00e9.md": b"\xff\x00",
    "Z.md": b"upper case comes first",
}


def test_a_content_is_named_by_its_sha256() -> None:
    assert digest.of_bytes(b"abc") == (
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_a_folder_is_named_by_what_sha256sum_writes_of_it(tmp_path: Path) -> None:
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    names = sorted(os.fsencode(path) for path in FILES)

    written = subprocess.run(["sha256sum", "--", *names], cwd=tmp_path, capture_output=True, check=True)

    assert digest.of_files(FILES.items()) == digest.of_bytes(written.stdout)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_paths_that_no_agent_may_have_are_written_as_sha256sum_writes_them(tmp_path: Path) -> None:
    files = {b"two\nlines": b"1", b"back\\slash\nand line": b"2", b"\xff\xfe.yaml": b"3"}
    for path, content in files.items():
        (tmp_path / os.fsdecode(path)).write_bytes(content)

    written = subprocess.run(
        ["sha256sum", "--", *sorted(files)], cwd=tmp_path, capture_output=True, check=True
    )

    ours = digest.of_files((os.fsdecode(path), content) for path, content in files.items())
    assert ours == digest.of_bytes(written.stdout)


def test_paths_are_sorted_by_their_bytes_and_in_whatever_order_they_come() -> None:
    lines = [
        (b"a-b", b"1"),
        (b"a/b", b"2"),
        (b"b", b"3"),
        ("\uff5e".encode(), b"4"),
        ("\U0001f600".encode(), b"5"),
    ]
    text = b"".join(
        hashlib.sha256(content).hexdigest().encode() + b"  " + path + b"\n" for path, content in lines
    )
    files = [(path.decode(), content) for path, content in lines]

    assert digest.of_files(files) == digest.of_files(reversed(files)) == digest.of_bytes(text)


def test_moving_a_byte_from_a_path_to_its_content_is_another_folder() -> None:
    assert digest.of_files([("a", b"bc")]) != digest.of_files([("ab", b"c")])


def test_no_file_at_all_has_a_digest_of_its_own() -> None:
    assert digest.of_files([]) == "sha256:" + hashlib.sha256(b"").hexdigest()


def test_file_names_carry_the_first_twelve_digits() -> None:
    assert digest.short("sha256:0123456789abcdef") == "0123456789ab"
    assert digest.short("0123456789abcdef") == "0123456789ab"
