"""The command and git, run as a person would: own home, own name, nothing of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forked import at_clock, forked_fleet

NOW = "2026-11-20T12:00:00Z"
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Terminal:
    """Somebody at a terminal: a home with a name in it, and a folder to work in."""

    home: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "FLEET"))
        }
        return {
            **inherited,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "PRE_COMMIT_HOME": str(self.home / "pre-commit"),
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        }

    def run(
        self, *command: str, at: str = ".", stdin: str = "", now: str | None = None, **options: Any
    ) -> Ran:
        environment = {**self.environment, **options.pop("extra", {})}
        if command[0] == "fleet" and not stdin and not options:
            code, out, err = forked_fleet(command[1:], self.folder / at, environment, now)
            return Ran(code, out.decode(), err.decode())
        done = subprocess.run(
            command,
            cwd=self.folder / at,
            env=at_clock(environment, now),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **options,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def fleet(self, *arguments: str, at: str = ".", now: str = NOW, **options: Any) -> Ran:
        ran = self.run("fleet", *arguments, at=at, now=now, **options)
        assert "Traceback" not in ran.err, ran.err
        return ran

    def git(self, *arguments: str, at: str = ".") -> str:
        # dated as the commands are: an entry older than the commit it was decided at is back-dated
        dates = {"GIT_AUTHOR_DATE": NOW, "GIT_COMMITTER_DATE": NOW}
        ran = self.run("git", *arguments, at=at, extra=dates)
        assert ran.code == 0, ran.err
        return ran.out

    def commit(self, message: str, at: str = ".") -> None:
        self.git("add", "-A", at=at)
        self.git("commit", "-qm", message, at=at)

    def write(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")

    def contents(self) -> dict[str, bytes]:
        """Every file here, git's own aside, by path."""
        paths = (path for path in sorted(self.folder.rglob("*")) if ".git" not in path.parts)
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes() if path.is_file() else b""
            for path in paths
        }


def terminal(folder: Path, name: str = "Zoe Winter", email: str = "zoe@acme.example") -> Terminal:
    """A home with this identity (none where the name is empty), and an empty folder."""
    home, work = folder / f"home-{email.partition('@')[0]}", folder / "work"
    home.mkdir()
    work.mkdir(exist_ok=True)
    identity = f'[user]\n\tname = "{name}"\n\temail = {email}\n' if name else ""
    (home / ".gitconfig").write_text(f"{identity}[init]\n\tdefaultBranch = main\n", encoding="utf-8")
    return Terminal(home, work)
