"""The contents of a tree's folders, and their digests."""

from __future__ import annotations

from fleetward.domain import digest, layout, limits
from fleetward.store.git.tree import REGULAR, Tree

UNREADABLE = "unreadable"
"""Stands for the digest of a folder that no digest names."""


def contents(tree: Tree, *under: str, limit: int = limits.LEDGER_BYTES) -> dict[str, bytes]:
    """By path the regular files of at most *limit* bytes."""
    by_path = tree.read([entry for entry in tree.entries(*under) if entry.mode in REGULAR], limit)
    return {path: content for path, content in by_path.items() if isinstance(content, bytes)}


def state_digest(tree: Tree, folder: str) -> str | None:
    """
    The digest of everything under *folder*, such as an agent's; None where nothing is there.

    UNREADABLE where there is anything but regular files of at most 1 MiB with paths in UTF-8.
    """
    entries = tree.entries(folder)
    if not entries:
        return None
    files = contents(tree, folder, limit=limits.AGENT_FILE_BYTES)
    # a file left out of the digest could change without a new approval
    if len(files) < len(entries) or folder in files or any(not _is_utf8(path) for path in files):
        return UNREADABLE
    return digest.of_files((path[len(folder) + 1 :], content) for path, content in files.items())


def governance_digest(tree: Tree) -> str:
    """The digest of ``fleet-config.yaml`` and ``governance/``, with paths from the fleet root."""
    return digest.of_files(contents(tree, *layout.GOVERNED).items())


def governance_folder_digest(tree: Tree) -> str:
    """The digest of ``governance/`` alone, which entries without ``governanceVersion`` hold."""
    files = contents(tree, layout.GOVERNANCE)
    return digest.of_files(
        (path.removeprefix(f"{layout.GOVERNANCE}/"), content) for path, content in files.items()
    )


def _is_utf8(path: str) -> bool:
    """Paths that are not UTF-8 carry surrogates."""
    return not any("\udc80" <= character <= "\udcff" for character in path)
