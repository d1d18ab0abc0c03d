"""Ledger lines that may be removed again: broken ones, and untrue ones that no decision used."""

from __future__ import annotations

import re

from fleetward.domain import digest, layout, limits
from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import Entry
from fleetward.store.git.contents import governance_folder_digest, state_digest
from fleetward.store.git.file_history import commits_with_blob
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.records import ledger as lines

UNDO_HINT = (
    "if the line itself is wrong: fleet audit names the commit that brought it, git revert takes it out"
)


def never_took_effect(
    root: FleetRoot,
    head: Id,
    blob: Id,
    content: bytes,
    file: str,
    refused: frozenset[str] = frozenset(),
) -> bool:
    """
    Did the lines that *content* lacks, and this version (*blob*) of the ledger has, never take effect?

    True if the first of them is broken or *refused*, because nothing can follow it. True also if it is the only one and
    untrue in every commit that had it as the last line. A line with another line after it was used, and has to stay.
    """
    version = root.repository.blobs([blob], limits.LEDGER_BYTES)[blob]
    if not isinstance(version, bytes):  # too large to be read, so no decision used it
        return True
    version_lines, content_lines = (re.findall(rb"[^\n]*\n|[^\n]+$", text) for text in (version, content))
    equal_count = next(
        (n for n, (a, b) in enumerate(zip(version_lines, content_lines, strict=False)) if a != b),
        min(len(version_lines), len(content_lines)),
    )
    if equal_count == len(version_lines):
        return False
    if digest.of_bytes(version_lines[equal_count].removesuffix(b"\n")) in refused:
        return True
    try:
        entry = lines.decode(b"".join(version_lines[: equal_count + 1]), file).entries[-1]
    except FleetError:
        return True
    if equal_count + 1 < len(version_lines):
        return False
    if _governance_differs(root, entry):
        return True
    folders = [layout.agent_folder(entry.environment, moved.agent) for moved in entry.agents]
    commits = commits_with_blob(root, head, file, blob, folders)
    # true in one commit is enough to have served a decision
    return bool(commits) and all(_contradicts(root, commit, entry) for commit in commits)


def _contradicts(root: FleetRoot, commit: Id, entry: Entry) -> bool:
    """Has the commit other states than the entry says?"""
    tree = root.commit_tree(commit)
    return any(
        state_digest(tree, layout.agent_folder(entry.environment, change.agent)) != change.to_state
        for change in entry.agents
    )


def _governance_differs(root: FleetRoot, entry: Entry) -> bool:
    """Does an entry of an earlier version name another governance than its own commit has?"""
    # later ones name the governance in force, which need not be that of the commit
    if entry.governance_version > 1:
        return False
    # a commit that is not here proves nothing against the line
    if root.repository.find_commit(entry.commit) != entry.commit:
        return False
    return governance_folder_digest(root.commit_tree(entry.commit)) != entry.governance
