"""The records of a fleet as one tree holds them: approvals, evidence, ledgers, the governance digest."""

from __future__ import annotations

from dataclasses import replace

from fleetward.domain import digest
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import Record
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.ledger import Ledger
from fleetward.domain.people import People, Person
from fleetward.store import approvals as statements
from fleetward.store import evidence as runs
from fleetward.store import ledger as lines
from fleetward.store.git import Id
from fleetward.store.ground import Ground
from fleetward.store.history import committed_by
from fleetward.store.tree import REGULAR, Tree


def ledger(tree: Tree, environment: str) -> Ledger:
    """
    The ledger of *environment*, empty where there is none yet.

    Errors: FleetError when it is broken, naming the line.
    """
    content = _contents(tree, lines.file_name(environment)).get(lines.file_name(environment))
    return lines.decode(content, lines.file_name(environment)) if content else Ledger(environment=environment)


def ledger_bytes(tree: Tree, environment: str) -> bytes:
    """The ledger's file as it is."""
    return _contents(tree, lines.file_name(environment)).get(lines.file_name(environment), b"")


def approvals(
    ground: Ground, commit: Id, environment: str, agent: str, people: People
) -> tuple[tuple[Approval, ...], tuple[Finding, ...]]:
    """Every statement about *agent* in *environment* at *commit*; what cannot be read is told, not hidden."""
    tree = ground.commit(commit)
    found, refused = [], []
    for file, content in sorted(_contents(tree, f"approvals/{environment}/{agent}").items()):
        if not file.endswith(".json"):
            continue
        try:
            statement = statements.decode(content, file)
        except FleetError as error:
            refused.append(_unreadable(file, error))
            continue
        found.append(replace(statement, fault=_fault(ground, commit, statement, people)))
    return tuple(found), tuple(refused)


def evidence(tree: Tree, agent: str, release: str | None) -> tuple[tuple[Record, ...], tuple[Finding, ...]]:
    """The evaluation records of exactly this release."""
    if release is None:
        return (), ()
    found, refused = [], []
    for file, content in sorted(_contents(tree, f"evidence/{agent}/{digest.short(release)}").items()):
        if not file.endswith(".json"):
            continue
        try:
            found.append(runs.decode(content, file))
        except FleetError as error:
            refused.append(_unreadable(file, error))
    return tuple(found), tuple(refused)


def governance_digest(tree: Tree) -> str:
    """The digest of ``governance/``, made like a release digest."""
    files = _contents(tree, "governance")
    return digest.of_files((path.removeprefix("governance/"), content) for path, content in files.items())


def _fault(ground: Ground, commit: Id, statement: Approval, people: People) -> str | None:
    """
    A recorded approval is its approver's when nobody else ever committed its file.

    A veto stands as soon as its author once committed it: touching it must not lift it.
    """
    hands = committed_by(ground, commit, statement.file)
    others = [hand for hand in hands if not _is(people, hand.author, statement.approver)]
    if not hands:
        return "no commit of its approver's added it"
    if statement.decision is Decision.REJECT and len(others) < len(hands):
        return None
    if others:
        hand = others[0]
        return f"committed by {hand.author} (commit {hand.id[:12]}), not by {statement.approver}"
    return None


def _is(people: People, email: str, person: str) -> bool:
    known = people.of_email(email)
    return isinstance(known, Person) and known.id == person


def _unreadable(file: str, error: FleetError) -> Finding:
    """A record that cannot be read might have been a veto: it stops the promotion until it is put right."""
    message = f"a record that cannot be read: {error.message}"
    return Finding(
        rule="file-unreadable",
        severity=Severity.ERROR,
        message=message,
        place=Place(file=file),
        hint=f"git log -- {file}",
    )


def _contents(tree: Tree, *under: str) -> dict[str, bytes]:
    entries = [entry for entry in tree.entries(*under) if entry.mode in REGULAR]
    found = tree.read(entries, lines.LARGEST)
    return {path: content for path, content in found.items() if isinstance(content, bytes)}
