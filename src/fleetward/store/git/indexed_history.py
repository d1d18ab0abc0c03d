"""History from an index of every commit: for those who ask of all of it, as an audit does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain.audit import FirstParentCommit
from fleetward.domain.errors import GitError
from fleetward.domain.layout import FLEET_PATHS
from fleetward.store.git.cached_repository import cached
from fleetward.store.git.commit import instant, read_commits
from fleetward.store.git.commit_graph import CommitGraph
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.history import CommitChange, file_step
from fleetward.store.git.history_index import HistoryIndex
from fleetward.store.git.plumbing_history import PlumbingHistory
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import SUBMODULE, TreeEntry

_MANY = 50
"""From so many commits on one process that reads them all is cheaper than one for each question."""


class IndexedHistory:
    """
    The history that leads to a head, from memory.

    What the index does not cover (a commit that is not behind the head, a path that is not the fleet's, the files
    of a commit beside the first-parent line) goes to git.
    """

    def __init__(self, repository: Repository, prefix: str, head: Id) -> None:
        self.graph = CommitGraph(repository, head)
        self.repository = cached(repository, self.graph.parents.keys())
        self._index = HistoryIndex(repository, prefix, self.graph)
        self._plumbing = PlumbingHistory(repository=self.repository, prefix=prefix)

    def commits_changing(self, head: Id, paths: Sequence[str], *, since: Id | None = None) -> tuple[Id, ...]:
        """The commits behind *head*, and not behind *since*, that differ from a parent in *paths*, newest first."""
        graph = self.graph
        # an index that knows a part would answer with too few commits
        if not self._index.covers(paths) or not _all_in(graph.parents, head, since):
            return self._plumbing.commits_changing(head, paths, since=since)
        return tuple(
            commit
            for commit in self._index.commits_changing(paths)
            if graph.is_behind(commit, head) and not (since and graph.is_behind(commit, since))
        )

    def first_parent_commits_changing(
        self, head: Id, paths: Sequence[str], *, since: Id | None = None
    ) -> tuple[Id, ...]:
        """The same on the first-parent line alone, each beside its first parent, oldest first."""
        position = self.graph.position
        if not self._index.covers(paths) or not _all_in(position, head, since):
            return self._plumbing.first_parent_commits_changing(head, paths, since=since)
        first, last = position[since] if since else -1, position[head]
        commits = self._index.line_commits_changing(paths)
        return tuple(commit for commit in reversed(commits) if first < position.get(commit, -1) <= last)

    def first_parent_times(self, head: Id) -> Sequence[tuple[Id, int]]:
        """Every commit of the first-parent line with its committer date in seconds, oldest first."""
        if head not in self.graph.position:
            return self._plumbing.first_parent_times(head)
        line = self.graph.line[: self.graph.position[head] + 1]
        return [(commit, self.graph.times[commit]) for commit in line]

    def latest_time(self, commit: Id, *, limit: int) -> int:
        """The latest committer date in seconds, up to *limit*, of a commit and all behind it; its own where none is."""
        if commit not in self.graph.position:
            return self._plumbing.latest_time(commit, limit=limit)
        return self.graph.latest_time(commit, limit)

    def changes(self, commits: Iterable[Id], paths: Sequence[str]) -> Iterable[CommitChange]:
        """What each commit changed in *paths*, beside every one of its parents; all of it where it has none."""
        ids, parents = list(commits), self.graph.parents
        if not self._index.covers(paths) or any(commit not in parents for commit in ids):
            return self._plumbing.changes(ids, paths)
        return [
            CommitChange(commit, step)
            for commit in ids
            # a root has no parent and is compared with nothing, under number 0
            for number in range(max(1, len(parents[commit])))
            for step in self._index.steps(commit, number, paths)
        ]

    def files(self, commit: Id, paths: Sequence[str]) -> tuple[TreeEntry, ...]:
        """The files of a commit in *paths*, all of the fleet's where there are none, sorted by path."""
        if not self._index.covers(paths) or commit not in self.graph.position:
            return self._plumbing.files(commit, paths)
        position = self.graph.position[commit]
        # from a tree that git did not write the index cannot say what is there
        if self._index.doubtful and self._index.doubtful_at(position, paths):
            return self._plumbing.files(commit, paths)
        return tuple(self._index.files_at(position, paths))

    def malformed_files(self, commits: Iterable[Id], last: Id) -> Iterator[tuple[Id, TreeEntry]]:
        """Files in trees that git does not write: what *commits* brought, and all that *last* holds."""
        wanted = frozenset(commits)
        for path, position in sorted(self._index.doubtful.items(), key=lambda item: item[1]):
            commit = self.graph.line[position]
            if commit in wanted and commit != last:
                folder = path.rpartition("/")[0] or path
                yield from (
                    (commit, entry)
                    for entry in self._plumbing.files(commit, [folder])
                    if entry.fault and (entry.path == path or entry.path.startswith(f"{path}/"))
                )
        for entry in self._plumbing.checked_files(last, FLEET_PATHS):
            if entry.fault is not None:
                yield last, entry

    def ids_at(self, path: str, commits: Sequence[Id]) -> Sequence[Id | None]:
        """What lies at *path* in each of these commits; None where nothing does."""
        return self._plumbing.ids_at(path, commits)

    def first_parent_commits(self, after: Id | None) -> tuple[FirstParentCommit, ...]:
        """
        The commits of the first-parent line behind *after*, from the beginning where None; oldest first.

        Errors: GitError where *after* is none of them.
        """
        graph = self.graph
        if after is not None and after not in graph.position:
            raise GitError(f"commit {after[:12]} is not on the first-parent line of {graph.head[:12]}")
        start = 0 if after is None else graph.position[after] + 1
        return tuple(self._first_parent_commit(commit) for commit in graph.line[start:])

    def _first_parent_commit(self, commit: Id) -> FirstParentCommit:
        parents = self.graph.parents[commit]
        return FirstParentCommit(
            id=commit,
            parent=parents[0] if parents else None,
            committed=instant(self.graph.times[commit]),
            changes=tuple(self._index.all_steps(commit, 0)),
            is_single=len(parents) < 2,
        )

    def combined_commit(self, base: Id) -> FirstParentCommit:
        """All that the head has beside *base*, as one commit."""
        head, prefix = self.graph.head, self._plumbing.prefix
        options = ("-r", "-z", "--raw", "--no-renames")
        scope = [prefix + path for path in FLEET_PATHS]
        parts = iter(self.repository.output("diff-tree", *options, base, head, "--", *scope).split(b"\0"))
        start = len(os.fsencode(prefix))
        changes = tuple(file_step(part, next(parts)[start:]) for part in parts if part)
        committed = instant(self.graph.times[head])
        return FirstParentCommit(id=head, parent=base, committed=committed, changes=changes, is_single=False)

    def latest_date(self, commit: Id) -> tuple[Id, datetime] | None:
        """
        The commit with the latest date of those before which *commit* left the first-parent line, and the date.

        None for a commit with another beginning.
        """
        graph = self.graph
        while commit not in graph.position:
            parents = graph.parents.get(commit) or read_commits(self.repository, [commit])[0].parents
            if not parents:
                return None
            commit = parents[0]
        latest = graph.latest_dated(commit)
        return latest, instant(graph.times[latest])

    def merged_versions(self, commit: FirstParentCommit) -> Iterator[tuple[str, Id]]:
        """Every content of a file that commits behind a merge had put there: (path, blob)."""
        for merged in self.graph.merged(commit.id, commit.parent):
            for number in range(max(1, len(self.graph.parents[merged]))):
                for step in self._index.all_steps(merged, number):
                    if step.new is not None:
                        yield step.path, step.new.id

    def preload(self, commits: Sequence[FirstParentCommit], grown_files: Iterable[str]) -> None:
        """Read at once every content that these commits brought; *grown_files* are paths of files that only grow."""
        versions: dict[str, list[Id]] = {path: [] for path in grown_files}
        ids: list[Id] = []
        for commit in commits:
            for step in commit.changes:
                for version in (step.old, step.new):
                    # the id of a submodule is a commit of another repository: cat-file has it not
                    if version is not None and version.mode != SUBMODULE:
                        versions.get(step.path, ids).append(version.id)
        if len(commits) > _MANY:
            self.repository.commits(self.graph.parents)
        for blob_ids in versions.values():
            if blob_ids:
                # a ledger is stored whole in each of its versions: reading all would be quadratic
                self.repository.preload_grown_file(list(dict.fromkeys(blob_ids)))
        self.repository.preload(ids)


def index_history(root: FleetRoot, head: Id) -> tuple[FleetRoot, IndexedHistory]:
    """The same fleet, with all that leads to *head* in memory."""
    history = IndexedHistory(root.repository, root.prefix, head)
    return replace(root, repository=history.repository, history=history), history


def _all_in(ids: Iterable[Id], head: Id, since: Id | None) -> bool:
    return head in ids and (since is None or since in ids)
