"""``fleet attest`` as a use case: write a statement of what was done about an agent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from shlex import quote

from fleetward.domain import layout, limits
from fleetward.domain.attestation import EVERYWHERE, FLEET, Attestation, Outcome, Result
from fleetward.domain.clock import parse_date
from fleetward.domain.committed_records import RecordCommit
from fleetward.domain.errors import FleetError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent
from fleetward.domain.names import is_name
from fleetward.domain.people import Person, Robot
from fleetward.domain.policy import Assurance
from fleetward.store.git import commit_writer
from fleetward.store.git.contents import governance_digest
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.push import PushTarget
from fleetward.store.git.repository import Id
from fleetward.store.records import attestations as statements
from fleetward.store.records.approvals import pre_authentication
from fleetward.store.records.load import signature_name
from fleetward.store.records.load_attestations import attestation_key_fault
from fleetward.store.signing import sign as signing
from fleetward.workflows.approval.statement import write_files
from fleetward.workflows.attested import AttestationLaw, attestation_fault
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.in_force import governance_in_force
from fleetward.workflows.load import load_fleet
from fleetward.workflows.record_commit import (
    CommitOptions,
    check_committable,
    commit_records,
)
from fleetward.workflows.suggestions import unknown_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestOptions:
    """The options of ``fleet attest``."""

    agent: str | None
    kind: str
    of: str | None = None
    environment: str | None = None
    on: str | None = None
    result: str = Result.PASSED
    outcome: str | None = None
    incident: str | None = None
    note: str = ""
    key: str | None = None
    """The key file to sign with, empty for the key of git or the ssh-agent; None: no signature."""
    commit: CommitOptions = CommitOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAttestation:
    """An attestation; with a *refusal* nothing was written."""

    attestation: Attestation
    refusal: str | None
    files: Mapping[str, bytes]
    next_command: str
    committed: RecordCommit | None = None


def attest(run: RunContext, options: AttestOptions) -> RecordedAttestation:
    """
    Write the attestation of git's user about an agent, or about the fleet where *agent* is None.

    Errors: UsageError for an unknown environment or an impossible option; FleetError where the user is nobody of the
    fleet, or the key is not theirs; WriteFailed.
    """
    root = find_fleet_root(run.folder, run.environment)
    target = check_committable(root, options.commit)
    head = root.head()
    fleet = load_fleet(root.commit_tree(head), only=()).require_governance()
    # who may is said by the governance in force, not by a change of it that waits
    in_force = governance_in_force(root, head, run.now).in_force
    fleet = replace(fleet, config=in_force.config, policy=in_force.policy, people=in_force.people)
    law = AttestationLaw(config=fleet.config, policy=fleet.policy, people=fleet.people, now=run.now)
    _check_options(options, fleet)
    attester = _attester(run, root, fleet)
    agent = _find_agent(root, head, fleet, options)
    draft = _draft(run, root, head, law, options, attester.id, agent)
    again = f"fleet attest{run.chdir} {options.agent or '--fleet'} --kind {options.kind}"
    refusal = None if agent or options.agent is None else _no_agent(options)
    refusal = refusal or attestation_fault(_as_signed(draft, options), law, agent.manifest if agent else None)
    if refusal is not None:
        return RecordedAttestation(
            attestation=draft, refusal=refusal, files={}, next_command=f"{again} --help"
        )
    draft = _numbered(root, draft)
    content = statements.encode(draft)
    files = {draft.file: content}
    if options.key is not None:
        files[signature_name(draft.file)] = _signature(run, root, fleet, draft, content, options.key)
    return _record(run, root, draft, content, files, options, target)


def _record(
    run: RunContext,
    root: FleetRoot,
    draft: Attestation,
    content: bytes,
    files: Mapping[str, bytes],
    options: AttestOptions,
    target: PushTarget | None,
) -> RecordedAttestation:
    committed = commit_records(run, root, files, _subject(draft), options.commit, target)
    if committed is None:
        write_files(root.path, files)
        next_command = _commit_command(run, root, draft, signed=options.key is not None)
    else:
        next_command = committed.next_command(run.chdir, f"fleet validate{run.chdir}")
    return RecordedAttestation(
        attestation=statements.decode(content, draft.file),
        refusal=None,
        files=files,
        next_command=next_command,
        committed=committed,
    )


def _check_options(options: AttestOptions, fleet: Snapshot) -> None:
    for word, words in ((options.result, Result), (options.outcome, Outcome)):
        if word is not None and word not in set(words):
            raise UsageError(f"{word!r} is none of {', '.join(words)}", hint=f"one of: {', '.join(words)}")
    if options.environment is not None and fleet.config.environment(options.environment) is None:
        names = [environment.name for environment in fleet.config.environments]
        raise unknown_environment(options.environment, names)
    if options.agent is None and options.environment is not None:
        raise UsageError("--fleet and --env exclude each other", hint="leave --env out")
    if len(options.note) > limits.NOTE_CHARACTERS:
        raise UsageError(f"--note has more than {limits.NOTE_CHARACTERS} characters", hint="shorten it")


def _attester(run: RunContext, root: FleetRoot, fleet: Snapshot) -> Person | Robot:
    email = commit_writer.committer_email(root.repository)
    attester = fleet.people.by_email(email)
    if attester is None:
        message = f"{email!r} is nobody in {layout.PEOPLE}"
        raise FleetError(message, hint="git config user.email with an address that is listed")
    return attester


def _find_agent(root: FleetRoot, head: Id, fleet: Snapshot, options: AttestOptions) -> Agent | None:
    """The agent in ``--env``, else in the first environment that holds it."""
    if options.agent is None or not is_name(options.agent):
        return None
    names = [environment.name for environment in fleet.config.environments]
    environments = [options.environment] if options.environment else names
    keys = [(environment, options.agent) for environment in environments]
    loaded = load_fleet(root.commit_tree(head), only=set(keys)).snapshot
    agents = (loaded.agents.get(key) for key in keys) if loaded else iter(())
    agent = next((agent for agent in agents if agent is not None), None)
    if agent is not None and not agent.readable:
        message = f"the release of {agent.environment}/{agent.name} has no digest: its files are invalid"
        raise FleetError(message, hint=f"fleet validate {agent.folder}")
    return agent


def _no_agent(options: AttestOptions) -> str:
    where = options.environment or "any environment"
    return f"no agent {options.agent!r} in {where}"


def _draft(
    run: RunContext,
    root: FleetRoot,
    head: Id,
    law: AttestationLaw,
    options: AttestOptions,
    person: str,
    agent: Agent | None,
) -> Attestation:
    of_fleet = options.agent is None
    return Attestation(
        file="",
        sha256="",
        environment="" if of_fleet else options.environment or EVERYWHERE,
        agent=options.agent or "",
        state=agent.release if agent else governance_digest(root.commit_tree(head)),
        kind=options.kind,
        of=options.of,
        person=person,
        on=_day(run, options.on),
        result=Result(options.result),
        outcome=Outcome(options.outcome) if options.outcome else None,
        incident=options.incident,
        note=options.note,
        repository=law.config.repository,
    )


def _day(run: RunContext, text: str | None) -> date:
    if text is None:
        return run.now.date()
    try:
        return parse_date(text)
    except ValueError as error:
        raise UsageError(f"--on: {error}", hint=f"--on {run.now.date()}") from None


def _as_signed(draft: Attestation, options: AttestOptions) -> Attestation:
    return draft if options.key is None else replace(draft, assurance=Assurance.SIGNED)


def _numbered(root: FleetRoot, draft: Attestation) -> Attestation:
    """With the first file name that is free, for the statement and for its signature."""
    n = 1
    while _is_taken(root, file := statements.file_name(draft, n)):
        n += 1
    return replace(draft, file=file)


def _is_taken(root: FleetRoot, file: str) -> bool:
    # lexists: a broken link takes the name as well
    return any(os.path.lexists(root.path / name) for name in (file, signature_name(file)))


def _signature(
    run: RunContext, root: FleetRoot, fleet: Snapshot, draft: Attestation, content: bytes, key_file: str
) -> bytes:
    attester = fleet.people.people.get(draft.person) or fleet.people.robots[draft.person]
    signature = signing.sign(
        pre_authentication(content),
        run.folder / Path(key_file).expanduser() if key_file else None,
        own_keys={key.text for key in attester.keys},
        repository=root.repository,
        environment=run.environment,
    )
    # a foreign key signs well but counts for nobody: refused before the commit
    if refusal := attestation_key_fault(draft, content, signature, fleet.people, run.now):
        hint = f"keys that count are under {draft.person}.keys of {layout.PEOPLE}"
        raise FleetError(f"the attestation would not count: {refusal}", hint=hint)
    return signature


def _commit_command(run: RunContext, root: FleetRoot, draft: Attestation, *, signed: bool) -> str:
    """The command that commits the statement and its signature, and nothing else."""
    start = run.folder if run.chdir else Path.cwd()
    paths = quote(os.path.relpath(root.path / draft.file, start)) + "*" * signed
    return f"git{run.chdir} add {paths} && git{run.chdir} commit -m {quote(_subject(draft))} -- {paths}"


def _subject(draft: Attestation) -> str:
    return f"attest {draft.kind} of {draft.agent or FLEET}"
