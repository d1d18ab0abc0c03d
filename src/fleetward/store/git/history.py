"""What git's history says of a fleet's files: seven questions, answered by plumbing or from an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from fleetward.domain.audit import FileStep, FileVersion
from fleetward.store.git.repository import Id
from fleetward.store.git.tree import TreeEntry

ABSENT = "000000"
"""The mode of a file that is not there."""


class CommitChange(NamedTuple):
    """One file that a commit holds in another way than one of its parents."""

    commit: Id
    step: FileStep


class History(Protocol):
    """
    The commits that lead to a head, and the fleet's files in them.

    Every path is relative to the fleet root; a path in an argument means the file of that name and all files
    under the folder of that name. Commits are named by full ids.
    """

    def commits_changing(self, head: Id, paths: Sequence[str], *, since: Id | None = None) -> tuple[Id, ...]:
        """The commits behind *head*, and not behind *since*, that differ from a parent in *paths*, newest first."""

    def first_parent_commits_changing(
        self, head: Id, paths: Sequence[str], *, since: Id | None = None
    ) -> tuple[Id, ...]:
        """The same on the first-parent line alone, each beside its first parent, oldest first."""

    def first_parent_times(self, head: Id) -> Sequence[tuple[Id, int]]:
        """Every commit of the first-parent line with its committer date in seconds, oldest first."""

    def latest_time(self, commit: Id, *, limit: int) -> int:
        """The latest committer date in seconds, up to *limit*, of a commit and all behind it; its own where none is."""

    def changes(self, commits: Iterable[Id], paths: Sequence[str]) -> Iterable[CommitChange]:
        """What each commit changed in *paths*, beside every one of its parents; all of it where it has none."""

    def files(self, commit: Id, paths: Sequence[str]) -> tuple[TreeEntry, ...]:
        """The files of a commit in *paths*, all of the fleet's where there are none, sorted by path."""

    def ids_at(self, path: str, commits: Sequence[Id]) -> Sequence[Id | None]:
        """What lies at *path* in each of these commits; None where nothing does."""


def file_step(meta: bytes, path: bytes) -> FileStep:
    """The step in a raw record of diff-tree (``:100644 100644 OLD NEW M``); *path* begins at the fleet root."""
    old_mode, new_mode, old, new, _ = meta[1:].decode().split(" ")
    return FileStep(
        path.decode("utf-8", "surrogateescape"),
        # by the mode: the null id has another length in a SHA-256 repository
        None if old_mode == ABSENT else FileVersion(old_mode, old),
        None if new_mode == ABSENT else FileVersion(new_mode, new),
    )
