"""``fleet approve``: see the change, then say yes or no to exactly that."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from fleetward import gate
from fleetward.commands.judging import Case, Hearing, cases, compared, dependents, hearing
from fleetward.commands.session import Session
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.errors import Exit, FleetError, Unwritten, UsageError
from fleetward.domain.people import Person
from fleetward.domain.verdict import Promotion
from fleetward.report import changes_text
from fleetward.report.page import Line, Page, line, page, span
from fleetward.store import approvals as statements
from fleetward.store import writer


def approve(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="Where it should run.")],
    reject: Annotated[
        bool, typer.Option("--reject", help="Say no; a veto where the policy gives you one.")
    ] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back what you said before.")] = False,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; goes into the statement.")] = "",
) -> Exit:
    """Show what a promotion would change, and write down your decision on exactly that content."""
    if reject and withdraw:
        raise UsageError("--reject and --withdraw exclude each other", hint="leave one of them out")
    decision = Decision.REJECT if reject else Decision.WITHDRAW if withdraw else Decision.APPROVE
    asked = hearing(session, to=to)
    person = _person(asked)
    [case] = cases(asked, [agent])
    if case.question.kind is None and decision is Decision.APPROVE:
        raise UsageError(f"nothing to approve: {to} runs what {asked.sources[0]} holds", hint="fleet diff")
    statement = _statement(asked, case, person, decision, note)
    outlook = _outlook(asked, case, statement)
    path = _write(asked, statement)
    session.report(
        {
            "text": lambda: _page(asked, case, statement, outlook, path),
            "json": lambda: _data(asked, statement, outlook, path),
        }
    )
    return Exit.YES


def _person(asked: Hearing) -> Person:
    email = writer.identity(asked.ground.repository)
    known = asked.people.of_email(email)
    if isinstance(known, Person) and known.active(asked.session.now):
        return known
    what = (
        "is nobody"
        if known is None
        else "is a robot's"
        if not isinstance(known, Person)
        else "is not with us"
    )
    raise FleetError(
        f"{email!r} {what} in governance/people.yaml",
        hint="git config user.email with an address that is listed",
    )


def _statement(asked: Hearing, case: Case, person: Person, decision: Decision, note: str) -> Approval:
    expire = asked.policy.approvals.expire
    now = asked.session.now
    statement = Approval(
        file="",
        sha256="",
        decision=decision,
        approver=person.id,
        binding=case.question.binding,
        issued=now,
        expires=now + expire if expire and decision is Decision.APPROVE else None,
        note=note,
        policy_version=asked.policy.version,
        policy_sha256=asked.policy.sha256,
    )
    n = 1
    while (asked.ground.root / statements.file_name(statement, n)).exists():
        n += 1
    file = statements.file_name(statement, n)
    return statements.decode(statements.encode(replace(statement, file=file)), file)


def _outlook(asked: Hearing, case: Case, statement: Approval) -> Promotion:
    """The verdict as it would be with this statement committed."""
    question = replace(case.question, approvals=(*case.question.approvals, statement))
    return gate.decide(question, policy=asked.policy, people=asked.people, now=asked.session.now)


def _write(asked: Hearing, statement: Approval) -> Path:
    path = asked.ground.root / statement.file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(statements.encode(statement))
    except OSError as error:
        raise Unwritten(f"cannot write {statement.file!r}: {error.strerror}") from error
    return path


_DONE = {
    Decision.APPROVE: ("approved", "good"),
    Decision.REJECT: ("rejected", "error"),
    Decision.WITHDRAW: ("withdrawn", "warning"),
}


def _page(asked: Hearing, case: Case, statement: Approval, outlook: Promotion, path: Path) -> Page:
    binding = statement.binding
    word, role = _DONE[statement.decision]
    lines: list[Line] = [*_change(asked, case), line()]
    lines.append(
        line(
            span(word, role),  # type: ignore[arg-type]
            f" by {statement.approver}: {binding.environment}/{binding.agent}, generation {binding.generation}",
        )
    )
    lines.append(line(f"  from {binding.from_state or 'nothing'}"))
    lines.append(line(f"    to {binding.to_state}"))
    lines.extend(
        line("  ", span("does not count", "warning"), f": {one.reason}", hang=4)
        for one in outlook.not_counted
        if one.approver == statement.approver
    )
    lines.append(line(f"  with it: {outlook.verdict}", *_missing(outlook)))
    lines.append(line("wrote ", span(statement.file, "place"), "; it counts once you commit it:"))
    lines.append(line(span(_commit(asked, statement, path), "code")))
    return page(lines)


def _change(asked: Hearing, case: Case) -> Page:
    """The meaning of what is approved, without the report's last line."""
    fleet, to, name = asked.fleet, asked.target.name, case.question.binding.agent
    comparison = compared(fleet, case.running, case.candidate, dependents(fleet, to, name))
    shown = changes_text.render(
        [comparison] if comparison else [],
        [],
        base=(to, asked.head),
        head=(asked.sources[0], asked.head),
        unreadable=[],
        verbose=asked.session.verbose,
        next_command="",
    )
    return page(shown)


def _missing(outlook: Promotion) -> Sequence[str]:
    still = [f"{one.kind} {one.asked}" for one in outlook.requirements if one.status != "met"]
    return [f"; still asked: {', '.join(still)}"] if still else []


def _commit(asked: Hearing, statement: Approval, path: Path) -> str:
    from shlex import quote

    shown = str(path)
    with contextlib.suppress(ValueError):
        shown = os.path.relpath(path)
    subject = f"{statement.decision} {statement.binding.agent} for {asked.target.name}"
    inside = "" if asked.session.here == "" else f" -C {quote(str(asked.session.folder))}"
    if inside:
        shown = os.path.relpath(path, asked.session.folder)
    return f"git{inside} add {quote(shown)} && git{inside} commit -m {quote(subject)} -- {quote(shown)}"


def _data(asked: Hearing, statement: Approval, outlook: Promotion, path: Path) -> dict[str, Any]:
    binding = statement.binding
    return {
        "format": "fleetward.approve/1",
        "decision": statement.decision.value,
        "approver": statement.approver,
        "environment": binding.environment,
        "agent": binding.agent,
        "fromState": binding.from_state,
        "toState": binding.to_state,
        "generation": binding.generation,
        "file": statement.file,
        "sha256": statement.sha256,
        "verdictWithIt": outlook.verdict.value,
        "notCounted": [
            {"approver": one.approver, "reason": one.reason}
            for one in outlook.not_counted
            if one.approver == statement.approver
        ],
        "next": _commit(asked, statement, path),
    }
