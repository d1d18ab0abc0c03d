"""A decision as it is written down: by whom, signed with which key, in which files, and how it is committed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from shlex import quote

from fleetward.domain.approval import Approval, Binding, Decision
from fleetward.domain.errors import FleetError, Unwritten
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People, Person
from fleetward.domain.policy import Assurance, Policy
from fleetward.domain.verdict import Cause, Promotion
from fleetward.store.git import commit_writer
from fleetward.store.git.fleet_root import Ground
from fleetward.store.records import approvals as statements
from fleetward.store.records import authenticity
from fleetward.store.records.load import signature_name
from fleetward.store.signing import sign as signing
from fleetward.store.signing import ssh_format
from fleetward.workflows.context import RunContext

Outlook = Callable[[Approval], Promotion]
"""What the verdict would be with a statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where a decision is written, and the people and policy that it is held to."""

    run: RunContext
    ground: Ground
    people: People
    policy: Policy
    could: tuple[str, ...] = ()
    """Whose decision would be of use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A decision as it will lie in its files, which are not written yet; none where it could never count."""

    statement: Approval
    outlook: Promotion
    """The verdict as it would be with it."""
    contents: Mapping[str, bytes]

    @property
    def signed(self) -> bool:
        """Does a signature go with it?"""
        return len(self.contents) > 1


def stated(
    desk: Desk, binding: Binding, decision: Decision, *, note: str, key: str | None, outlook: Outlook
) -> Stated:
    """
    The decision of the person whom git's identity names, on exactly *binding*.

    Signed where *key* is given: a file, or empty for the key that git or the ssh-agent has.
    Errors: FleetError where that is nobody, or the key is not theirs.
    """
    statement = _statement(desk, binding, decision, note)
    content = statements.encode(statement)
    told = outlook(statement)
    if key is None or _barred(statement, told):
        contents = {} if _barred(statement, told) else {statement.file: content}
        return Stated(statement=statement, outlook=told, contents=contents)
    signature = _signature(desk, statement, content, key)
    fault = authenticity.unsigned(statement, content, signature, desk.people, desk.run.now)
    assurance = Assurance.RECORDED if fault else Assurance.SIGNED
    statement = replace(statement, fault=fault, assurance=assurance)
    return Stated(
        statement=statement,
        outlook=outlook(statement),
        contents={statement.file: content, signature_name(statement.file): signature},
    )


def write(desk: Desk, contents: Mapping[str, bytes]) -> None:
    """
    All of these files, or none: a statement without its signature would be another decision.

    Errors: Unwritten.
    """
    begun: list[Path] = []
    for name, content in contents.items():
        path = desk.ground.root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                begun.append(path)
                file.write(content)
        except OSError as error:
            for one in begun:
                one.unlink(missing_ok=True)
            raise Unwritten(f"cannot write {name!r}: {error.strerror}") from error


def committing(desk: Desk, one: Stated) -> str:
    """The command that commits it and nothing else; a signature has its statement's name, and more."""
    start = desk.run.folder if desk.run.chdir else Path.cwd()
    shown = quote(os.path.relpath(desk.ground.root / one.statement.file, start)) + "*" * one.signed
    binding = one.statement.binding
    subject = f"{one.statement.decision} {binding.agent}" + (
        f" for {binding.environment}" if binding.environment else ""
    )
    inside = desk.run.chdir
    return f"git{inside} add {shown} && git{inside} commit -m {quote(subject)} {shown}"


def _barred(statement: Approval, outlook: Promotion) -> bool:
    """Had its author a hand in the change, so that it will never count?"""
    return any(one.cause is Cause.HAND and statement.file in one.files for one in outlook.not_counted)


def _person(desk: Desk) -> Person:
    email = commit_writer.identity(desk.ground.repository)
    known = desk.people.of_email(email)
    if isinstance(known, Person) and known.active(desk.run.now):
        return known
    what = (
        "is nobody"
        if known is None
        else "is a robot's"
        if not isinstance(known, Person)
        else "is not with us"
    )
    able = f"; who could say it: {', '.join(desk.could)}" if desk.could else ""
    raise FleetError(
        f"{email!r} {what} in governance/people.yaml{able}",
        hint="git config user.email with an address that is listed",
    )


def _statement(desk: Desk, binding: Binding, decision: Decision, note: str) -> Approval:
    expire = desk.policy.approvals.expire
    now = desk.run.now
    person = _person(desk)
    statement = Approval(
        file="",
        sha256="",
        decision=decision,
        approver=person.id,
        binding=binding,
        issued=now,
        expires=now + expire if expire and decision is Decision.APPROVE else None,
        note=note,
        policy_version=desk.policy.version,
        policy_sha256=desk.policy.sha256,
    )
    n = 1
    while _taken(desk, file := statements.file_name(statement, n)):
        n += 1
    return statements.decode(statements.encode(replace(statement, file=file)), file)


def _taken(desk: Desk, file: str) -> bool:
    """Does anything lie there, or where its signature would: a broken link, too?"""
    return any(os.path.lexists(desk.ground.root / name) for name in (file, signature_name(file)))


def _signature(desk: Desk, statement: Approval, content: bytes, named: str) -> bytes:
    """The signature over the statement, by a key that counts as its approver's."""
    run = desk.run
    made = signing.sign(
        statements.pre_authentication(content),
        run.folder / Path(named).expanduser() if named else None,
        own={key.text for key in desk.people.people[statement.approver].keys},
        repository=desk.ground.repository,
        environment=run.environment,
    )
    try:
        key = ssh_format.signature(made).key
    except ssh_format.Unsound as error:
        hint = "ssh-keygen -t ed25519 makes a key that is accepted"
        raise FleetError(f"the signature would not count: {error}", hint=hint) from None
    if refusal := authenticity.foreign(key, statement, desk.people, run.now):
        place = f"people.{statement.approver}.keys of governance/people.yaml"
        hint = f"keys that count are under {place}; this one is {key.text}"
        raise FleetError(f"the approval would not count: {refusal}", hint=hint)
    return made
