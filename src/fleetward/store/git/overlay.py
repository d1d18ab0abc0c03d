"""A tree with some of its files replaced in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.tree import Tree, TreeEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayTree:
    """*tree* with these contents, by path, in the place of its own; None takes a file away."""

    tree: Tree
    contents: Mapping[str, bytes | None]

    def entries(self, *under: str) -> tuple[TreeEntry, ...]:
        """Every file, or those under these folders, sorted by path."""
        by_path = {entry.path: entry for entry in self.tree.entries(*under)}
        for path, content in self.contents.items():
            if content is None:
                by_path.pop(path, None)
            elif not under or any(path == top or path.startswith(f"{top}/") for top in under):
                by_path.setdefault(path, TreeEntry(path=path, mode="100644"))
        return tuple(by_path[path] for path in sorted(by_path))

    def read(self, entries: Iterable[TreeEntry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path; a size where it is over *limit*."""
        requested = list(entries)
        contents = dict(
            self.tree.read([entry for entry in requested if entry.path not in self.contents], limit)
        )
        for entry in requested:
            content = self.contents.get(entry.path)
            if content is not None:
                # the same limit as for stored files, or a proposal could pass what a commit cannot
                contents[entry.path] = len(content) if len(content) > limit else content
        return contents
