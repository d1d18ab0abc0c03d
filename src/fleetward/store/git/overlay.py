"""A tree with some of its files as they would be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.tree import Entry, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlaid:
    """*tree*, with these contents in it instead of what is there."""

    tree: Tree
    contents: Mapping[str, bytes]

    def entries(self, *under: str) -> tuple[Entry, ...]:
        """Every file, or those under these folders, sorted by path."""
        found = {one.path: one for one in self.tree.entries(*under)}
        for path in self.contents:
            if not under or any(path == top or path.startswith(f"{top}/") for top in under):
                found.setdefault(path, Entry(path=path, mode="100644"))
        return tuple(found[path] for path in sorted(found))

    def read(self, entries: Iterable[Entry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path; a size where it is over *limit*."""
        wanted = list(entries)
        found = dict(self.tree.read([one for one in wanted if one.path not in self.contents], limit))
        for one in wanted:
            content = self.contents.get(one.path)
            if content is not None:
                found[one.path] = len(content) if len(content) > limit else content
        return found
