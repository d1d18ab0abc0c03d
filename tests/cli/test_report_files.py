"""Where reports go: a file, whatever else stands at the path, and never one over another."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from fleetward.domain.json_text import json_text
from tests.cli.outside import Terminal, terminal
from tests.paths import SAMPLES


@pytest.fixture
def zoe(tmp_path: Path) -> Terminal:
    user = terminal(tmp_path)
    user.write(
        {
            str(file.relative_to(SAMPLES / "acme")): file.read_text(encoding="utf-8")
            for file in (SAMPLES / "acme").rglob("*")
            if file.is_file()
        }
    )
    user.git("init", "-q")
    return user


def test_a_pipe_is_written_to_and_stays_a_pipe(zoe: Terminal) -> None:
    pipe = zoe.folder / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    listener = threading.Thread(target=lambda: heard.append(pipe.read_text(encoding="utf-8")), daemon=True)
    listener.start()

    ran = zoe.fleet("validate", "-o", "json=pipe")
    listener.join(timeout=20)

    assert ran.code == 0, ran.err
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert json.loads(heard[0])["format"] == "fleetward.validate/1"


def test_a_link_stays_one_and_the_file_behind_it_is_written(zoe: Terminal) -> None:
    real = zoe.folder / "real.json"
    real.write_text("old", encoding="utf-8")
    (zoe.folder / "link.json").symlink_to("real.json")

    ran = zoe.fleet("validate", "-o", "json=link.json")

    assert ran.code == 0, ran.err
    assert (zoe.folder / "link.json").is_symlink()
    assert json.loads(real.read_text(encoding="utf-8"))["format"] == "fleetward.validate/1"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_stream_named_as_a_path_is_that_stream(zoe: Terminal, form: str) -> None:
    plain = zoe.fleet("validate", "-o", form)

    ran = zoe.fleet("validate", "-o", f"{form}=/dev/fd/1")

    assert (ran.code, ran.out) == (0, plain.out)


def test_a_redirected_stream_keeps_earlier_output(zoe: Terminal) -> None:
    ran = zoe.run("sh", "-c", "fleet validate --now 2026-11-20T12:00:00Z -o text -o json=/dev/fd/1 > all.txt")

    written = (zoe.folder / "all.txt").read_text(encoding="utf-8")
    assert ran.code == 0, ran.err
    assert "valid: 6 agents" in written
    assert '"format": "fleetward.validate/1"' in written


@pytest.mark.parametrize("again", ["out.txt", "./out.txt", "governance/../out.txt"])
def test_two_reports_in_one_file_are_refused_and_nothing_is_written(zoe: Terminal, again: str) -> None:
    ran = zoe.fleet("validate", "-o", "text=out.txt", "-o", f"json={again}")

    assert ran.code == 2
    assert "out.txt" in ran.err
    assert not (zoe.folder / "out.txt").exists()


@pytest.mark.parametrize("command", ["##[error]x", "##vso[task.setvariable variable=a]b"])
def test_no_value_in_json_is_a_command_to_a_runner_and_the_data_is_the_same(command: str) -> None:
    data = {"a": f"say {command} ## Tone"}

    text = json_text(data)

    assert "##[" not in text
    assert "##vso[" not in text
    assert "## Tone" in text
    assert json.loads(text) == data


def test_a_denial_written_only_to_a_file_names_the_file(zoe: Terminal) -> None:
    (zoe.folder / "governance/waivers.yaml").write_text("- none\n", encoding="utf-8")

    ran = zoe.fleet("validate", "-o", "sarif=out.sarif")
    quiet = zoe.fleet("validate", "-q", "-o", "sarif=out.sarif")

    assert (ran.code, ran.out) == (quiet.code, quiet.out) == (1, "")
    assert ran.err.splitlines()[-1] == "exit code 1: see out.sarif"
    assert "exit code" not in quiet.err


def test_a_report_into_a_missing_folder_is_refused_with_mkdir(zoe: Terminal) -> None:
    ran = zoe.fleet("validate", "-o", "sarif=no dir/out.sarif")

    assert ran.code == 2
    assert "try: mkdir -p 'no dir'" in ran.err


def test_a_report_over_a_folder_is_refused_with_a_hint(zoe: Terminal) -> None:
    (zoe.folder / "taken").mkdir()

    ran = zoe.fleet("validate", "-o", "sarif=taken")

    assert ran.code == 2
    assert "try: name another file: -o FORMAT=PATH" in ran.err
