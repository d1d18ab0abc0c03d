"""An evaluation run as evidence for one release."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fleetward.domain import digest, layout, limits
from fleetward.domain.committed_records import RecordCommit
from fleetward.domain.errors import FleetError, UsageError
from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.manifest import Agent
from fleetward.domain.names import nearest_name
from fleetward.store.git import atomic_files, commit_writer
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.push import PushTarget
from fleetward.store.git.tree import REGULAR
from fleetward.store.imports.evaluations.registry import read_evaluation
from fleetward.store.records import evidence as records
from fleetward.store.records.evidence_recorders import with_signer
from fleetward.store.records.load import signature_name
from fleetward.store.signing import sign as signing
from fleetward.workflows.agent import agent_at_head
from fleetward.workflows.context import RunContext
from fleetward.workflows.imports.given_file import read_given_file
from fleetward.workflows.load import load_fleet
from fleetward.workflows.record_commit import (
    CommitOptions,
    check_committable,
    commit_records,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvidence:
    """A record as it lies in its file, and the next command."""

    record: EvidenceRecord
    environment: str
    sha256: str
    is_new: bool
    """False where the same run was recorded before."""
    next_command: str
    committed: RecordCommit | None = None

    @property
    def passed(self) -> bool:
        """Whether the run satisfies its suite; a run with faults never does."""
        record = self.record
        low = record.minimum is None or record.value >= record.minimum
        high = record.maximum is None or record.value <= record.maximum
        return low and high and not record.faults and record.partial is None

    @property
    def caveats(self) -> tuple[str, ...]:
        """What a reader of the record has to know, a sentence each."""
        record = self.record
        flaky = f"{record.flaky} test{'' if record.flaky == 1 else 's'} passed only when run again (flaky)"
        return (
            *((f"only a part of the suite ran: {record.partial}",) if record.partial else ()),
            *((flaky,) if record.flaky else ()),
            *(("the file has no time: its age is unknown",) if record.undated else ()),
            *(
                ("its time has no zone: the earliest that it can mean counts",)
                if record.finished_latest
                else ()
            ),
            *(("ran in a work tree with uncommitted changes",) if record.dirty else ()),
        )


def record_evidence(
    run: RunContext,
    *,
    agent: str,
    file: str,
    suite: str,
    environment: str | None,
    key: str | None = None,
    commit: CommitOptions | None = None,
) -> RecordedEvidence:
    """
    Record the results in *file* for the release that the agent has at HEAD.

    *key* is the key file to sign with, empty for the key of git or the ssh-agent; None: no signature.
    Errors: FleetError where the file cannot be read, is recorded for another release or the key would not count;
    UsageError for an unknown suite.
    """
    evaluated = agent_at_head(run, agent, environment)
    root, release = evaluated.root, evaluated.agent
    commit = commit or CommitOptions()
    target = check_committable(root, commit)
    requirement = _suite(release, suite)
    content = read_given_file(
        run.path(file),
        file,
        limit=limits.EVALUATION_JSON_BYTES,
        hint="name the results file",
        larger="export fewer samples",
    )
    record = records.bind(
        read_evaluation(content, format=None, file=file),
        agent=agent,
        release=release.release,
        suite=requirement,
        recorded=run.now,
        source=file,
        source_sha256=digest.of_bytes(content),
        model=release.manifest.get("spec.model.name") if release.manifest else None,
        environment=release.environment,
        state=release.state,
    )
    _check_claimed_once(root, record)
    present = _present_record(root, record)
    content = present or records.encode(record)
    signed = {} if key is None else {signature_name(record.file): _signature(run, root, record, content, key)}
    committed = _commit(run, root, record, {record.file: content, **signed}, commit, target)
    if committed is None:
        _write(root, {**({} if present else {record.file: content}), **signed})
    next_command = _next_command(run, root, record, environment, signed=bool(signed))
    return RecordedEvidence(
        record=record,
        environment=release.environment,
        sha256=digest.of_bytes(content),
        is_new=present is None,
        next_command=committed.next_command(run.chdir, next_command) if committed else next_command,
        committed=committed,
    )


def _suite(agent: Agent, name: str) -> dict[str, Any]:
    if agent.manifest is None:
        raise FleetError(f"{agent.folder}/agent.yaml cannot be read", hint=f"fleet validate {agent.folder}")
    suites = {str(entry["name"]): entry for entry in agent.manifest.items("spec.evals")}
    if name not in suites:
        close = nearest_name(name, suites)
        hint = f"--suite {close}" if close else f"spec.evals has: {', '.join(sorted(suites)) or 'none'}"
        raise UsageError(f"{agent.name} has no suite {name!r}", hint=hint)
    return dict(suites[name])


def _check_claimed_once(root: FleetRoot, record: EvidenceRecord) -> None:
    """
    Refuse an untagged run that is recorded for another release already: it was made on one release.

    Errors: FleetError.
    """
    if not record.claimed:
        return
    end = f"-{digest.short(record.source_sha256)}.json"
    for tree in (root.commit_tree(root.head()), root.work_tree()):
        entries = [
            entry
            for entry in tree.entries(layout.EVIDENCE)
            if entry.path.endswith(end) and entry.mode in REGULAR
        ]
        for path, content in tree.read(entries, limits.EVIDENCE_BYTES).items():
            release = _recorded_release(content, path, record)
            if release not in (None, record.release):
                raise FleetError(
                    f"{record.source!r} carries no tag fleet.release and is recorded for {release} already: {path}",
                    hint=f"run the suite again on this release, tagged with what 'fleet release {record.agent}' prints",
                )


def _recorded_release(content: bytes | int | None, path: str, record: EvidenceRecord) -> str | None:
    """The release that *path* records for the same run; None where it holds no such record."""
    try:
        previous = records.decode(content, path) if isinstance(content, bytes) else None
    except FleetError:
        return None
    return previous.release if previous and previous.source_sha256 == record.source_sha256 else None


def _present_record(root: FleetRoot, record: EvidenceRecord) -> bytes | None:
    """The record of the same run that lies there; what a full disk or a kill left there is no record."""
    content = atomic_files.read_regular_file(root.path, record.file)
    is_record = content is not None and _recorded_release(content, record.file, record) is not None
    return content if is_record else None


def _commit(
    run: RunContext,
    root: FleetRoot,
    record: EvidenceRecord,
    files: Mapping[str, bytes],
    options: CommitOptions,
    target: PushTarget | None,
) -> RecordCommit | None:
    """Commit what HEAD does not hold yet of the record and its signature."""
    committed = {entry.path for entry in root.commit_tree(root.head()).entries(*files)}
    remaining = {path: content for path, content in files.items() if path not in committed}
    return commit_records(run, root, remaining, f"evidence for {record.agent}", options, target)


def _write(root: FleetRoot, files: Mapping[str, bytes]) -> None:
    """Write the record and its signature, both or neither."""
    before = {file: atomic_files.read_regular_file(root.path, file) for file in files}
    atomic_files.replace_files(root.path, before, files)


def _signature(
    run: RunContext, root: FleetRoot, record: EvidenceRecord, content: bytes, key_file: str
) -> bytes:
    people = load_fleet(root.commit_tree(root.head()), only=()).require_governance().people
    recorder = people.by_email(commit_writer.committer_email(root.repository))
    signature = signing.sign(
        content,
        run.folder / Path(key_file).expanduser() if key_file else None,
        own_keys={key.text for key in recorder.keys} if recorder else (),
        repository=root.repository,
        environment=run.environment,
        namespace=signing.EVIDENCE_NAMESPACE,
    )
    # a foreign key signs well but counts for nobody: refused before the commit
    if fault := with_signer(record, content, signature, people, run.now).signature_fault:
        raise FleetError(f"the record would not count: {fault}", hint=f"list the key in {layout.PEOPLE}")
    return signature


def _next_command(
    run: RunContext, root: FleetRoot, record: EvidenceRecord, env: str | None, *, signed: bool
) -> str:
    """The command that commits the record; where HEAD has it already, the promotion that needs it."""
    files = [record.file, *([signature_name(record.file)] if signed else [])]
    tree = root.commit_tree(root.head())
    if not all(tree.entries(file) for file in files):
        commit = f"commit -m 'evidence for {record.agent}'"
        return f"git{run.chdir} add {' '.join(files)} && git{run.chdir} {commit}"
    fleet = load_fleet(root.commit_tree(root.head()), only=()).snapshot
    environments = fleet.config.environments if fleet else ()
    source = env or (environments[0].name if environments else "")
    to = next((environment.name for environment in environments if source in environment.sources), None)
    if to is None:
        return f"fleet release{run.chdir} {record.agent} --env {source}"
    return f"fleet promote{run.chdir} {record.agent} --to {to}"
