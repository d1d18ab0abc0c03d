"""Write and sign an approval statement, and the command that commits it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

from fleetward.domain import layout
from fleetward.domain.approval import Approval, Binding, Decision
from fleetward.domain.errors import FleetError, WriteFailed
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People, Person
from fleetward.domain.policy import Assurance, Policy
from fleetward.domain.verdict import NotCountedCause, Promotion
from fleetward.store.git import commit_writer
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.records import approvals as statements
from fleetward.store.records import authenticity
from fleetward.store.records.load import signature_name
from fleetward.store.signing import sign as signing
from fleetward.store.signing import ssh_format
from fleetward.workflows.context import RunContext

_MAX_PATHS = 5
"""Statements that a command names one by one."""
PredictVerdict = Callable[[Approval], Promotion]
"""The verdict as it would be with a statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementContext:
    """Where a statement is written, and the people and the policy that it is checked by."""

    run: RunContext
    root: FleetRoot
    people: People
    policy: Policy
    eligible: tuple[str, ...] = ()
    """Whose approval would count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDraft:
    """A statement before it is written; it has no files where it could never count."""

    statement: Approval
    predicted: Promotion
    """The verdict with this statement."""
    contents: Mapping[str, bytes]

    @property
    def signed(self) -> bool:
        """Whether it has a signature."""
        return len(self.contents) > 1


def draft_statement(
    context: StatementContext,
    binding: Binding,
    decision: Decision,
    *,
    note: str,
    key_file: str | None,
    predict: PredictVerdict,
) -> StatementDraft:
    """
    The decision of git's identity on exactly *binding*.

    Signed where *key_file* is given: a file, or empty for the key that git or the ssh-agent has.
    Errors: FleetError where that is nobody, or the key is not theirs.
    """
    statement = _statement(context, binding, decision, note)
    content = statements.encode(statement)
    predicted = predict(statement)
    # an approval that can never count is not written: it would only mislead
    if key_file is None or _is_contributor(statement, predicted):
        contents = {} if _is_contributor(statement, predicted) else {statement.file: content}
        return StatementDraft(statement=statement, predicted=predicted, contents=contents)
    signature = _signature(context, statement, content, key_file)
    fault = authenticity.statement_signature_fault(
        statement, content, signature, context.people, context.run.now
    )
    # an unverified signature must not raise what the prediction promises
    assurance = Assurance.RECORDED if fault else Assurance.SIGNED
    statement = replace(statement, fault=fault, assurance=assurance)
    return StatementDraft(
        statement=statement,
        predicted=predict(statement),
        contents={statement.file: content, signature_name(statement.file): signature},
    )


def write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """
    Write all of these new files under *folder*, or none.

    Errors: WriteFailed.
    """
    written: list[Path] = []
    for name, content in contents.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # exclusive: never overwrite a record, and follow no link that somebody placed there
            with path.open("xb") as file:
                written.append(path)
                file.write(content)
        except OSError as error:
            # a statement without its signature would count as recorded only
            for path in written:
                path.unlink(missing_ok=True)
            raise WriteFailed(f"cannot write {name!r}: {error.strerror}") from error


def commit_command(context: StatementContext, written: Sequence[StatementDraft]) -> str:
    """The command that commits the statements and their signatures; of many, all that wait in their folder."""
    start = context.run.folder if context.run.chdir else Path.cwd()
    folder = layout.approvals_folder(written[0].statement.binding.environment)
    if len(written) > _MAX_PATHS:
        paths = quote(os.path.relpath(context.root.path / folder, start))
    else:
        paths = " ".join(
            quote(os.path.relpath(context.root.path / draft.statement.file, start)) + "*" * draft.signed
            for draft in written
        )
    subject = quote(commit_subject([draft.statement for draft in written]))
    folder_option = context.run.chdir
    return f"git{folder_option} add {paths} && git{folder_option} commit -m {subject} {paths}"


def commit_subject(written: Sequence[Approval]) -> str:
    """The first line of the message of the commit that adds these statements."""
    first = written[0]
    names = first.binding.agent if len(written) == 1 else f"{len(written)} agents"
    environment = first.binding.environment
    return f"{first.decision} {names}" + (f" for {environment}" if environment else "")


def _is_contributor(statement: Approval, predicted: Promotion) -> bool:
    """Whether its author contributed to the change, so that it can never count."""
    return any(
        ignored.cause is NotCountedCause.CONTRIBUTOR and statement.file in ignored.files
        # the cause decides, not the wording of the reason
        for ignored in predicted.not_counted
    )


def _approver(context: StatementContext) -> Person:
    email = commit_writer.committer_email(context.root.repository)
    person = context.people.by_email(email)
    if isinstance(person, Person) and person.is_active(context.run.now):
        return person
    status = (
        "is nobody" if person is None else "is a robot's" if not isinstance(person, Person) else "has left"
    )
    eligible = f"; who could approve: {', '.join(context.eligible)}" if context.eligible else ""
    raise FleetError(
        f"{email!r} {status} in governance/people.yaml{eligible}",
        hint="git config user.email with an address that is listed",
    )


def _statement(context: StatementContext, binding: Binding, decision: Decision, note: str) -> Approval:
    expire = context.policy.approvals.expire
    now = context.run.now
    person = _approver(context)
    statement = Approval(
        file="",
        sha256="",
        decision=decision,
        approver=person.id,
        binding=binding,
        issued=now,
        # only approvals expire: a veto stands until its author lifts it
        expires=now + expire if expire and decision is Decision.APPROVE else None,
        note=note,
        policy_version=context.policy.version,
        policy_sha256=context.policy.sha256,
    )
    n = 1
    while _is_taken(context, file := statements.file_name(statement, n)):
        n += 1
    # decoded again: what is predicted is what a reader of the file will see
    return statements.decode(statements.encode(replace(statement, file=file)), file)


def _is_taken(context: StatementContext, file: str) -> bool:
    """Whether the path of the statement or of its signature exists, be it as a broken link."""
    # lexists: a broken link takes the name as well
    return any(os.path.lexists(context.root.path / name) for name in (file, signature_name(file)))


def _signature(context: StatementContext, statement: Approval, content: bytes, key_file: str) -> bytes:
    """The signature of the statement, by a key of its approver."""
    run = context.run
    signature = signing.sign(
        statements.pre_authentication(content),
        run.folder / Path(key_file).expanduser() if key_file else None,
        own_keys={key.text for key in context.people.people[statement.approver].keys},
        repository=context.root.repository,
        environment=run.environment,
    )
    try:
        key = ssh_format.signature(signature).key
    except ssh_format.SignatureError as error:
        hint = "ssh-keygen -t ed25519 makes a key that is accepted"
        raise FleetError(f"the signature would not count: {error}", hint=hint) from None
    # a foreign key signs well but counts for nobody: refused before the commit
    if refusal := authenticity.approver_key_fault(key, statement, context.people, run.now):
        place = f"people.{statement.approver}.keys of governance/people.yaml"
        hint = f"keys that count are under {place}; this one is {key.text}"
        raise FleetError(f"the approval would not count: {refusal}", hint=hint)
    return signature
