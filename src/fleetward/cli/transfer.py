"""``fleet transfer``: every role of a person who leaves, handed to another; nothing is silently dropped."""

from __future__ import annotations

import os
from shlex import join
from typing import Annotated

import typer

from fleetward import rules
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain import layout
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.names import nearest_name
from fleetward.domain.people import People
from fleetward.domain.transfer import Transfer, TransferOutcome
from fleetward.report import transfer_json, transfer_text
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.fleet.role_transfer import TransferRequest, plan_transfer
from fleetward.store.git.atomic_files import replace_files
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.overlay import OverlayTree
from fleetward.workflows.load import load_fleet

PEOPLE = layout.PEOPLE


def transfer(
    session: Session,
    giver: Annotated[str, typer.Option("--from", metavar="PERSON", help="Who leaves.")],
    taker: Annotated[str, typer.Option("--to", metavar="PERSON", help="Who takes the roles over.")],
    write: Annotated[bool, typer.Option("--write", help="Edit the files; without it, only show.")] = False,
) -> ExitCode:
    """
    List every role that a person holds, and hand it to another, in place and with comments kept.

    Folders of gated environments are not edited: a release brings the change with its next promotion, overrides
    become a proposal. Waivers are listed and stay: a decision stays the decision of whoever took it. Keys and
    addresses are not moved. Exit 1 while a role cannot be edited, or the edit would cause a finding; an error
    keeps everything from being written.
    """
    root = find_fleet_root(session.run.folder, session.run.environment)
    tree = root.work_tree()
    before = load_fleet(tree)
    fleet = before.require_governance()
    _check_person(fleet.people, giver, "--from")
    _check_taker(session, fleet.people, giver, taker)
    handover = TransferRequest(
        giver=giver,
        taker=taker,
        today=session.run.now.date(),
        config=fleet.config,
        people=fleet.people,
    )
    outcome = plan_transfer(tree, handover)
    problems = _problems(session, before, load_fleet(OverlayTree(tree=tree, contents=outcome.contents)))
    stop = any(problem.severity is Severity.ERROR for problem in problems)
    if write and outcome.contents and not stop:
        replace_files(root.path, before.contents, outcome.contents)
    result = Transfer(
        giver=giver,
        taker=taker,
        roles=outcome.roles,
        files=tuple(sorted(outcome.contents)),
        problems=problems,
        written=write and bool(outcome.contents) and not stop,
    )
    next_command = _next_command(session, root, result)
    session.output.report(
        {
            "text": lambda: transfer_text.render(result, next_command=next_command),
            "json": lambda: transfer_json.render(result, next_command=next_command),
        }
    )
    return ExitCode.DENIED if problems or result.roles_with(TransferOutcome.OPEN) else ExitCode.SUCCESS


def _check_person(people: People, name: str, option: str) -> None:
    if name not in people.people:
        close = nearest_name(name, people.people)
        hint = f"did you mean {close!r}?" if close else f"name a person of {PEOPLE}"
        raise UsageError(f"{option}: nobody is called {name!r} in {PEOPLE}", hint=hint)


def _check_taker(session: Session, people: People, giver: str, taker: str) -> None:
    _check_person(people, taker, "--to")
    person = people.people[taker]
    if giver == taker:
        raise UsageError(f"--to: {taker!r} has these roles already", hint="name somebody else")
    if not person.is_active(session.run.now):
        has_left = person.departed is not None and person.departed <= session.run.now.date()
        when = f"left on {person.departed}" if has_left else f"is not here before {person.since}"
        raise UsageError(f"--to: {taker!r} {when}", hint="name a person who is with us")


def _problems(session: Session, before: LoadedFleet, after: LoadedFleet) -> tuple[Finding, ...]:
    """Errors and warnings that the edit would cause; the same wrong about another name is not new."""
    existing = {_finding_key(finding) for finding in _findings(session, before)}
    new_findings = (
        finding
        for finding in _findings(session, after)
        if not finding.waived and _finding_key(finding) not in existing
    )
    return tuple(finding for finding in new_findings if finding.severity is not Severity.NOTE)


def _findings(session: Session, reading: LoadedFleet) -> tuple[Finding, ...]:
    violations = (
        rules.findings(reading.snapshot, session.run.now)
        if reading.snapshot and reading.governance_valid
        else ()
    )
    return (*reading.findings, *violations)


def _finding_key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.place.file, finding.place.path


def _next_command(session: Session, root: FleetRoot, result: Transfer) -> str:
    chdir = session.run.chdir
    if result.written:
        start = session.run.folder.resolve()
        files = join(os.path.relpath(root.path / file, start) for file in result.files)
        message = f"'transfer the roles of {result.giver} to {result.taker}'"
        return f"git{chdir} add -- {files} && git{chdir} commit -m {message} -- {files}"
    if result.files and not any(role.severity is Severity.ERROR for role in result.problems):
        return f"fleet transfer{chdir} --from {result.giver} --to {result.taker} --write"
    pending = result.roles_with(TransferOutcome.PROMOTION)
    if pending and not result.files:
        to = pending[0].environment
        names = sorted({str(role.agent) for role in pending if role.environment == to})
        return f"fleet promote{chdir} {' '.join(names)} --to {to}"
    return f"fleet validate{chdir}"


VERB = Verb(run=transfer, formats=in_formats("text", "json"))
