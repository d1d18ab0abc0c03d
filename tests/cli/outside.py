"""The installed command and git, run as a person would: own home, own name, nothing of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
class Desk:
    """Somebody at a terminal: a home with a name in it, and a folder to work in."""

    home: Path
    here: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "FLEET"))}
        return {
            **kept,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "PRE_COMMIT_HOME": str(self.home / "pre-commit"),
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, *command: str, at: str = ".", given: str = "", **more: Any) -> Ran:
        environment = {**self.environment, **more.pop("extra", {})}
        done = subprocess.run(
            command,
            cwd=self.here / at,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **more,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def fleet(self, *arguments: str, at: str = ".", now: str = NOW, **more: Any) -> Ran:
        found = self.run("fleet", arguments[0], "--now", now, *arguments[1:], at=at, **more)
        assert "Traceback" not in found.err, found.err
        return found

    def git(self, *arguments: str, at: str = ".") -> str:
        found = self.run("git", *arguments, at=at)
        assert found.code == 0, found.err
        return found.out

    def commit(self, message: str, at: str = ".") -> None:
        self.git("add", "-A", at=at)
        self.git("commit", "-qm", message, at=at)

    def write(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            place = self.here / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")

    def everything(self) -> dict[str, bytes]:
        """Every file here, git's own aside, by path."""
        found = (path for path in sorted(self.here.rglob("*")) if ".git" not in path.parts)
        return {
            path.relative_to(self.here).as_posix(): path.read_bytes() if path.is_file() else b""
            for path in found
        }


def desk(folder: Path, name: str = "Zoe Winter", email: str = "zoe@acme.example") -> Desk:
    """A home with this identity (none where the name is empty), and an empty folder."""
    home, here = folder / f"home-{email.partition('@')[0]}", folder / "work"
    home.mkdir()
    here.mkdir(exist_ok=True)
    told = f'[user]\n\tname = "{name}"\n\temail = {email}\n' if name else ""
    (home / ".gitconfig").write_text(f"{told}[init]\n\tdefaultBranch = main\n", encoding="utf-8")
    return Desk(home, here)
