"""Folders that a commit by hand put back to what their ledger says."""

from __future__ import annotations

from fleetward.domain.audit import Landing
from fleetward.domain.ledger import Entry, Ledger
from fleetward.store.fleet.agents import ENVIRONMENTS
from fleetward.store.git.fleet_root import Ground
from fleetward.store.git.history import touching
from fleetward.store.git.repository import Id
from fleetward.store.records.ledger import LARGEST, file_name
from fleetward.workflows.audit.entries import kept, state


def returned(ground: Ground, landing: Landing, ledger: Ledger) -> dict[str, int]:
    """
    The agents whose folder is exactly what the last entry that moved them left, by the number of that entry.

    A digest knows no modes, so that the folder has to be the one of the entry's own commit as well.
    """
    steps = landing.under(f"{ENVIRONMENTS}/{ledger.environment}")
    touched = sorted({parts[2] for step in steps if len(parts := step.path.split("/")) > 2})
    last = {name: told for name in touched if (told := ledger.last(name))}
    return {
        name: entry.seq
        for name, (entry, moved) in last.items()
        if state(ground, landing.commit, ledger.environment, name) == moved.to_state
        and _as_landed(ground, landing, entry, f"{ENVIRONMENTS}/{ledger.environment}/{name}")
    }


def _as_landed(ground: Ground, landing: Landing, entry: Entry, folder: str) -> bool:
    there = _landed(ground, landing, entry)
    return there is not None and kept(ground, there, folder) == kept(ground, landing.commit, folder)


def _landed(ground: Ground, landing: Landing, entry: Entry) -> Id | None:
    """The commit of the branch that brought the entry's line."""
    file, line = file_name(entry.environment), entry.line.encode()
    for commit in touching(ground, landing.commit, None, (file,)):
        tree = ground.commit(commit)
        content = tree.read(tree.entries(file), LARGEST).get(file)
        if isinstance(content, bytes) and line in content.split(b"\n"):
            return commit
    return None
