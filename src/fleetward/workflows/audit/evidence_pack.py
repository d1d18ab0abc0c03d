"""The evidence pack of ``fleet audit --bundle``: a folder that an auditor can check without this tool."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from fleetward.domain import digest, layout, limits
from fleetward.domain.approval import Approval
from fleetward.domain.audit import Audit, FirstParentCommit
from fleetward.domain.errors import FleetError, UsageError, WriteFailed
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.domain.ledger import Entry
from fleetward.domain.people import People
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.records import approvals as statements
from fleetward.store.records import load as records
from fleetward.workflows.approval.review_status import LedgerEntryAt
from fleetward.workflows.audit.commit_files import folder_files
from fleetward.workflows.comparison import revisions
from fleetward.workflows.comparison.run import compare_fleets
from fleetward.workflows.governance.allowed_signers import allowed_signers
from fleetward.workflows.load import load_fleet

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRenderers:
    """How the texts of a pack are written: each function returns files by name."""

    audit: Callable[[Audit], Files]
    change: Callable[[FleetDiff], Files]
    readme: Callable[[Audit, str], Files]
    """From an audit, and the folder of the fleet in its repository."""


def empty_folder(path: Path) -> Path:
    """
    The folder for a pack.

    Errors: UsageError if it exists and is not empty.
    """
    # a link could lead the pack to a folder that somebody else controls
    occupied = path.is_symlink() or (path.exists() and not path.is_dir())
    if occupied or (path.is_dir() and any(path.iterdir())):
        raise UsageError(f"{str(path)!r} is not an empty folder", hint="--bundle DIR of a new name")
    return path


def write(path: Path, files: Files) -> None:
    """
    Write the pack atomically.

    Errors: WriteFailed, with no file left.
    """
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # a sibling folder and one rename: a full disk leaves no half pack
        part = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        for name, content in files.items():
            target = part / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        # mkdtemp makes 0700, which an auditor could not read
        part.chmod(0o755)
        part.replace(path)
    except OSError as error:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
        raise WriteFailed(f"cannot write {str(path)!r}: {error.strerror}") from error


def build(root: FleetRoot, audit: Audit, entries: Iterable[LedgerEntryAt], renderers: PackRenderers) -> Files:
    """The files of a pack by name; ``SHA256SUMS`` has the digests of the others."""
    entries = tuple(entries)
    record_files = _record_files(root, audit, entries)
    files: Files = {
        **record_files,
        **renderers.audit(audit),
        "records.txt": "".join(f"{name}\n" for name in sorted(record_files)).encode(),
    }
    signatures: list[str] = []
    for commit, entry in entries:
        files |= _promotion_files(root, commit, entry, renderers)
        files |= _governance_files(root, entry)
        signatures += _signature_lines(record_files, files, entry, _people(root, entry))
    # sorted and unique: the same range gives the same bytes
    files["signed.txt"] = "".join(f"{line}\n" for line in sorted(set(signatures))).encode()
    files |= renderers.readme(audit, root.prefix)
    # sha256sum --check reads this; the prefix "sha256:" is cut off
    sums = "".join(f"{digest.of_bytes(files[name])[7:]}  {name}\n" for name in sorted(files))
    return {**dict(sorted(files.items())), "SHA256SUMS": sums.encode()}


def _record_files(root: FleetRoot, audit: Audit, committed_entries: Iterable[LedgerEntryAt]) -> Files:
    """Ledgers, approvals and attestations with their signatures, and evidence, from the last commit."""
    names = {str(record["file"]) for _, entry in committed_entries for record in entry.records}
    names |= {
        records.signature_name(file)
        for file in names
        if file.startswith(f"{layout.APPROVALS}/") or layout.is_attestation(file)
    }
    tree = root.commit_tree(audit.last)
    entries = tree.entries(*layout.RECORDS)
    packed = [
        record
        for record in entries
        if record.path in names
        # whole ledgers: the chain cannot be checked from one line
        or record.path.startswith((f"{layout.LEDGERS}/", f"{layout.approvals_folder(layout.GOVERNANCE)}/"))
    ]
    # links and submodules have no content that a digest could cover
    contents = tree.read(
        (record for record in packed if record.mode.startswith("100")), limits.EVIDENCE_PACK_FILE_BYTES
    )
    return {path: content for path, content in contents.items() if isinstance(content, bytes)}


def _promotion_files(
    root: FleetRoot, commit: FirstParentCommit, entry: Entry, renderers: PackRenderers
) -> Files:
    """An entry, and the change that it promoted."""
    folder = f"promotions/{entry.environment}-{entry.seq:06}"
    files = {f"{folder}/entry.jsonl": f"{entry.line}\n".encode()}
    # the first commit has nothing to compare with
    if commit.parent is None:
        return files
    base, head = revisions.resolve_revisions(root, [f"{commit.parent}..{commit.id}"], {})
    fleet_diff = compare_fleets(root, base, head)
    names = {item.agent for item in entry.agents}
    comparisons = tuple(
        item
        for item in fleet_diff.agents
        if item.row.environment == entry.environment and item.row.agent in names
    )
    change = replace(fleet_diff, agents=comparisons, governance=())
    return files | {f"{folder}/{name}": content for name, content in renderers.change(change).items()}


def _governance_files(root: FleetRoot, entry: Entry) -> Files:
    """The governance that decided an entry, and the allowed signers of that time."""
    folder = _governance_folder(entry)
    governance_files = folder_files(root, entry.commit, layout.GOVERNANCE)
    contents = root.repository.blobs(
        (file.id for file in governance_files.values()), limits.EVIDENCE_PACK_FILE_BYTES
    )
    files: Files = {}
    for path, file in governance_files.items():
        content = contents[file.id]
        if isinstance(content, bytes):
            files[f"{folder}/{path}"] = content
    people = _people(root, entry)
    if people is None:
        return files
    # as of the entry, so that the same range always makes the same pack
    lines = "".join(f"{signer.line}\n" for signer in allowed_signers(people, entry.at))
    return {**files, _signers_file(entry): lines.encode()}


def _people(root: FleetRoot, entry: Entry) -> People | None:
    """The people of that time; None if the governance cannot be read."""
    try:
        return load_fleet(root.commit_tree(entry.commit), only=()).require_governance().people
    except FleetError:
        return None


def _signature_lines(record_files: Files, files: Files, entry: Entry, people: People | None) -> Iterator[str]:
    """The signed statements of an entry: file, address, file of signers, time."""
    for record in entry.approvals:
        file = str(record["file"])
        # the README checks these with ssh-keygen alone, so all four parts must exist
        if file not in record_files or records.signature_name(file) not in record_files or people is None:
            continue
        approval: Approval = statements.decode(record_files[file], file)
        person = people.people.get(approval.approver)
        if person and person.emails and files.get(_signers_file(entry)):
            yield f"{file} {person.emails[0]} {_signers_file(entry)} {approval.issued:%Y%m%d%H%M%SZ}"


def _governance_folder(entry: Entry) -> str:
    return f"{layout.GOVERNANCE}/{digest.short(entry.governance)}"


def _signers_file(entry: Entry) -> str:
    return f"{_governance_folder(entry)}/{entry.environment}-{entry.seq:06}.allowed_signers"
