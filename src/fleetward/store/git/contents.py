"""What a tree holds under a folder, by content; and the digest of the folder that governs."""

from __future__ import annotations

from fleetward.domain import digest, layout, limits
from fleetward.store.git.tree import REGULAR, Tree


def contents(tree: Tree, *under: str, limit: int = limits.LEDGER_BYTES) -> dict[str, bytes]:
    """By path the regular files of at most *limit* bytes."""
    by_path = tree.read([entry for entry in tree.entries(*under) if entry.mode in REGULAR], limit)
    return {path: content for path, content in by_path.items() if isinstance(content, bytes)}


def governance_digest(tree: Tree) -> str:
    """The digest of ``governance/``, made like a release digest."""
    files = contents(tree, layout.GOVERNANCE)
    return digest.of_files(
        (path.removeprefix(f"{layout.GOVERNANCE}/"), content) for path, content in files.items()
    )
