"""``fleet approve``: see the change, then say yes or no to exactly that."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from fleetward.commands.comparing import compared, dependents
from fleetward.commands.deciding import Matter, matter, outlook
from fleetward.commands.hearing import Hearing, hearing
from fleetward.commands.judging import Case
from fleetward.commands.session import Session
from fleetward.domain import digest
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.clock import written
from fleetward.domain.errors import Exit, FleetError, Unwritten, UsageError
from fleetward.domain.people import Person
from fleetward.domain.policy import Assurance
from fleetward.domain.verdict import Promotion
from fleetward.report import changes_text
from fleetward.report.page import Line, Page, line, page, span
from fleetward.store import approvals as statements
from fleetward.store import authorship, signing, ssh, writer
from fleetward.store.records import signature_name


def approve(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="Where it should run.")],
    reject: Annotated[
        bool, typer.Option("--reject", help="Say no; a veto where the policy gives you one.")
    ] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back what you said before.")] = False,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; goes into the statement.")] = "",
    sign: Annotated[
        str | None,
        typer.Option(
            "--sign",
            metavar="[KEY]",
            help="Sign it, with this key file, or the SSH key that git or the ssh-agent has.",
        ),
    ] = None,
    rollback: Annotated[
        str | None,
        typer.Option("--rollback", metavar="[RELEASE]", help="About going back to what ran before."),
    ] = None,
    with_overrides: Annotated[
        bool, typer.Option("--with-overrides", help="With --rollback: its overrides of that time, too.")
    ] = False,
    review: Annotated[
        int | None,
        typer.Option("--review", metavar="SEQ", help="Close the review of this entry that broke the glass."),
    ] = None,
) -> Exit:
    """Show what a promotion would change, and write down your decision on exactly that content."""
    if reject and withdraw:
        raise UsageError("--reject and --withdraw exclude each other", hint="leave one of them out")
    if review is not None and (reject or withdraw):
        raise UsageError("--review says that you looked: it takes no other decision", hint="--note TEXT")
    decision = Decision.REJECT if reject else Decision.WITHDRAW if withdraw else Decision.APPROVE
    decision = decision if review is None else Decision.REVIEW
    asked = hearing(session, to=to)
    person = _person(asked)
    about = matter(asked, agent, rollback=rollback, overrides_too=with_overrides, review=review)
    case = about.case
    if case.question.kind is None and decision is Decision.APPROVE:
        raise UsageError(f"nothing to approve: {to} runs what {asked.sources[0]} holds", hint="fleet diff")
    statement = _statement(asked, case, person, decision, note)
    contents = {statement.file: statements.encode(statement)}
    if sign is not None:
        signature = _signature(asked, statement, contents[statement.file], sign)
        statement = _signed(asked, statement, contents[statement.file], signature)
        contents[signature_name(statement.file)] = signature
    told = outlook(asked, about, statement)
    _write(asked, contents)
    session.report(
        {
            "text": lambda: _page(asked, about, statement, told, contents),
            "json": lambda: _data(asked, about, statement, told, contents),
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
    while _taken(asked, file := statements.file_name(statement, n)):
        n += 1
    return statements.decode(statements.encode(replace(statement, file=file)), file)


def _taken(asked: Hearing, file: str) -> bool:
    """Does anything lie there, or where its signature would: a broken link, too?"""
    return any(os.path.lexists(asked.ground.root / name) for name in (file, signature_name(file)))


def _signature(asked: Hearing, statement: Approval, content: bytes, named: str) -> bytes:
    """The signature over the statement, by a key that counts as its approver's."""
    session = asked.session
    made = signing.sign(
        statements.pre_authentication(content),
        session.folder / Path(named).expanduser() if named else None,
        own={key.text for key in asked.people.people[statement.approver].keys},
        repository=asked.ground.repository,
        environment=session.environment,
    )
    try:
        key = ssh.signature(made).key
    except ssh.Unsound as error:
        hint = "ssh-keygen -t ed25519 makes a key that is accepted"
        raise FleetError(f"the signature would not count: {error}", hint=hint) from None
    if refusal := authorship.foreign(key, statement, asked.people, session.now):
        place = f"people.{statement.approver}.keys of governance/people.yaml"
        hint = f"keys that count are under {place}; this one is {key.text}"
        raise FleetError(f"the approval would not count: {refusal}", hint=hint)
    return made


