"""The governance in force at a commit: the last agreed one on its first-parent line (trust, section 1)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from fleetward.domain import layout
from fleetward.domain.errors import FleetError
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.ledger import Entry, Ledger
from fleetward.domain.names import is_name
from fleetward.store.git.contents import governance_folder_digest
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.git.soak_time import first_parent_commits_of
from fleetward.store.records import load as records
from fleetward.store.records.invalid_entries import UNDO_HINT
from fleetward.workflows.governance.history import (
    GovernanceHistory,
    GovernanceInForce,
    follow,
    governance_at,
)


def governance_in_force(root: FleetRoot, head: Id, now: datetime) -> GovernanceHistory:
    """
    The governance in force at *head*, and what is pending; that of *head* itself where nothing is adopted yet.

    Errors: GovernanceInvalid where there is none; FleetError where the first entry does not fit its commit.
    """
    history = current_history(root, head, now)
    return history or GovernanceHistory.beginning(governance_at(root, head))


def current_history(root: FleetRoot, head: Id, now: datetime) -> GovernanceHistory | None:
    """
    The history of governance since the first adoption on the way to *head*; None where nothing is adopted yet.

    Entries of earlier versions took ``fleet-config.yaml`` as their commit had it: up to the last of them
    ``governance/`` alone is followed.
    Errors: FleetError where the commit of the first entry has another governance than the entry says.
    """
    history = _beginning(root, head)
    if history is None:
        return None
    entry = last_entry_of_version_1(root, head, history.in_force.config)
    earlier = decision_commit(root, head, entry) if entry else None
    if earlier is not None:
        history = follow(root, history, earlier, now, version=1)
        history = GovernanceHistory.beginning(refreshed(root, history.in_force, earlier), earlier)
    return follow(root, history, head, now)


def refreshed(root: FleetRoot, in_force: GovernanceInForce, commit: Id) -> GovernanceInForce:
    """*in_force* with the configuration of *commit*, at which an entry of an earlier version was decided."""
    if governance_folder_digest(root.commit_tree(commit)) != in_force.folder_digest:
        return in_force
    with suppress(FleetError):
        return governance_at(root, commit, since=in_force.since)
    return in_force


def _beginning(root: FleetRoot, head: Id) -> GovernanceHistory | None:
    for landing in first_parent_commits_of(root, head, None, (layout.LEDGERS,)):
        history = beginning_at(root, head, landing)
        if history is not None:
            return history
    return None


def beginning_at(root: FleetRoot, head: Id, landing: Id) -> GovernanceHistory | None:
    """
    The history that begins with the entries of *landing*; None where their environments are unknown to its governance.

    Errors: FleetError where the entries name another governance.
    """
    try:
        ledgers = tuple(_ledgers(root, landing))
    except FleetError:
        # what nobody can read stops nothing where it is the ledger of no environment
        ledgers = tuple(_ledgers(root, landing, governance_at(root, landing).config))
    entries = sorted(
        (entry for ledger in ledgers for entry in ledger.entries),
        key=lambda entry: (entry.at, entry.seq),
    )
    if not entries:
        return None
    start = _decided_at(root, head, entries[0]) or landing
    in_force = governance_at(root, start)
    known = [entry for entry in entries if in_force.config.environment(entry.environment)]
    if not known:
        return None
    _require_same_governance(root, in_force, start, known[-1] if start == landing else known[0])
    return GovernanceHistory.beginning(in_force)


def _require_same_governance(root: FleetRoot, in_force: GovernanceInForce, start: Id, entry: Entry) -> None:
    if entry.governance == in_force.digest_of(entry.governance_version):
        return
    where = f"{layout.ledger_file(entry.environment)}:{entry.seq}"
    raise FleetError(
        f"{where}: governance at commit {start[:12]} is not what it names",
        hint=UNDO_HINT if start == entry.commit else _squash_hint(root, entry.commit),
    )


def last_entry_of_version_1(root: FleetRoot, commit: Id, config: FleetConfig | None = None) -> Entry | None:
    """The newest entry of an earlier version in all ledgers at *commit*, or in those that *config* knows."""
    return max(
        (entry for ledger in _ledgers(root, commit, config) for entry in _last_before_versions(ledger)),
        key=lambda entry: (entry.at, entry.seq),
        default=None,
    )


def decision_commit(root: FleetRoot, head: Id, entry: Entry) -> Id | None:
    """
    The commit of the branch at which *entry* was decided; None where the branch does not have the entry.

    After a squash it is the commit before: the configuration that came with it was agreed to by nobody.
    """
    decided = _decided_at(root, head, entry)
    if decided is not None:
        return decided
    line, file = entry.line.encode() + b"\n", layout.ledger_file(entry.environment)
    for landing in first_parent_commits_of(root, head, None, (file,)):
        if line in records.ledger_bytes(root.commit_tree(landing), entry.environment):
            return root.repository.find_commit(f"{landing}^1") or landing
    return None


def _decided_at(root: FleetRoot, head: Id, entry: Entry) -> Id | None:
    """The commit that *entry* names, where it is on the first-parent line of *head*."""
    line = {commit for commit, _ in root.history.first_parent_times(head)}
    return entry.commit if entry.commit in line else None


def _last_before_versions(ledger: Ledger) -> Sequence[Entry]:
    """The last entry before those that say ``governanceVersion``, none or one."""
    count = bisect_left(ledger.entries, True, key=lambda entry: entry.governance_version > 1)
    return ledger.entries[count - 1 : count] if count else ()


def _ledgers(root: FleetRoot, commit: Id, config: FleetConfig | None = None) -> Iterator[Ledger]:
    """All ledgers at *commit*, or those of the environments that *config* knows."""
    tree = root.commit_tree(commit)
    for item in tree.entries(layout.LEDGERS):
        name = layout.ledger_environment(item.path)
        if name is not None and is_name(name) and (config is None or config.environment(name)):
            yield records.ledger(tree, name)


def _squash_hint(root: FleetRoot, commit: Id) -> str:
    """The command that brings a squashed commit back: its governance is the one that decided."""
    merge = f"git merge {commit[:12]}, which was squashed away"
    if root.repository.find_commit(commit) == commit:
        return f"{merge}; {UNDO_HINT}"
    return f"git fetch the branch on which {commit[:12]} is, then {merge}; {UNDO_HINT}"
