"""The files that a commit holds under a folder, with their modes."""

from __future__ import annotations

from fleetward.domain import limits
from fleetward.domain.audit import REGULAR_MODES, FileVersion
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id


def folder_files(root: FleetRoot, commit: Id | None, folder: str) -> dict[str, FileVersion]:
    """The files under *folder* in a commit, by their path in it."""
    entries = root.commit_tree(commit).entries(folder) if commit else ()
    start = len(folder) + 1
    return {entry.path[start:] or ".": FileVersion(entry.mode, entry.id or "") for entry in entries}


def file_content(root: FleetRoot, commit: Id, file: str) -> bytes | None:
    """The content of a record or a governance file; None if it is absent, too large or no regular file."""
    tree = root.commit_tree(commit)
    # only regular files: a link in place of a record is a missing record
    entries = [entry for entry in tree.entries(file) if entry.mode in REGULAR_MODES and entry.path == file]
    content = tree.read(entries, limits.EVIDENCE_BYTES).get(file)
    return content if isinstance(content, bytes) else None
