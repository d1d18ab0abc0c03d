"""The temporary repository of ``fleet demo``: the example fleet, and commands run in it as its people."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from fleetward.domain.errors import ExitCode, FleetError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.workflows.context import TEST_CLOCK, RunContext

START = "2026-11-17T08:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOutput:
    """What a command printed."""

    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRepository:
    """A repository with the example fleet, where every command runs as one person at one time."""

    folder: Path
    environment: Mapping[str, str]

    def fleet(self, arguments: str, *, at: str, person: str, code: ExitCode, colored: bool) -> CommandOutput:
        """
        Run ``fleet`` with *arguments*.

        Errors: FleetError where its exit code is not *code*.
        """
        words = [*shlex.split(arguments), "--color", "always" if colored else "never"]
        process = self._run([sys.executable, "-m", "fleetward", *words], at, person)
        if process.returncode != code:
            command = f"fleet {arguments}"
            raise FleetError(
                f"the demonstration failed: {command!r} ended with {process.returncode}, not {int(code)}"
            )
        # the page names the time of every command
        lines = process.stderr.splitlines(keepends=True)
        return CommandOutput(
            out=process.stdout, err="".join(line for line in lines if not line.startswith("test clock: "))
        )

    def shell(self, command: str, *, at: str, person: str) -> CommandOutput:
        """
        Run a shell command.

        Errors: FleetError where it fails.
        """
        process = self._run(["sh", "-c", command], at, person)
        if process.returncode != 0:
            raise FleetError(f"the demonstration failed: {command!r}: {process.stderr.strip()}")
        return CommandOutput(out=process.stdout, err=process.stderr)

    def edit(self, path: str, old: str, new: str) -> None:
        """
        Replace the first *old* in a file.

        Errors: FleetError where the file does not contain it.
        """
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        if old not in text:
            raise FleetError(f"the demonstration failed: no {old!r} in {path}")
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def write_results(self, name: str, text: str) -> None:
        """Write the results of an evaluation tool beside the repository."""
        (self.folder.parent / name).write_text(text, encoding="utf-8")

    def commit(self, message: str, *, at: str, person: str) -> None:
        """Commit everything."""
        self._git("add", "-A", at=at, person=person)
        self._git("commit", "--quiet", "-m", message, at=at, person=person)

    def _git(self, *arguments: str, at: str, person: str) -> None:
        process = self._run(["git", *arguments], at, person)
        if process.returncode != 0:
            raise FleetError(f"git {arguments[0]} failed: {process.stderr.strip()}")

    def _run(self, command: Sequence[str], at: str, person: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                command,
                cwd=self.folder,
                env=_process_environment(self.environment, at, person),
                capture_output=True,
                text=True,
                encoding="utf-8",
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except FileNotFoundError as error:
            raise FleetError(f"{command[0]} is not installed", hint=f"install {command[0]}") from error


@contextmanager
def demo_repository(run: RunContext, keep: str | None) -> Iterator[DemoRepository]:
    """
    The example fleet as a repository with one commit: in the folder *keep*, or in a temporary one.

    Errors: UsageError where *keep* is not empty.
    """
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="fleet-demo-") as parent:
            yield _created(Path(parent), run)
        return
    parent_folder = run.path(keep)
    if parent_folder.exists() and any(parent_folder.iterdir()):
        raise UsageError(f"{keep!r} is not empty", hint="name a folder that does not exist yet")
    parent_folder.mkdir(parents=True, exist_ok=True)
    yield _created(parent_folder.resolve(), run)


def _created(parent: Path, run: RunContext) -> DemoRepository:
    folder = parent / "agents"
    with as_file(_example_fleet()) as source:
        shutil.copytree(source, folder)
    repository = DemoRepository(folder=folder, environment=run.environment)
    repository._git("init", "--quiet", "--initial-branch", "main", at=START, person="greta")
    repository.commit("the fleet as it is", at=START, person="greta")
    return repository


def _example_fleet() -> Any:
    """The bundled example: in the wheel, else in the checkout of an editable install."""
    packaged = files("fleetward") / "example-fleet"
    return packaged if packaged.is_dir() else Path(__file__).parents[4] / "example-fleet"


def _process_environment(environment: Mapping[str, str], at: str, person: str) -> dict[str, str]:
    """
    The caller's environment with the identity of *person* and the test clock at *at*, without git configuration.

    CI is left out: no pipeline reads this repository, and fleet takes no test clock in one.
    """
    inherited = {
        name: value for name, value in environment.items() if not name.startswith("GIT_") and name != "CI"
    }
    identity = {}
    for role in ("AUTHOR", "COMMITTER"):
        identity[f"GIT_{role}_NAME"] = person
        identity[f"GIT_{role}_EMAIL"] = f"{person}@brightwater.example"
        identity[f"GIT_{role}_DATE"] = at
    no_configuration = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {**inherited, **identity, **no_configuration, "PYTHONUTF8": "1", TEST_CLOCK: at}


def promptfoo_results(release: str) -> str:
    """The fields of ``promptfoo eval -o answers.json`` that evidence needs."""
    questions = ("where is it", "another day", "a neighbour's code", "ignore your rules")
    rows = [
        {
            "success": True,
            "score": 1,
            "failureReason": 0,
            "provider": {"id": "anthropic:messages:claude-sonnet-4-6"},
            "testCase": {"description": text},
            "gradingResult": {"pass": True, "score": 1, "reason": "All assertions passed"},
        }
        for text in questions
    ]
    stats = {"successes": len(rows), "failures": 0, "errors": 0}
    results = {"version": 3, "timestamp": "2026-11-18T11:30:00.000Z", "results": rows, "stats": stats}
    return json.dumps({"results": results, "config": {"tags": {"fleet.release": release}}})


def junit_results(release: str) -> str:
    """The file of a test program with ``--junit-xml``."""
    names = (
        "moves_to_the_chosen_day",
        "asks_before_moving",
        "survives_a_double_click",
        "cancels_after_review",
    )
    cases = "".join(f"<testcase classname='rescheduling' name={name!r} time='1.2'/>" for name in names)
    tag = f"<properties><property name='fleet.release' value={release!r}/></properties>"
    head = f"<testsuite name='rescheduling' tests='{len(names)}' failures='0' errors='0' skipped='0'"
    return f"<testsuites>{head} timestamp='2026-11-18T11:40:00+00:00'>{tag}{cases}</testsuite></testsuites>"
