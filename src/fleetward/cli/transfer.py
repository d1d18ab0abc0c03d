"""``fleet transfer``: every role of a person who leaves, handed to another; nothing is silently dropped."""

from __future__ import annotations

import os
from shlex import join
from typing import Annotated

import typer

from fleetward import rules
from fleetward.cli.session import Session
from fleetward.domain.errors import Exit, UsageError
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.names import nearest
from fleetward.domain.people import People
from fleetward.domain.transfer import Fate, Transfer
from fleetward.report import transfer_json, transfer_text
from fleetward.store.fleet.load import Reading
from fleetward.store.fleet.role_transfer import Handover, handed
from fleetward.store.git.atomic_files import settle
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.overlay import Overlaid
from fleetward.workflows.load import read

PEOPLE = "governance/people.yaml"


def transfer(
    session: Session,
    giver: Annotated[str, typer.Option("--from", metavar="PERSON", help="Who leaves.")],
    taker: Annotated[str, typer.Option("--to", metavar="PERSON", help="Who takes the roles over.")],
    write: Annotated[bool, typer.Option("--write", help="Edit the files; without it, only show.")] = False,
) -> Exit:
    """
    List every role that a person holds, and hand it to another, in place and with comments kept.

    Folders of gated environments are not edited: a release brings the change with its next promotion, overrides
    become a proposal. Waivers are listed and stay: a decision stays the decision of whoever took it. Keys and
    addresses are not moved. Exit 1 while a role cannot be edited, or the edit would cause a finding; an error
    keeps everything from being written.
    """
    ground = find(session.run.folder, session.run.environment)
    tree = ground.folder()
    before = read(tree)
    fleet = before.governed()
    _known(fleet.people, giver, "--from")
    _here(session, fleet.people, giver, taker)
    asked = Handover(
        giver=giver,
        taker=taker,
        today=session.run.now.date(),
        config=fleet.config,
        people=fleet.people,
    )
    found = handed(tree, asked)
    problems = _problems(session, before, read(Overlaid(tree=tree, contents=found.contents)))
    stop = any(one.severity is Severity.ERROR for one in problems)
    if write and found.contents and not stop:
        settle(ground.root, before.contents, found.contents)
    done = Transfer(
        giver=giver,
        taker=taker,
        roles=found.roles,
        files=tuple(sorted(found.contents)),
        problems=problems,
        written=write and bool(found.contents) and not stop,
    )
    following = _next(session, ground, done)
    session.output.report(
        {
            "text": lambda: transfer_text.render(done, next_command=following),
            "json": lambda: transfer_json.render(done, next_command=following),
        }
    )
    return Exit.NO if problems or done.of(Fate.OPEN) else Exit.YES


def _known(people: People, name: str, option: str) -> None:
    if name not in people.people:
        close = nearest(name, people.people)
        hint = f"did you mean {close!r}?" if close else f"name a person of {PEOPLE}"
        raise UsageError(f"{option}: nobody is called {name!r} in {PEOPLE}", hint=hint)


def _here(session: Session, people: People, giver: str, taker: str) -> None:
    _known(people, taker, "--to")
    person = people.people[taker]
    if giver == taker:
        raise UsageError(f"--to: {taker!r} has these roles already", hint="name somebody else")
    if not person.active(session.run.now):
        gone = person.left is not None and person.left <= session.run.now.date()
        when = f"left on {person.left}" if gone else f"is not here before {person.since}"
        raise UsageError(f"--to: {taker!r} {when}", hint="name a person who is with us")


def _problems(session: Session, before: Reading, after: Reading) -> tuple[Finding, ...]:
    """Errors and warnings that the edit would cause; the same wrong about another name is not new."""
    known = {_kind(one) for one in _findings(session, before)}
    found = (one for one in _findings(session, after) if not one.waived and _kind(one) not in known)
    return tuple(one for one in found if one.severity is not Severity.NOTE)


def _findings(session: Session, reading: Reading) -> tuple[Finding, ...]:
    judged = (
        rules.findings(reading.snapshot, session.run.now) if reading.snapshot and reading.judgeable else ()
    )
    return (*reading.findings, *judged)


def _kind(one: Finding) -> tuple[str, str, str]:
    return one.rule, one.place.file, one.place.path


def _next(session: Session, ground: Ground, done: Transfer) -> str:
    here = session.run.chdir
    if done.written:
        start = session.run.folder.resolve()
        files = join(os.path.relpath(ground.root / file, start) for file in done.files)
        message = f"'transfer the roles of {done.giver} to {done.taker}'"
        return f"git{here} add -- {files} && git{here} commit -m {message} -- {files}"
    if done.files and not any(one.severity is Severity.ERROR for one in done.problems):
        return f"fleet transfer{here} --from {done.giver} --to {done.taker} --write"
    coming = done.of(Fate.PROMOTION)
    if coming and not done.files:
        to = coming[0].environment
        names = sorted({str(one.agent) for one in coming if one.environment == to})
        return f"fleet promote{here} {' '.join(names)} --to {to}"
    return f"fleet validate{here}"
