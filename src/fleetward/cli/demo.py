"""``fleet demo``: one change goes all the way, in a throw-away repository, with the real commands."""

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
from typing import IO, Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain.errors import ExitCode, FleetError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.report.page import Line, line, span

AGENT = "delivery-desk"
MANIFEST = f"environments/staging/{AGENT}/agent.yaml"
PROMPT = f"environments/staging/{AGENT}/prompts/system.md"
START, MORNING, NOON, NEXT_DAY = (
    "2026-11-17T08:00:00Z",
    "2026-11-18T09:00:00Z",
    "2026-11-18T12:00:00Z",
    "2026-11-19T13:00:00Z",
)
CHECK = (
    f"(cd environments/production/{AGENT} && find . -type f ! -name overrides.yaml | sed 's|^[.]/||' "
    "| LC_ALL=C sort | xargs sha256sum | sha256sum)"
)


def demo(
    session: Session,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="DIR", help="Leave the repository in DIR, to look around.")
    ] = None,
) -> ExitCode:
    """Watch one change of one agent travel from a work tree to production. Leaves nothing behind."""
    with _folder(session, keep) as folder:
        run = _DemoRun(session=session, folder=folder, stream=sys.stdout)
        run.create()
        _first_look(run)
        _mistake(run)
        _change(run)
        _evidence(run)
        _approvals(run)
        _production(run)
        if keep is not None:
            run.paragraph(f"The repository is yours to look around in: {folder}")
    return ExitCode.SUCCESS


def _first_look(run: _DemoRun) -> None:
    run.title("1. A fleet is a folder in git")
    run.paragraph(
        "Brightwater Parcels keeps one folder per agent and environment. Staging may be edited; production "
        "is written by 'fleet promote --apply' alone. First the ledger begins, with what runs today."
    )
    run.shell("ls environments/staging")
    run.fleet("validate", at=START)
    run.fleet("adopt --to production --apply", at=START, who="ci")


def _mistake(run: _DemoRun) -> None:
    run.title("2. A mistake is found at its line")
    run.paragraph(
        "Lena of customer care lets the delivery desk cancel a slot, and takes the newest model while she "
        "is there. 'fleet validate' runs in pre-commit, so this never becomes a commit:"
    )
    run.edit(
        MANIFEST, "allow: [slot.read, slot.move, parcel.return]", "allow: [slot.read, slot.move, slot.cancel]"
    )
    run.edit(MANIFEST, "name: claude-sonnet-4-6", "name: claude-sonnet-latest")
    run.edit(MANIFEST, "backup: tomas", "bakcup: tomas")
    run.edit(MANIFEST, "required: [booking.parcel.return]", "required: [booking.slot.cancel]")
    run.fleet("validate", at=MORNING, code=ExitCode.DENIED)
    run.paragraph("The spelling first; then the rules speak, which need a manifest that can be read:")
    run.edit(MANIFEST, "bakcup: tomas", "backup: tomas")
    run.fleet("validate", at=MORNING, code=ExitCode.DENIED)


def _change(run: _DemoRun) -> None:
    run.title("3. A reviewer reads what a change means")
    run.paragraph(
        "She goes back to the pinned model, keeps what the desk could do before, and lets it offer more days. "
        "The pull request shows meaning instead of lines: what got looser, and what that will require."
    )
    run.edit(MANIFEST, "name: claude-sonnet-latest", "name: claude-sonnet-4-6")
    run.edit(MANIFEST, "slot.move, slot.cancel]", "slot.move, slot.cancel, parcel.return]")
    run.edit(
        MANIFEST, "required: [booking.slot.cancel]", "required: [booking.parcel.return, booking.slot.cancel]"
    )
    run.edit(PROMPT, "up to 3 other days", "up to 5 other days")
    run.fleet("validate", at=MORNING)
    run.fleet("diff --worktree", at=MORNING)
    run.commit("delivery-desk: cancel slots, offer five days", at=MORNING, who="lena")


