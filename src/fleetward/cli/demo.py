"""``fleet demo``: one change from the work tree to production, in a temporary repository, with the real commands."""

from __future__ import annotations

import shlex
import shutil
import sys
from typing import IO, Annotated

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.domain.fast_dataclass import dataclass
from fleetward.report.page import Line, Page, line, span
from fleetward.workflows.context import TEST_CLOCK
from fleetward.workflows.setup.demo_repository import (
    START,
    CommandOutput,
    DemoRepository,
    demo_repository,
    junit_results,
    promptfoo_results,
)

AGENT = "delivery-desk"
MANIFEST = f"environments/staging/{AGENT}/agent.yaml"
PROMPT = f"environments/staging/{AGENT}/prompts/system.md"
MORNING, NOON, NEXT_DAY = "2026-11-18T09:00:00Z", "2026-11-18T12:00:00Z", "2026-11-19T13:00:00Z"
DIGEST_COMMAND = (
    f"(cd environments/production/{AGENT} && find . -type f ! -name overrides.yaml | sed 's|^[.]/||' "
    "| LC_ALL=C sort | xargs sha256sum | sha256sum)"
)


def demo(
    session: Session,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="DIR", help="Keep the repository in DIR.")
    ] = None,
) -> ExitCode:
    """Run a demonstration: one change of one agent goes from the work tree to production. Leaves nothing behind."""
    with demo_repository(session.run, keep) as repository:
        tour = _Tour(session=session, repository=repository, stream=sys.stdout)
        _folder_in_git(tour)
        _mistake(tour)
        _change(tour)
        _evidence(tour)
        _approvals(tour)
        _production(tour)
        session.report(VERB.formats, None)
        if keep is not None:
            tour.paragraph(
                f"The repository is in {repository.folder}. Its ledger was written under the test clock: "
                f"set {TEST_CLOCK}={NEXT_DAY} to go on there."
            )
    return ExitCode.SUCCESS


def _folder_in_git(tour: _Tour) -> None:
    tour.title("1. A fleet is a folder in git")
    tour.paragraph(
        "Brightwater Parcels keeps one folder per agent and environment. People edit staging. Only 'fleet "
        "promote --apply' writes production. First the ledger starts, with the agents that run today. Every command "
        "says who types it and when. The test clock sets these times, and what is written says so."
    )
    tour.shell("ls environments/staging")
    tour.fleet("validate", at=START)
    tour.fleet("adopt --to production --apply", at=START, person="ci")


def _mistake(tour: _Tour) -> None:
    tour.title("2. A mistake is found at its line")
    tour.paragraph(
        "Lena of customer care lets the delivery desk cancel a slot, and changes to the newest model, too. "
        "'fleet validate' runs in pre-commit, so her mistakes never become a commit:"
    )
    tour.edit(
        MANIFEST, "allow: [slot.read, slot.move, parcel.return]", "allow: [slot.read, slot.move, slot.cancel]"
    )
    tour.edit(MANIFEST, "name: claude-sonnet-4-6", "name: claude-sonnet-latest")
    tour.edit(MANIFEST, "backup: tomas", "bakcup: tomas")
    tour.edit(MANIFEST, "required: [booking.parcel.return]", "required: [booking.slot.cancel]")
    tour.fleet("validate", at=MORNING, code=ExitCode.DENIED)
    tour.paragraph("She corrects the spelling first. Now the manifest can be read, and the rules run:")
    tour.edit(MANIFEST, "bakcup: tomas", "backup: tomas")
    tour.fleet("validate", at=MORNING, code=ExitCode.DENIED)


def _change(tour: _Tour) -> None:
    tour.title("3. A reviewer reads what a change means")
    tour.paragraph(
        "She goes back to the pinned model, restores the earlier tools, and lets the desk offer more days. "
        "The pull request shows meaning instead of lines: what became looser, and what that will require."
    )
    tour.edit(MANIFEST, "name: claude-sonnet-latest", "name: claude-sonnet-4-6")
    tour.edit(MANIFEST, "slot.move, slot.cancel]", "slot.move, slot.cancel, parcel.return]")
    tour.edit(
        MANIFEST, "required: [booking.slot.cancel]", "required: [booking.parcel.return, booking.slot.cancel]"
    )
    tour.edit(PROMPT, "up to 3 other days", "up to 5 other days")
    tour.fleet("validate", at=MORNING)
    tour.fleet("diff --worktree", at=MORNING)
    tour.commit("delivery-desk: cancel slots, offer five days", at=MORNING, person="lena")


