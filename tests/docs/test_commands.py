"""Every command of the documentation is run, on the fleet that its page starts from."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fleetward.cli.app import VERBS
from tests.docs.pages import Page, Step, page
from tests.end_to_end.repositories import clean_environment
from tests.paths import CHECKOUT, EXAMPLE_FLEET

PAGES = sorted([CHECKOUT / "README.md", *(CHECKOUT / "docs").rglob("*.md")])
HOW_TO = [path for path in PAGES if "reference" not in path.parts and "```sh\n" in path.read_text("utf-8")]
FLEET = Path(sys.executable).with_name("fleet")
RESULTS = """\
import json, subprocess, pathlib
command = ["fleet", "release", "delivery-desk"]
release = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
provider = {"id": "anthropic:messages:claude-sonnet-4-6"}
rows = [{"success": True, "score": 1, "failureReason": 0, "provider": provider,
         "testCase": {"description": text}} for text in ("where is it", "another day")]
results = {"version": 3, "timestamp": "2026-11-18T11:30:00.000Z", "results": rows,
           "stats": {"successes": 2, "failures": 0, "errors": 0}}
answers = {"results": results, "config": {"tags": {"fleet.release": release}}}
pathlib.Path("../answers.json").write_text(json.dumps(answers))
pathlib.Path("../rescheduling.xml").write_text(
    "<testsuites><testsuite name='rescheduling' tests='1' failures='0' errors='0' skipped='0'"
    " timestamp='2026-11-18T11:40:00+00:00'><properties>"
    f"<property name='fleet.release' value='{release}'/></properties>"
    "<testcase classname='rescheduling' name='moves' time='1.2'/></testsuite></testsuites>")
"""


class Shell:
    """Runs the blocks of one page; ``fleet`` there is the installed command at the clock of the step."""

    def __init__(self, folder: Path, start: str) -> None:
        """A folder of its own; *start* is ``example`` for the adopted example fleet, ``none`` for an empty one."""
        self.home = folder / "home"
        self.place = folder / "work"
        self.results = folder / "results.py"
        programs = folder / "bin"
        for path in (self.home, self.place, programs):
            path.mkdir()
        self.results.write_text(RESULTS)
        wrapper = programs / "fleet"
        wrapper.write_text(f'#!/bin/sh\nexec {shlex.quote(str(FLEET))} "$@"\n')
        wrapper.chmod(0o755)
        self.path = f"{programs}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        if start == "example":
            shutil.copytree(EXAMPLE_FLEET, self.place, dirs_exist_ok=True)
            setup = (
                "git init -q -b main\ngit add -A\ngit commit -q -m 'the fleet as it is'\n"
                "fleet adopt --to production --apply -q\n"
            )
            self.run(Step(script=setup, line=0, instant="2026-11-16T08:00:00Z"))

    def run(self, step: Step) -> None:
        """Run the hidden part and the block; the last command has to end as the page says."""
        if step.before == "demo-results":
            self._shell(step, f"{shlex.quote(sys.executable)} {shlex.quote(str(self.results))}\n", 0)
        elif step.before.startswith("approve "):
            self._approve(step, step.before.removeprefix("approve "))
        elif step.before:
            self._shell(step, f"{step.before}\n", 0)
        self._shell(step, step.script, step.exit_code)

    def _approve(self, step: Step, person: str) -> None:
        command = (
            "fleet approve delivery-desk --to production\ngit add approvals\ngit commit -q -m approved\n"
        )
        self._shell(Step(script=command, line=step.line, person=person, instant=step.instant), command, 0)

    def _shell(self, step: Step, script: str, exit_code: int) -> None:
        address = f"{step.person}@brightwater.example"
        identity = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in (("NAME", step.person), ("EMAIL", address), ("DATE", step.instant))
        }
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", f"{script}pwd > {shlex.quote(str(self.home / 'pwd'))}\n"],
            cwd=self._folder() / step.folder,
            env=clean_environment(self.home, **identity, PATH=self.path, FLEETWARD_TEST_CLOCK=step.instant),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == exit_code, f"line {step.line}: {script}\n{done.stdout}\n{done.stderr}"

    def _folder(self) -> Path:
        kept = self.home / "pwd"
        inside = Path(kept.read_text().strip()) if kept.exists() else self.place
        return inside if inside.is_dir() else self.place


@pytest.mark.parametrize("path", HOW_TO, ids=lambda path: path.name)
def test_the_commands_of_a_page_do_what_it_says(path: Path, tmp_path: Path) -> None:
    steps: Page = page(path.read_text(encoding="utf-8"))
    shell = Shell(tmp_path, steps.fleet)

    for step in steps.steps:
        shell.run(step)

    assert steps.steps


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_command_that_is_shown_exists(path: Path) -> None:
    verbs = set(VERBS)
    shown = re.findall(r"^(?:\$ )?fleet ([a-z]+(?: [a-z]+)?)", path.read_text(encoding="utf-8"), re.MULTILINE)

    unknown = [words for words in shown if words not in verbs and words.split()[0] not in verbs]

    assert unknown == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))

    missing = [target for target in targets if not (path.parent / target).exists()]

    assert missing == []


def test_an_ordinary_promotion_costs_what_the_page_says(tmp_path: Path) -> None:
    counting = runpy.run_path(str(CHECKOUT / "docs/how-to/count_steps.py"))
    text = counting["section"](counting["PAGE"].read_text(encoding="utf-8"), counting["SECTION"])
    commands = counting["steps"](text)
    shell = Shell(tmp_path, "example")

    first, *remaining = page(text).steps
    shell.run(replace(first, script="git rev-parse HEAD > ../before\n"))
    for step in (replace(first, before=""), *remaining):
        shell.run(step)

    begin = (tmp_path / "before").read_text().strip()
    made = subprocess.run(
        ["git", "-C", str(tmp_path / "remote.git"), "rev-list", "--count", f"{begin}..main"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (len(commands), counting["commits"](commands), int(made.stdout)) == (9, 3, 3)
