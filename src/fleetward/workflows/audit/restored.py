"""Folders that a commit restored by hand to what their ledger says."""

from __future__ import annotations

from fleetward.domain import layout, limits
from fleetward.domain.audit import FirstParentCommit
from fleetward.domain.ledger import Entry, Ledger
from fleetward.store.git.contents import state_digest
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.git.soak_time import first_parent_commits_of
from fleetward.workflows.audit.commit_files import folder_files


def restored_agents(root: FleetRoot, commit: FirstParentCommit, ledger: Ledger) -> dict[str, int]:
    """
    The agents whose folder is exactly what their last entry left, with the number of that entry.

    A digest does not cover file modes, so the folder is compared with that of the entry's own commit, too.
    """
    changes = commit.changes_under(layout.environment_folder(ledger.environment))
    agents = sorted({parts[2] for change in changes if len(parts := change.path.split("/")) > 2})
    last = {name: transition for name in agents if (transition := ledger.last_transition(name))}
    restored = {}
    for name, (entry, change) in last.items():
        folder = layout.agent_folder(ledger.environment, name)
        if state_digest(root.commit_tree(commit.id), folder) == change.to_state and _has_promoted_files(
            root, commit, entry, folder
        ):
            restored[name] = entry.seq
    return restored


def _has_promoted_files(root: FleetRoot, commit: FirstParentCommit, entry: Entry, folder: str) -> bool:
    promotion = _promotion_commit(root, commit, entry)
    if promotion is None:
        return False
    return folder_files(root, promotion, folder) == folder_files(root, commit.id, folder)


def _promotion_commit(root: FleetRoot, commit: FirstParentCommit, entry: Entry) -> Id | None:
    """The commit of the branch that added the line of *entry*."""
    file, line = layout.ledger_file(entry.environment), entry.line.encode()
    for id_ in first_parent_commits_of(root, commit.id, None, (file,)):
        tree = root.commit_tree(id_)
        content = tree.read(tree.entries(file), limits.LEDGER_BYTES).get(file)
        if isinstance(content, bytes) and line in content.split(b"\n"):
            return id_
    return None
