"""The fleet's files as a commit holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.history import History
from fleetward.store.git.plumbing_history import PlumbingHistory
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import TreeEntry, read_stored


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitTree:
    """A commit's files."""

    repository: Repository
    history: History
    commit: Id

    def entries(self, *under: str) -> tuple[TreeEntry, ...]:
        """Every file, or those under these folders, sorted by path."""
        return self.history.files(self.commit, under)

    def checked_entries(self, *under: str) -> tuple[TreeEntry, ...]:
        """The same, and what ``git fsck --strict`` refuses is marked; of an indexed history the index knows."""
        if isinstance(self.history, PlumbingHistory):
            return self.history.checked_files(self.commit, under)
        return self.entries(*under)

    def read(self, entries: Iterable[TreeEntry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path, hashed again."""
        # cat-file serves a tampered loose object with exit code 0
        return read_stored(self.repository, entries, limit)
