"""The files of one commit with the governance of another: what a decision by the governance in force reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fleetward.domain import layout
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.tree import Tree, TreeEntry, checked_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernedTree:
    """*tree*, but ``fleet-config.yaml`` and ``governance/`` of *governance*."""

    tree: Tree
    governance: Tree

    def entries(self, *under: str) -> tuple[TreeEntry, ...]:
        """Every file, or those under these folders, sorted by path."""
        return self._entries(_listed, *under)

    def checked_entries(self, *under: str) -> tuple[TreeEntry, ...]:
        """The same, where files in trees that git does not write are marked."""
        return self._entries(checked_entries, *under)

    def _entries(self, listed: Callable[..., tuple[TreeEntry, ...]], *under: str) -> tuple[TreeEntry, ...]:
        governed = [path for path in under or layout.GOVERNED if layout.is_governed(path)]
        others = [path for path in under if not layout.is_governed(path)]
        entries = list(listed(self.governance, *governed)) if governed else []
        if others or not under:
            entries += (entry for entry in listed(self.tree, *others) if not layout.is_governed(entry.path))
        return tuple(sorted(entries, key=lambda entry: entry.path))

    def read(self, entries: Iterable[TreeEntry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path; a size where it is over *limit*."""
        requested = list(entries)
        return {
            **self.tree.read((entry for entry in requested if not layout.is_governed(entry.path)), limit),
            **self.governance.read((entry for entry in requested if layout.is_governed(entry.path)), limit),
        }


def _listed(tree: Tree, *under: str) -> tuple[TreeEntry, ...]:
    return tree.entries(*under)
