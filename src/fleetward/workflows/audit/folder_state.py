"""What a commit holds of an agent's folder: its files with their modes, and its state digest."""

from __future__ import annotations

from fleetward.domain import digest, layout, limits
from fleetward.domain.audit import REGULAR_MODES, FileVersion
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id

NO_DIGEST = "what no digest names"
"""In the place of a state digest, for a folder with links, large files or names that are not UTF-8."""


def state_digest(root: FleetRoot, commit: Id | None, environment: str, agent: str) -> str | None:
    """The state digest of an agent's folder in a commit; None if it is absent."""
    files = folder_files(root, commit, layout.agent_folder(environment, agent))
    if not files:
        return None
    if any(file.mode not in REGULAR_MODES for file in files.values()):
        return NO_DIGEST
    contents = root.repository.blobs((file.id for file in files.values()), limits.AGENT_FILE_BYTES)
    loaded = [(path, contents[file.id]) for path, file in files.items()]
    texts = [(path, content) for path, content in loaded if isinstance(content, bytes)]
    return digest.of_files(texts) if len(texts) == len(loaded) and _is_utf8(*files) else NO_DIGEST


def folder_files(root: FleetRoot, commit: Id | None, folder: str) -> dict[str, FileVersion]:
    """The files under *folder* in a commit, by their path in it."""
    entries = root.commit_tree(commit).entries(folder) if commit else ()
    start = len(folder) + 1
    return {entry.path[start:] or ".": FileVersion(entry.mode, entry.id or "") for entry in entries}


def file_content(root: FleetRoot, commit: Id, file: str) -> bytes | None:
    """The content of a record or a governance file; None if it is absent, too large or no regular file."""
    tree = root.commit_tree(commit)
    entries = [entry for entry in tree.entries(file) if entry.mode in REGULAR_MODES and entry.path == file]
    content = tree.read(entries, limits.EVIDENCE_BYTES).get(file)
    return content if isinstance(content, bytes) else None


def _is_utf8(*paths: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for path in paths for character in path)
