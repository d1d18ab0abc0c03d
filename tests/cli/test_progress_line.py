"""A long command says on a terminal how far it is, and leaves nothing of that behind."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from fleetward.workflows.progress import Progress
from tests.end_to_end.repositories import command
from tests.paths import CHECKOUT


@pytest.fixture(scope="module")
def slow_fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example fleet in a repository, and a git that takes its time."""
    folder = tmp_path_factory.mktemp("slow")
    shutil.copytree(CHECKOUT / "example-fleet", folder / "fleet")
    subprocess.run(["git", "init", "-q"], cwd=folder / "fleet", check=True)
    slow = folder / "bin/git"
    slow.parent.mkdir()
    slow.write_text(f'#!/bin/sh\nsleep 1.3\nexec {shutil.which("git")} "$@"\n')
    slow.chmod(0o755)
    return folder


def standard_error(folder: Path, terminal: bool, **variables: str) -> str:
    """What `fleet validate` writes to standard error, a terminal or a pipe."""
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"PATH": f"{folder}/bin:{os.environ['PATH']}", "TERM": "xterm", **variables}
    ours, theirs = pty.openpty() if terminal else os.pipe()
    with subprocess.Popen(
        command("validate"),
        cwd=folder / "fleet",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ):
        os.close(theirs)
        parts = []
        try:
            while part := os.read(ours, 65_536):
                parts.append(part)
        except OSError:  # how a terminal ends on Linux
            pass
    os.close(ours)
    return b"".join(parts).decode()


def test_a_terminal_is_told_after_a_second_and_the_line_is_erased(slow_fleet: Path) -> None:
    text = standard_error(slow_fleet, terminal=True)

    assert "\r\x1b[2Kfleet validate: 1 s" in text
    assert text.endswith("\r\x1b[2K")


@pytest.mark.parametrize(("terminal", "variables"), [(True, {"CI": "true"}), (False, {})])
def test_nothing_is_shown_in_ci_or_in_a_pipe(
    slow_fleet: Path, terminal: bool, variables: dict[str, str]
) -> None:
    assert standard_error(slow_fleet, terminal, **variables) == ""


def test_the_share_of_other_processes_is_counted() -> None:
    assert Progress(noun="agents", done=600, total=5_000, shares=2).text() == "1,200 of 10,000 agents"
    assert Progress().text() == ""
