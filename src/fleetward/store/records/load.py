"""Load ledgers, approvals and evidence from a commit, and find what was taken out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import accumulate

from fleetward.domain import digest, layout, limits
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.ledger import Ledger
from fleetward.domain.people import People
from fleetward.domain.policy import Assurance
from fleetward.store.git.contents import contents
from fleetward.store.git.file_history import FileCommits, commits_by_path, file_commits, file_versions
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.git.tree import REGULAR, Tree
from fleetward.store.records import approvals as statements
from fleetward.store.records import attestations as facts
from fleetward.store.records import evidence as runs
from fleetward.store.records import ledger as lines
from fleetward.store.records.authenticity import (
    commit_author_fault,
    is_committed_by,
    is_signed_by_approver,
    statement_signature_fault,
)
from fleetward.store.records.evidence_recorders import with_recorders, with_signer
from fleetward.store.records.invalid_entries import never_took_effect

_COMPARED = 256 * 1024 * 1024
"""Bytes of earlier ledgers that are hashed, in a fifth of a second: 4 of the largest, hundreds of a usual one."""


def ledger(tree: Tree, environment: str) -> Ledger:
    """
    The ledger of *environment*, empty where there is none yet.

    Errors: FleetError with the line when it is broken.
    """
    return _ledger(ledger_bytes(tree, environment), environment)


def append_only_ledger(
    root: FleetRoot, head: Id, environment: str, refused: frozenset[str] = frozenset()
) -> Ledger:
    """
    The ledger at *head*, which has every line that it had earlier in history.

    *refused* are digests of lines that may be gone: each was refused, so that nothing was decided on it.

    Errors: FleetError with the line when it is broken, with the earlier version when lines are missing.
    """
    content = _content_from_work_tree(root, head, environment) or ledger_bytes(
        root.commit_tree(head), environment
    )
    current = _ledger(content, environment)
    _check_append_only(root, head, environment, content, refused)
    return current


def _content_from_work_tree(root: FleetRoot, head: Id, environment: str) -> bytes | None:
    """The ledger from the work tree if it is the one of *head*: ten times faster than from git."""
    file = layout.ledger_file(environment)
    entries = [
        entry
        for entry in root.commit_tree(head).entries(file)
        if entry.path == file and entry.mode in REGULAR
    ]
    if root.repository.top is None or not entries:
        return None
    content = root.work_tree().read(entries, limits.LEDGER_BYTES)[file]
    is_head_version = isinstance(content, bytes) and root.repository.object_id(content) == entries[0].id
    return content if isinstance(content, bytes) and is_head_version else None


def _ledger(content: bytes, environment: str) -> Ledger:
    return (
        lines.decode(content, layout.ledger_file(environment)) if content else Ledger(environment=environment)
    )


def ledger_bytes(tree: Tree, environment: str) -> bytes:
    """
    The ledger's file, empty where there is none.

    Errors: FleetError for a link, a folder, or a file over the limit.
    """
    file = layout.ledger_file(environment)
    if not tree.entries(file):
        return b""
    content = contents(tree, file).get(file)
    if content is None:
        raise FleetError(
            f"{file}: no regular file of at most {limits.LEDGER_BYTES} bytes", hint=f"git log -- {file}"
        )
    return content


def _check_append_only(
    root: FleetRoot, head: Id, environment: str, content: bytes, refused: frozenset[str]
) -> None:
    """
    Refuse a ledger that lost lines: approvals that these lines used would count a second time.

    Every earlier version has to end where a line of *content* ends; the longest versions, up to 256 MiB together,
    have to be a beginning of it, too. A removed line that never took effect is no loss.
    Errors: FleetError with the version whose lines are missing.
    """
    file = layout.ledger_file(environment)
    # sizes are cheap: most edits change where a line ends
    ends = {0, *accumulate(len(line) + 1 for line in content.split(b"\n")[:-1])}
    sizes_by_blob = root.repository.blobs((blob for _, blob in file_versions(root, head, file)), 0)
    sizes = sorted(
        ((size if isinstance(size, int) else 0, blob_id) for blob_id, size in sizes_by_blob.items()),
        reverse=True,
    )
    spent = 0
    for size, blob_id in sizes:
        compared = size in ends and spent + size <= _COMPARED
        if size in ends and (not compared or root.repository.object_id(content[:size]) == blob_id):
            spent += size  # only true beginnings count: garbage must not use up the budget
        elif not never_took_effect(root, head, blob_id, content, file, refused):
            hint = f"git log --oneline -- {file}, then put back the lines that are missing"
            raise FleetError(
                f"{file}: lines of an earlier version (blob {blob_id[:12]}) are missing", hint=hint
            )


def approvals(
    root: FleetRoot, commit: Id, environment: str, agent: str, people: People, *, now: datetime
) -> tuple[tuple[Approval, ...], tuple[Finding, ...], tuple[Finding, ...]]:
    """
    The statements about *agent* in *environment* at *commit*; findings for lost and for unreadable ones.

    For governance *environment* is empty. A statement that is not its approver's own has its *fault* set;
    signatures are checked against the keys that are in force at *now*.
    """
    tree, folder = root.commit_tree(commit), "/".join(filter(None, (layout.APPROVALS, environment, agent)))
    signatures = signatures_under(tree, folder)
    written = file_commits(root, commit, folder)
    accepted: list[Approval] = []
    unreadable: list[Finding] = []
    # by length first: -10 comes after -9
    for file, content in sorted(contents(tree, folder).items(), key=lambda pair: (len(pair[0]), pair[0])):
        if not file.endswith(".json"):
            continue
        try:
            statement = statements.decode(content, file)
        except FleetError as error:
            unreadable.append(_unreadable(file, error))
            continue
        commits = written.by_path.get(file, ())
        writers = written.by_version.get((file, root.repository.object_id(content)), ())
        is_own = is_committed_by(writers, statement.approver, people)
        signature_file = signature_name(file)
        # a signature that fails is worse than none: it does not fall back to the commit's author
        if signature_file in signatures:
            signature = signatures[signature_file]
            fault = statement_signature_fault(statement, content, signature, people, now)
            assurance = Assurance.RECORDED if fault else Assurance.SIGNED
            signature_digest = digest.of_bytes(signature) if isinstance(signature, bytes) else None
            statement = replace(statement, assurance=assurance, fault=fault, signature=signature_digest)
        else:
            fault = commit_author_fault(commits, statement, people, is_own=is_own)
            statement = replace(statement, fault=fault)
        if statement.fault is not None and not is_own:
            signature = signatures.get(signature_file)
            is_signed = is_signed_by_approver(statement, content, signature, people)
            statement = replace(statement, is_foreign=not is_signed)
        accepted.append(
            replace(
                statement,
                fault=statement.fault or _copy_fault(statement, accepted),
                commit=commits[0].id if commits else None,
            )
        )
    lost = _lost_records(root, commit, folder, partial(_is_own_refusal, root, commit, written, people))
    return tuple(accepted), tuple(lost), tuple(unreadable)


def signature_name(file: str) -> str:
    """The file with the signature of the statement in *file*."""
    return f"{file}.sig"


def evidence(
    root: FleetRoot, commit: Id, agent: str, release: str | None, people: People, *, now: datetime
) -> tuple[tuple[EvidenceRecord, ...], tuple[Finding, ...], tuple[Finding, ...]]:
    """
    The evaluation records of this release; findings for those that are lost, and that are unreadable.

    Each record has its recorders; signatures are checked against the keys that are in force at *now*.
    """
    if release is None:
        return (), (), ()
    tree, folder = root.commit_tree(commit), layout.evidence_folder(agent, digest.short(release))
    files = {file: content for file, content in contents(tree, folder).items() if file.endswith(".json")}
    # history is read only where there is something to ask it about
    commits = commits_by_path(root, commit, folder) if files else {}
    signatures = signatures_under(tree, folder) if files else {}
    records, unreadable = [], []
    for file, content in sorted(files.items()):
        try:
            record = with_recorders(runs.decode(content, file), commits.get(file, ()), people)
        except FleetError as error:
            unreadable.append(_unreadable(file, error))
            continue
        signature_file = signature_name(file)
        if signature_file in signatures:
            record = with_signer(record, content, signatures[signature_file], people, now)
        records.append(record)
    return tuple(records), tuple(_lost_records(root, commit, folder, _is_evidence)), tuple(unreadable)


def signatures_under(tree: Tree, folder: str) -> dict[str, bytes | int | None]:
    """
    By path what lies where signatures belong: bytes, a size where it is too large, None for no regular file.

    A link or a folder of such a name is an invalid signature, not a missing one.
    """
    end = ".json.sig"
    entries = [entry for entry in tree.entries(folder) if end in entry.path]
    names = (entry.path[len(folder) + 1 :].partition("/")[0] for entry in entries)
    by_path: dict[str, bytes | int | None] = {
        f"{folder}/{name}": None for name in names if name.endswith(end)
    }
    regular = [entry for entry in entries if entry.mode in REGULAR and entry.path in by_path]
    return {**by_path, **tree.read(regular, limits.SIGNATURE_BYTES)}


def _copy_fault(statement: Approval, earlier: Iterable[Approval]) -> str | None:
    """Set for a copy under another number, which would count as the later decision of the same second."""
    first = next(
        (approval for approval in earlier if approval.sha256 == statement.sha256 and approval.fault is None),
        None,
    )
    return f"a copy of {first.file}" if first else None


def _lost_records(
    root: FleetRoot, commit: Id, folder: str, is_binding: Callable[[bytes, str], bool]
) -> Iterator[Finding]:
    """Binding records that history has and *commit* lacks, or has with another content."""
    present = {
        (entry.path, entry.id) for entry in root.commit_tree(commit).entries(folder) if entry.mode in REGULAR
    }
    # history and not the tree: deleting a rejection must not allow
    lost = sorted(file_versions(root, commit, folder) - present)
    blobs = root.repository.blobs((blob for _, blob in lost), limits.APPROVAL_BYTES)
    for file, blob in lost:
        content = blobs[blob]
        if isinstance(content, bytes) and is_binding(content, file):
            yield Finding(
                rule="file-unreadable",
                severity=Severity.ERROR,
                message=f"the record (blob {blob[:12]}) was changed or removed: records are append-only",
                place=Place(file=file),
                hint=f"git cat-file blob {blob[:12]} > {file}",
            )


def is_binding_record(content: bytes, file: str) -> bool:
    """Does its loss matter: is it evidence, an attestation, or a statement that rejects or withdraws?"""
    if file.startswith(f"{layout.ATTESTATIONS}/"):
        return _is_attestation(content, file)
    return (
        _is_evidence(content, file) if file.startswith(f"{layout.EVIDENCE}/") else _is_refusal(content, file)
    )


def _is_attestation(content: bytes, file: str) -> bool:
    try:
        facts.decode(content, file)
    except FleetError:
        return False
    return True


def _is_refusal(content: bytes, file: str) -> bool:
    """A lost approval or review counts for nothing; a lost rejection would allow."""
    try:
        return statements.decode(content, file).decision in (Decision.REJECT, Decision.WITHDRAW)
    except FleetError:
        return False


def _is_own_refusal(
    root: FleetRoot, commit: Id, written: FileCommits, people: People, content: bytes, file: str
) -> bool:
    """Is it a refusal that its approver wrote? Nobody has to keep one that others wrote in that name."""
    if not _is_refusal(content, file):
        return False
    statement = statements.decode(content, file)
    writers = written.by_version.get((file, root.repository.object_id(content)), ())
    if is_committed_by(writers, statement.approver, people):
        return True
    signature_file = signature_name(file)
    blobs = [blob for path, blob in file_versions(root, commit, signature_file) if path == signature_file]
    signatures = root.repository.blobs(blobs, limits.SIGNATURE_BYTES).values()
    return any(is_signed_by_approver(statement, content, signature, people) for signature in signatures)


def is_readable_record(content: bytes, file: str) -> bool:
    """Is it a statement or an evaluation record that can be read where it lies?"""
    if file.startswith(f"{layout.EVIDENCE}/"):
        return _is_evidence(content, file)
    try:
        statements.decode(content, file)
    except FleetError:
        return False
    return True


def _is_evidence(content: bytes, file: str) -> bool:
    try:
        runs.decode(content, file)
    except FleetError:
        return False
    return True


def _unreadable(file: str, error: FleetError) -> Finding:
    """It counts nothing and stops nobody: what was readable before and is not any more, is a lost record."""
    message = f"unreadable record: {error.message}"
    return Finding(
        rule="file-unreadable",
        severity=Severity.ERROR,
        message=message,
        place=Place(file=file),
        hint=f"git log -- {file}",
    )