def _evidence(run: _DemoRun) -> None:
    run.title("4. The gate says what is missing, and who could give it")
    run.fleet(f"promote {AGENT} --to production", at=MORNING, code=ExitCode.DENIED)
    run.paragraph(
        "The evaluations first. CI asks for the digest of the release, tags the runs with it, and files what "
        "the tools wrote. A run of another release would be refused."
    )
    release = run.fleet(f"release {AGENT}", at=NOON).strip()
    run.write("answers.json", _promptfoo(release))
    run.write("rescheduling.xml", _junit(release))
    run.fleet(f"evidence add {AGENT} --suite answers ../answers.json", at=NOON, who="ci")
    run.fleet(f"evidence add {AGENT} --suite rescheduling ../rescheduling.xml", at=NOON, who="ci")
    run.commit("evidence for delivery-desk", at=NOON, who="ci")


def _approvals(run: _DemoRun) -> None:
    run.title("5. The right people approve exactly this content")
    run.paragraph(
        "Lena approves her own change. It could never count, because she is its author: nothing is written."
    )
    run.fleet(f"approve {AGENT} --to production", at=NOON, who="lena", code=ExitCode.DENIED, start="approved")
    for who, role in (("tomas", "owner"), ("greta", "platform"), ("viktor", "security")):
        run.paragraph(f"{who.title()} ({role}) reads the change and approves it.")
        run.fleet(f"approve {AGENT} --to production", at=NOON, who=who, start="approved")
        run.commit(f"{who} approves", at=NOON, who=who)
    run.paragraph("Everybody has spoken. One thing only time can give: a day in staging.")
    run.fleet(f"promote {AGENT} --to production", at=NOON, code=ExitCode.DENIED)


def _production(run: _DemoRun) -> None:
    run.title("6. Production is written in one commit, with its ledger line")
    run.fleet(f"promote {AGENT} --to production --apply", at=NEXT_DAY, who="ci")
    run.paragraph(
        "What was approved is what runs, byte for byte, and anybody can check it with tools that are not ours:"
    )
    run.shell(f"diff -r environments/staging/{AGENT} environments/production/{AGENT} && echo no difference")
    if shutil.which("sha256sum"):
        run.shell(CHECK)
        run.paragraph(
            "That is the digest that was approved. The ledger's second line carries the digest of its first:"
        )
        run.shell("head -n 1 ledger/production.jsonl | tr -d '\\n' | sha256sum")
    run.shell("tail -n 1 ledger/production.jsonl | cut -c 1-96")
    run.shell("git log --oneline -n 8")
    run.paragraph("The same command again finds nothing to do:")
    run.fleet(f"promote {AGENT} --to production --apply", at=NEXT_DAY, who="ci")
    run.paragraph("That was the road. To walk it with your own agents:")
    run.show(line(span("fleet init my-fleet --yes", "code")))


