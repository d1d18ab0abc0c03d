"""The last entry that a named applier signed: it vouches for all lines that it chains to."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain import layout, limits
from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import Entry
from fleetward.domain.policy import Assurance
from fleetward.gate.appliers import applier_fault
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.records import authenticity
from fleetward.store.records import load as records
from fleetward.workflows.audit.commit_files import file_content
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.history import GovernanceHistory, GovernanceInForce


def vouched_beginning(
    run: RunContext,
    root: FleetRoot,
    head: Id,
    governance: GovernanceHistory,
    environment: str,
    landings: Sequence[Id],
) -> Id | None:
    """
    The commit before the one that brought the last vouching entry; None where nothing vouches.

    *landings* are the commits of the branch that changed the ledger, oldest first.
    """
    in_force = governance.in_force
    if in_force.policy.apply is None or in_force.policy.apply.assurance is not Assurance.SIGNED:
        return None
    try:
        ledger = records.ledger(root.commit_tree(head), environment)
    except FleetError:  # the whole replay names the line
        return None
    for position in range(len(ledger.entries) - 1, -1, -1):
        entry = ledger.entries[position]
        if _vouches(run, root, head, in_force, entry):
            landing = _landing(
                root, environment, landings, ledger_end=_end_of(root, head, environment, entry)
            )
            return root.repository.find_commit(f"{landing}^1") if landing else None
    return None


def _vouches(run: RunContext, root: FleetRoot, head: Id, in_force: GovernanceInForce, entry: Entry) -> bool:
    """Is it signed by a named applier, with a key that was valid then and is now?"""
    terms, people = in_force.policy.apply, in_force.people
    if terms is None:
        return False
    account = people.by_email(entry.actor)
    if any(applier_fault(terms, account, entry.actor, people, at) for at in (entry.at, run.now)):
        return False
    signature = file_content(root, head, layout.ledger_signature_file(entry.environment, entry.seq))
    line, instants = entry.line.encode(), (entry.at, run.now)
    return (
        signature is not None
        and authenticity.entry_signature_fault(line, signature, entry.actor, people, instants) is None
    )


def _end_of(root: FleetRoot, head: Id, environment: str, entry: Entry) -> int:
    """The size of the ledger up to the end of *entry*."""
    lines = records.ledger_bytes(root.commit_tree(head), environment).split(b"\n", entry.seq)[: entry.seq]
    return sum(len(line) + 1 for line in lines)


def _landing(root: FleetRoot, environment: str, landings: Sequence[Id], *, ledger_end: int) -> Id | None:
    """The first commit whose ledger reaches *ledger_end* bytes and stays so; by size, because a ledger only grows."""
    ids = root.history.ids_at(layout.ledger_file(environment), landings)
    sizes = root.repository.blobs((id_ for id_ in ids if id_), 0)
    landing = None
    for commit, id_ in zip(reversed(landings), reversed(ids), strict=True):
        size = sizes[id_] if id_ else 0
        # an empty file is read whole
        if not isinstance(size, int) or not ledger_end <= size <= limits.LEDGER_BYTES:
            break
        landing = commit
    return landing
