"""Lines of a ledger that nobody could decide by, or that tell of what never was: taken out again, none is missed."""

from __future__ import annotations

import re

from fleetward.domain import digest
from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import Entry
from fleetward.store.fleet.agents import ENVIRONMENTS
from fleetward.store.fleet.file_checks import LARGEST_FILE
from fleetward.store.git.contents import contents, governance_digest
from fleetward.store.git.fleet_root import Ground
from fleetward.store.git.history import holding
from fleetward.store.git.repository import Id
from fleetward.store.records import ledger as lines

UNDO = "if the line itself is wrong: fleet audit names the commit that brought it, git revert takes it out"


def void(ground: Ground, head: Id, blob: Id, content: bytes, file: str) -> bool:
    """
    Is what this version of a ledger has, and *content* has not, nothing that was ever decided?

    The first line that differs is none, so that nothing could follow it; or it is the only one, and untrue in every
    commit that had it as the last. What was decided on top of a line keeps that where it is.
    """
    version = ground.repository.blobs([blob], lines.LARGEST)[blob]
    if not isinstance(version, bytes):  # too large to be read, so that nobody could decide by it
        return True
    own, other = (re.findall(rb"[^\n]*\n|[^\n]+$", one) for one in (version, content))
    same = next(
        (n for n, (a, b) in enumerate(zip(own, other, strict=False)) if a != b), min(len(own), len(other))
    )
    if same == len(own):
        return False
    try:
        entry = lines.decode(b"".join(own[: same + 1]), file).entries[-1]
    except FleetError:
        return True
    if same + 1 < len(own):
        return False
    if _lawless(ground, entry):
        return True
    folders = [f"{ENVIRONMENTS}/{entry.environment}/{moved.agent}" for moved in entry.agents]
    held = holding(ground, head, file, blob, folders)
    return bool(held) and all(_otherwise(ground, commit, entry) for commit in held)


def _otherwise(ground: Ground, commit: Id, entry: Entry) -> bool:
    """Does the commit hold something else than its entry says?"""
    return any(
        _state(ground, commit, f"{ENVIRONMENTS}/{entry.environment}/{moved.agent}") != moved.to_state
        for moved in entry.agents
    )


def _lawless(ground: Ground, entry: Entry) -> bool:
    """Was it decided by another governance than the commit holds that it names?"""
    if ground.repository.resolved(entry.commit) != entry.commit:
        return False
    return governance_digest(ground.commit(entry.commit)) != entry.governance


def _state(ground: Ground, commit: Id, folder: str) -> str | None:
    """The digest of a folder; None where it is not there, empty where no digest names it."""
    tree = ground.commit(commit)
    entries = tree.entries(folder)
    held = [
        (path[len(folder) + 1 :], one) for path, one in contents(tree, folder, limit=LARGEST_FILE).items()
    ]
    if len(held) < len(entries):
        return ""
    return digest.of_files(held) if held else None