def _signed(asked: Hearing, statement: Approval, content: bytes, signature: bytes) -> Approval:
    """The statement as the gate will see it."""
    fault = authorship.unsigned(statement, content, signature, asked.people, asked.session.now)
    return replace(statement, fault=fault, assurance=Assurance.RECORDED if fault else Assurance.SIGNED)


def _write(asked: Hearing, contents: Mapping[str, bytes]) -> None:
    """All of these files, or none: a statement without its signature would be another decision."""
    begun: list[Path] = []
    for name, content in contents.items():
        path = asked.ground.root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                begun.append(path)
                file.write(content)
        except OSError as error:
            for one in begun:
                one.unlink(missing_ok=True)
            raise Unwritten(f"cannot write {name!r}: {error.strerror}") from error


_DONE = {
    Decision.APPROVE: ("approved", "good"),
    Decision.REJECT: ("rejected", "error"),
    Decision.WITHDRAW: ("withdrawn", "warning"),
    Decision.REVIEW: ("reviewed", "good"),
}


def _page(
    asked: Hearing, about: Matter, statement: Approval, verdict: Promotion, contents: Mapping[str, bytes]
) -> Page:
    binding = statement.binding
    word, role = _DONE[statement.decision]
    lines: list[Line] = [*_change(asked, about), line()]
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
        for one in verdict.not_counted
        if statement.file in one.files
    )
    with_it = f"review {verdict.requirements[0].status}" if about.due else verdict.verdict
    lines.append(line(f"  with it: {with_it}", *_missing(verdict)))
    when = "it counts once you commit it:"
    if len(contents) > 1:
        when = "signed, it counts once it is committed, by whomever:"
    lines.append(line("wrote ", span(" and ".join(contents), "place"), f"; {when}"))
    lines.append(line(span(_commit(asked, statement, contents), "code")))
    return page(lines)


def _change(asked: Hearing, about: Matter) -> Page:
    """The meaning of what is approved, without the report's last line."""
    case, (base, head) = about.case, about.sides
    fleet, to, name = asked.fleet, asked.target.name, case.question.binding.agent
    comparison = compared(fleet, case.running, case.candidate, dependents(fleet, to, name))
    shown = changes_text.render(
        [comparison] if comparison else [],
        [],
        base=base,
        head=head,
        unreadable=[],
        verbose=asked.session.verbose,
        next_command="",
    )
    return page(shown)


def _missing(verdict: Promotion) -> Sequence[str]:
    still = [f"{one.kind} {one.asked}" for one in verdict.requirements if one.status != "met"]
    return [f"; still asked: {', '.join(still)}"] if still else []


def _commit(asked: Hearing, statement: Approval, contents: Mapping[str, bytes]) -> str:
    from shlex import join, quote

    start = asked.session.folder if asked.session.here else Path.cwd()
    shown = join(os.path.relpath(asked.ground.root / name, start) for name in contents)
    subject = f"{statement.decision} {statement.binding.agent} for {asked.target.name}"
    inside = asked.session.here
    return f"git{inside} add {shown} && git{inside} commit -m {quote(subject)} -- {shown}"


def _data(
    asked: Hearing, about: Matter, statement: Approval, verdict: Promotion, contents: Mapping[str, bytes]
) -> dict[str, Any]:
    binding = statement.binding
    return {
        "format": "fleetward.approve/1",
        "decision": statement.decision.value,
        "kind": about.case.question.kind,
        "review": about.due.seq if about.due else None,
        "approver": statement.approver,
        "environment": binding.environment,
        "agent": binding.agent,
        "repository": binding.repository,
        "fromState": binding.from_state,
        "toState": binding.to_state,
        "generation": binding.generation,
        "file": statement.file,
        "sha256": statement.sha256,
        "assurance": statement.assurance.word,
        "issued": written(statement.issued),
        "expires": None if statement.expires is None else written(statement.expires),
        "files": [{"file": name, "sha256": digest.of_bytes(content)} for name, content in contents.items()],
        "verdictWithIt": verdict.verdict.value,
        "notCounted": [
            {"approver": one.approver, "reason": one.reason}
            for one in verdict.not_counted
            if statement.file in one.files
        ],
        "next": _commit(asked, statement, contents),
    }
