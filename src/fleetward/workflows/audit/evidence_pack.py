"""``fleet audit --bundle``: what an auditor needs of a range, in a folder that can be checked without this tool."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from fleetward.cli.signers import allowed
from fleetward.domain import digest
from fleetward.domain.approval import Approval
from fleetward.domain.audit import Audit, Landing
from fleetward.domain.errors import FleetError, Unwritten, UsageError
from fleetward.domain.json_text import json_text
from fleetward.domain.ledger import Entry
from fleetward.domain.people import People
from fleetward.report import audit_json, audit_text, changes_json, changes_text, evidence_pack_readme
from fleetward.report.human import plain
from fleetward.store.git.fleet_root import Ground
from fleetward.store.records import approvals as statements
from fleetward.store.records import load as records
from fleetward.workflows.audit.entries import kept
from fleetward.workflows.comparison import revisions
from fleetward.workflows.comparison import run as moved
from fleetward.workflows.load import read

Told = tuple[Landing, Entry]
Files = dict[str, bytes]
_LARGEST = 64 * 1024 * 1024


def usable(path: Path) -> Path:
    """
    The folder, where a pack may be written.

    Errors: UsageError where something is there already.
    """
    taken = path.is_symlink() or (path.exists() and not path.is_dir())
    if taken or (path.is_dir() and any(path.iterdir())):
        raise UsageError(f"{str(path)!r} is not an empty folder", hint="--bundle DIR of a new name")
    return path


def write(path: Path, files: Files) -> None:
    """
    The pack, at once.

    Errors: Unwritten, with nothing left behind.
    """
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        for name, content in files.items():
            target = part / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        part.chmod(0o755)
        part.replace(path)
    except OSError as error:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
        raise Unwritten(f"cannot write {str(path)!r}: {error.strerror}") from error


def pack(ground: Ground, found: Audit, told: Iterable[Told]) -> Files:
    """The files of a pack by name, the digests of all of them last."""
    told = tuple(told)
    own = _records(ground, found, told)
    files: Files = {
        **own,
        "audit.json": json_text(audit_json.render(found)).encode(),
        "audit.txt": plain(audit_text.render(found, next_command="fleet audit")).encode(),
        "records.txt": "".join(f"{name}\n" for name in sorted(own)).encode(),
    }
    signed: list[str] = []
    for landing, entry in told:
        files |= _promotion(ground, landing, entry)
        files |= _law(ground, entry)
        signed += _signed(own, files, entry, _people(ground, entry))
    files["signed.txt"] = "".join(f"{one}\n" for one in sorted(set(signed))).encode()
    files["README.md"] = evidence_pack_readme.render(
        told=audit_text.told(found), reach=audit_text.reach(found), last=found.last, prefix=ground.prefix
    ).encode()
    sums = "".join(f"{digest.of_bytes(files[name])[7:]}  {name}\n" for name in sorted(files))
    return {**dict(sorted(files.items())), "SHA256SUMS": sums.encode()}


def _records(ground: Ground, found: Audit, told: Iterable[Told]) -> Files:
    """Ledgers, approvals with their signatures, and evidence, as the last commit has them."""
    named = {str(one["file"]) for _, entry in told for one in (*entry.approvals, *entry.evidence)}
    named |= {records.signature_name(file) for file in named if file.startswith("approvals/")}
    tree = ground.commit(found.last)
    entries = tree.entries("ledger", "approvals", "evidence")
    wanted = [
        one
        for one in entries
        if one.path in named or one.path.startswith(("ledger/", "approvals/governance/"))
    ]
    contents = tree.read((one for one in wanted if one.mode.startswith("100")), _LARGEST)
    return {path: content for path, content in contents.items() if isinstance(content, bytes)}


def _promotion(ground: Ground, landing: Landing, entry: Entry) -> Files:
    """One entry, and what it changed."""
    folder = f"promotions/{entry.environment}-{entry.seq:06}"
    files = {f"{folder}/entry.jsonl": f"{entry.line}\n".encode()}
    if landing.parent is None:
        return files
    base, head = revisions.of_revisions(ground, [f"{landing.parent}..{landing.commit}"], {})
    found = moved.between(ground, base, head)
    names = {one.agent for one in entry.agents}
    own = [one for one in found.agents if one.row.environment == entry.environment and one.row.agent in names]
    text = changes_text.render(
        own,
        (),
        base=base.shown,
        head=head.shown,
        unreadable=found.unreadable,
        verbose=True,
        next_command="fleet audit",
    )
    data = changes_json.render(own, (), base=base.shown, head=head.shown, unreadable=found.unreadable)
    files[f"{folder}/change.txt"] = plain(text).encode()
    files[f"{folder}/change.json"] = json_text(data).encode()
    return files


def _law(ground: Ground, entry: Entry) -> Files:
    """The governance that an entry was decided by, and who could sign then."""
    tree, folder = ground.commit(entry.commit), _lies(entry)
    found = kept(ground, entry.commit, "governance")
    contents = ground.repository.blobs((one.id for one in found.values()), _LARGEST)
    files: Files = {}
    for path, one in found.items():
        content = contents[one.id]
        if isinstance(content, bytes):
            files[f"{folder}/{path}"] = content
    try:
        people = read(tree, only=()).governed().people
    except FleetError:
        return files
    # told for the time of the entry, so that the same range always makes the same pack
    lines = "".join(f"{one.line}\n" for one in allowed(people, entry.at))
    return {**files, _signers(entry): lines.encode()}


def _people(ground: Ground, entry: Entry) -> People | None:
    try:
        return read(ground.commit(entry.commit), only=()).governed().people
    except FleetError:
        return None


def _signed(own: Files, files: Files, entry: Entry, people: People | None) -> Iterator[str]:
    """The statements of an entry that carry a signature: file, address, signers, time."""
    for one in entry.approvals:
        file = str(one["file"])
        if file not in own or records.signature_name(file) not in own or people is None:
            continue
        said: Approval = statements.decode(own[file], file)
        person = people.people.get(said.approver)
        if person and person.emails and files.get(_signers(entry)):
            yield f"{file} {person.emails[0]} {_signers(entry)} {said.issued:%Y%m%d%H%M%SZ}"


def _lies(entry: Entry) -> str:
    return f"governance/{digest.short(entry.governance)}"


def _signers(entry: Entry) -> str:
    return f"{_lies(entry)}/{entry.environment}-{entry.seq:06}.allowed_signers"