@dataclass(frozen=True, slots=True, kw_only=True)
class _DemoRun:
    """The throw-away repository, and how to act and speak in it."""

    session: Session
    folder: Path
    stream: IO[str]

    def create(self) -> None:
        """Lay the example fleet down as a repository with one commit."""
        with as_file(_example()) as source:
            shutil.copytree(source, self.folder, dirs_exist_ok=True)
        self._git("init", "--quiet", "--initial-branch", "main")
        self.commit("the fleet as it is", at=START, who="greta", aloud=False)

    def title(self, text: str) -> None:
        self.show(line())
        self.show(line(span(text, "strong")))

    def paragraph(self, text: str) -> None:
        from textwrap import wrap

        self.show(line())
        for part in wrap(text, 88):
            self.show(line(part))

    def show(self, *lines: Line) -> None:
        self.session.output.print_page(lines, self.stream)

    def fleet(
        self,
        arguments: str,
        *,
        at: str,
        who: str = "lena",
        code: ExitCode = ExitCode.SUCCESS,
        start: str = "",
    ) -> str:
        """Run one fleet command as somebody at some time; its words are shown from *start* on."""
        command_line = f"fleet {arguments} --now {at}"
        self.show(line(), line(span("$ ", "dim"), span(command_line, "code"), span(f"   # {who}", "dim")))
        color = "always" if self._colored else "never"
        command = [sys.executable, "-m", "fleetward", *shlex.split(arguments), "--now", at, "--color", color]
        done = self._process(command, at, who)
        lines = done.stdout.splitlines()
        first = next((number for number, text in enumerate(lines) if start in text), 0)
        self.stream.write("".join(f"  {text}\n" for text in lines[first:]))
        self.stream.write("".join(f"  {text}\n" for text in done.stderr.splitlines()))
        self.stream.flush()
        if done.returncode != code:
            raise FleetError(
                f"the demonstration went wrong: {command_line!r} ended with {done.returncode}, not {int(code)}"
            )
        if code is not ExitCode.SUCCESS:
            self.show(line(span(f"  exit code {int(code)}", "dim")))
        return done.stdout

    def shell(self, command: str) -> None:
        """Run a shell command of everyday, and show it."""
        self.show(line(), line(span("$ ", "dim"), span(command, "code")))
        done = self._process(["sh", "-c", command], NEXT_DAY, "ci")
        self.stream.write("".join(f"  {text}\n" for text in done.stdout.splitlines()))
        self.stream.flush()
        if done.returncode != 0:
            raise FleetError(f"the demonstration went wrong: {command!r}: {done.stderr.strip()}")

    def edit(self, path: str, old: str, new: str) -> None:
        """Change one line, and show it as an editor's user would see it."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        if old not in text:
            raise FleetError(f"the demonstration went wrong: no {old!r} in {path}")
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        self.show(
            line(
                span(f"  {path.rpartition('/')[2]}: ", "dim"),
                span(old, "removed"),
                " -> ",
                span(new, "added"),
            )
        )

    def write(self, name: str, text: str) -> None:
        """What an evaluation tool would have written, outside the repository."""
        (self.folder.parent / name).write_text(text, encoding="utf-8")

    def commit(self, message: str, *, at: str, who: str, aloud: bool = True) -> None:
        """Everything as one commit of somebody."""
        if aloud:
            command = f"git add -A && git commit -m {shlex.quote(message)}"
            self.show(line(), line(span("$ ", "dim"), span(command, "code"), span(f"   # {who}", "dim")))
        self._git("add", "-A", at=at, who=who)
        self._git("commit", "--quiet", "-m", message, at=at, who=who)

    def _git(self, *arguments: str, at: str = START, who: str = "greta") -> None:
        done = self._process(["git", *arguments], at, who)
        if done.returncode != 0:
            raise FleetError(f"git {arguments[0]} failed: {done.stderr.strip()}")

    def _process(self, command: Sequence[str], at: str, who: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                command,
                cwd=self.folder,
                env=_environment(self.session.run.environment, at, who),
                capture_output=True,
                text=True,
                encoding="utf-8",
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except FileNotFoundError as error:
            raise FleetError(f"{command[0]} is not installed", hint=f"install {command[0]}") from error

    @property
    def _colored(self) -> bool:
        return self.session.output.colored(self.stream)


def _environment(environment: Mapping[str, str], at: str, who: str) -> dict[str, str]:
    """The caller's environment with somebody's name in it, and nobody's git configuration."""
    inherited = {name: value for name, value in environment.items() if not name.startswith("GIT_")}
    identity = {}
    for role in ("AUTHOR", "COMMITTER"):
        identity[f"GIT_{role}_NAME"] = who
        identity[f"GIT_{role}_EMAIL"] = f"{who}@brightwater.example"
        identity[f"GIT_{role}_DATE"] = at
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {**inherited, **identity, **quiet, "PYTHONUTF8": "1"}


@contextmanager
def _folder(session: Session, keep: str | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="fleet-demo-") as above:
            yield _repository_folder(Path(above))
        return
    place = session.run.path(keep)
    if place.exists() and any(place.iterdir()):
        raise UsageError(f"{keep!r} is not empty", hint="name a folder that does not exist yet")
    place.mkdir(parents=True, exist_ok=True)
    yield _repository_folder(place.resolve())


def _repository_folder(above: Path) -> Path:
    """The repository; what evaluation tools write lies beside it."""
    folder = above / "agents"
    folder.mkdir()
    return folder


def _example() -> Any:
    """The bundled example: in the wheel, else in the checkout of an editable install."""
    packaged = files("fleetward") / "example-fleet"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "example-fleet"


def _promptfoo(release: str) -> str:
    """What ``promptfoo eval -o answers.json`` writes, as far as evidence needs it."""
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


def _junit(release: str) -> str:
    """What a test program writes with ``--junit-xml``."""
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


VERB = Verb(run=demo, formats=in_formats("text"))
