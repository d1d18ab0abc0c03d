"""Folders that a commit by hand put back to what their ledger says."""

from __future__ import annotations

from fleetward.domain import layout, limits
from fleetward.domain.audit import FirstParentCommit
from fleetward.domain.ledger import Entry, Ledger
from fleetward.store.git.branch_history import first_parent_commits_of
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.workflows.audit.entries import folder_files, state_digest


def restored_agents(ground: FleetRoot, landing: FirstParentCommit, ledger: Ledger) -> dict[str, int]:
    """
    The agents whose folder is exactly what the last entry that moved them left, by the number of that entry.

    A digest knows no modes, so that the folder has to be the one of the entry's own commit as well.
    """
    steps = landing.changes_under(layout.environment_folder(ledger.environment))
    agents = sorted({parts[2] for step in steps if len(parts := step.path.split("/")) > 2})
    last = {name: last_entry for name in agents if (last_entry := ledger.last_transition(name))}
    return {
        name: entry.seq
        for name, (entry, moved) in last.items()
        if state_digest(ground, landing.id, ledger.environment, name) == moved.to_state
        and _matches_promotion(ground, landing, entry, layout.agent_folder(ledger.environment, name))
    }


def _matches_promotion(ground: FleetRoot, landing: FirstParentCommit, entry: Entry, folder: str) -> bool:
    promotion = _promotion_commit(ground, landing, entry)
    return promotion is not None and folder_files(ground, promotion, folder) == folder_files(
        ground, landing.id, folder
    )


def _promotion_commit(ground: FleetRoot, landing: FirstParentCommit, entry: Entry) -> Id | None:
    """The commit of the branch that brought the entry's line."""
    file, line = layout.ledger_file(entry.environment), entry.line.encode()
    for commit in first_parent_commits_of(ground, landing.id, None, (file,)):
        tree = ground.commit_tree(commit)
        content = tree.read(tree.entries(file), limits.LEDGER_BYTES).get(file)
        if isinstance(content, bytes) and line in content.split(b"\n"):
            return commit
    return None
