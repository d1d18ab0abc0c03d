"""Lines of a ledger that nobody could decide by, or that tell of what never was: taken out again, none is missed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fleetward.domain import digest
from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import Entry, Moved
from fleetward.store import ledger as lines
from fleetward.store.agents import ENVIRONMENTS
from fleetward.store.git import Id
from fleetward.store.ground import Ground
from fleetward.store.history import bringing
from fleetward.store.tree import REGULAR
from fleetward.store.unfit import LARGEST_FILE

UNDO = "if the line itself is wrong: fleet audit names the commit that brought it, git revert takes it out"


def void(ground: Ground, head: Id, blob: Id, content: bytes, file: str) -> bool:
    """
    Is what this version of a ledger has, and *content* has not, nothing that was ever decided?

    The first line that differs is none, so that nothing could follow it; or it is the only one, and untrue in every
    commit that brought it. What was decided on top of a line keeps that where it is.
    """
    version = ground.repository.blobs([blob], lines.LARGEST)[blob]
    if not isinstance(version, bytes):
        return False
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
    brought = bringing(ground, head, file, blob) if same + 1 == len(own) else ()
    return bool(brought) and all(_untrue(ground, commit, entry) for commit in brought)


def _untrue(ground: Ground, commit: Id, entry: Entry) -> bool:
    """Does the commit hold something else than its entry says, or was that decided by another governance?"""
    return any(_otherwise(ground, commit, entry, entry.agents)) or _lawless(ground, entry)


def _otherwise(ground: Ground, commit: Id, entry: Entry, agents: tuple[Moved, ...]) -> Iterator[bool]:
    for moved in agents:
        yield _state(ground, commit, f"{ENVIRONMENTS}/{entry.environment}/{moved.agent}") != moved.to_state


def _lawless(ground: Ground, entry: Entry) -> bool:
    if ground.repository.resolved(entry.commit) != entry.commit:
        return False
    return _state(ground, entry.commit, "governance") != entry.governance


def _state(ground: Ground, commit: Id, folder: str) -> str | None:
    """The digest of a folder; None where it is not there, empty where no digest names it."""
    tree = ground.commit(commit)
    entries = tree.entries(folder)
    contents = tree.read([one for one in entries if one.mode in REGULAR], LARGEST_FILE * 4)
    held = [(path[len(folder) + 1 :], one) for path, one in contents.items() if isinstance(one, bytes)]
    if len(held) < len(entries):
        return ""
    return digest.of_files(held) if held else None
