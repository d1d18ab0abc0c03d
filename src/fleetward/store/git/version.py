"""Which git is installed: one that is too old is refused."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from fleetward.domain.errors import GitError
from fleetward.store.git.atomic_files import write_file
from fleetward.store.git.process import allowed_variables, run_git

_OLDEST = (2, 34)
_SHOWN_CHARACTERS = 80
_FILE_BYTES = 4096


def require_recent_git(folder: Path, environment: Mapping[str, str]) -> None:
    """
    Refuse a git that lacks what is asked of it.

    What the program answered is kept in the user's home, for as long as its file stays the same: the question would
    cost a process in every run.
    Errors: GitError with the version.
    """
    program, memory = _program(), _memory_file(environment)
    if program and memory and _remembered(memory) == program:
        return
    answer = run_git(folder, ["version"], b"", allowed_variables(environment))
    text = answer.text[:_SHOWN_CHARACTERS]
    match = re.match(r"git version ([0-9]+)[.]([0-9]+)(\S*)", text)
    if match is None:
        raise GitError(f"git does not tell its version: {text!r}", hint="git --version")
    if (int(match[1]), int(match[2])) < _OLDEST:
        version = f"{match[1]}.{match[2]}{match[3]}"
        wanted = ".".join(map(str, _OLDEST))
        raise GitError(f"git {version} is too old", hint=f"install git {wanted} or newer")
    if program and memory:
        _remember(memory, program)


def _program() -> str:
    """The file of git, and what changes when another one is installed there; empty where it is not found."""
    for folder in os.get_exec_path():
        path = f"{folder or '.'}/git"
        with suppress(OSError):
            status = os.stat(path)  # noqa: PTH116 - importing nothing, on the way of every run
            if stat.S_ISREG(status.st_mode) and os.access(path, os.X_OK):
                return f"{path} {status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
    return ""


def _memory_file(environment: Mapping[str, str]) -> Path | None:
    home = environment.get("HOME", "")
    state = environment.get("XDG_STATE_HOME") or (home and f"{home}/.local/state")
    # a relative path would lie in whatever folder is current
    return Path(state) / "fleetward" / "git-version" if state.startswith("/") else None


def _remembered(memory: Path) -> str:
    try:
        with memory.open("rb") as file:
            return os.fsdecode(file.read(_FILE_BYTES))
    except OSError:
        return ""


def _remember(memory: Path, program: str) -> None:
    with suppress(OSError):
        memory.parent.parent.mkdir(parents=True, exist_ok=True)
        memory.parent.mkdir(mode=0o700, exist_ok=True)
        write_file(memory, os.fsencode(program), mode=0o600)