def _evidence(tour: _Tour) -> None:
    tour.title("4. The gate says what is missing, and who can provide it")
    tour.fleet(f"promote {AGENT} --to production", at=MORNING, code=ExitCode.DENIED)
    tour.paragraph(
        "The evaluations come first. CI asks for the digest of the release, tags the runs with it, and records "
        "their results. A run of another release would be refused."
    )
    release = tour.fleet(f"release {AGENT}", at=NOON).strip()
    tour.repository.write_results("answers.json", promptfoo_results(release))
    tour.repository.write_results("rescheduling.xml", junit_results(release))
    tour.fleet(f"evidence add {AGENT} --suite answers ../answers.json --commit", at=NOON, person="ci")
    tour.fleet(
        f"evidence add {AGENT} --suite rescheduling ../rescheduling.xml --commit", at=NOON, person="ci"
    )


def _approvals(tour: _Tour) -> None:
    tour.title("5. The right people approve exactly this content")
    tour.paragraph(
        "Lena tries to approve her own change. It could never count, because she is its author, so nothing is "
        "written."
    )
    approve = f"approve {AGENT} --to production"
    tour.fleet(approve, at=NOON, code=ExitCode.DENIED, start="approved")
    for person, role in (("tomas", "owner"), ("greta", "platform"), ("viktor", "security")):
        tour.paragraph(f"{person.title()} ({role}) reads the change and approves it.")
        tour.fleet(f"{approve} --commit", at=NOON, person=person, start="approved")
    tour.paragraph("All approvals are there. Only a day in staging is missing.")
    tour.fleet(f"promote {AGENT} --to production", at=NOON, code=ExitCode.DENIED)


def _production(tour: _Tour) -> None:
    tour.title("6. Production is written in one commit, with its ledger line")
    tour.fleet(f"promote {AGENT} --to production --apply", at=NEXT_DAY, person="ci")
    tour.paragraph(
        "Production holds exactly the approved content, byte for byte. Anybody can check that without fleetward:"
    )
    tour.shell(f"diff -r environments/staging/{AGENT} environments/production/{AGENT} && echo no difference")
    if shutil.which("sha256sum"):
        tour.shell(DIGEST_COMMAND)
        tour.paragraph(
            "It begins with the digits that were approved. The ledger's second line contains the digest of its first:"
        )
        tour.shell("head -n 1 ledger/production.jsonl | tr -d '\\n' | sha256sum")
    tour.shell("tail -n 1 ledger/production.jsonl | cut -c 1-96")
    tour.shell("git log --oneline -n 9")
    tour.paragraph("The same command again finds nothing to do:")
    tour.fleet(f"promote {AGENT} --to production --apply", at=NEXT_DAY, person="ci")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tour:
    """Runs each step in the repository, and prints it."""

    session: Session
    repository: DemoRepository
    stream: IO[str]

    def title(self, text: str) -> None:
        self.print_lines(line(), line(span(text, "strong")))

    def paragraph(self, text: str) -> None:
        from textwrap import wrap

        self.print_lines(line(), *(line(part) for part in wrap(text, 88)))

    def print_lines(self, *lines: Line) -> None:
        self.session.output.print_page(lines, self.stream)

    def fleet(
        self,
        arguments: str,
        *,
        at: str,
        person: str = "lena",
        code: ExitCode = ExitCode.SUCCESS,
        start: str = "",
    ) -> str:
        """Run one fleet command; its output is printed from the line with *start* on, and returned whole."""
        self._print_command(f"fleet {arguments}", f"{person}, {at}")
        colored = self.session.output.colored(self.stream)
        output = self.repository.fleet(arguments, at=at, person=person, code=code, colored=colored)
        self._print_output(output, start)
        if code is not ExitCode.SUCCESS:
            self.print_lines(line(span(f"  exit code {int(code)}", "dim")))
        return output.out

    def shell(self, command: str) -> None:
        """Run a shell command and print its output."""
        self._print_command(command)
        self._print_output(self.repository.shell(command, at=NEXT_DAY, person="ci"))

    def edit(self, path: str, old: str, new: str) -> None:
        """Change one line of a file and print the change."""
        self.repository.edit(path, old, new)
        name = span(f"  {path.rpartition('/')[2]}: ", "dim")
        self.print_lines(line(name, span(old, "removed"), " -> ", span(new, "added")))

    def commit(self, message: str, *, at: str, person: str) -> None:
        """Commit everything."""
        self._print_command(f"git add -A && git commit -m {shlex.quote(message)}", person)
        self.repository.commit(message, at=at, person=person)

    def _print_command(self, command: str, person: str = "") -> None:
        comment = (span(f"   # {person}", "dim"),) if person else ()
        self.print_lines(line(), line(span("$ ", "dim"), span(command, "code"), *comment))

    def _print_output(self, output: CommandOutput, start: str = "") -> None:
        lines = output.out.splitlines()
        first = next((number for number, text in enumerate(lines) if start in text), 0)
        self.stream.write("".join(f"  {text}\n" for text in [*lines[first:], *output.err.splitlines()]))
        self.stream.flush()


def _text(_result: None, _session: Session) -> Page:
    return (
        line(),
        line("That is the whole workflow. To try it with your own agents:"),
        line(span("fleet init my-fleet --yes", "code")),
    )


VERB = Verb(run=demo, formats={"text": _text})
