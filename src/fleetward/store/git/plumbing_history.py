"""History by git's plumbing: one command a question."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.history import CommitChange, file_step
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import TreeEntry, tree_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class PlumbingHistory:
    """The history of the fleet at *prefix* of the repository: empty, or with a trailing slash."""

    repository: Repository
    prefix: str

    def commits_changing(self, head: Id, paths: Sequence[str], *, since: Id | None = None) -> tuple[Id, ...]:
        """The commits behind *head*, and not behind *since*, that differ from a parent in *paths*, newest first."""
        # without it rev-list drops sides of a merge that end alike, and their authors with them
        return self._listed("--full-history", head, paths, since)

    def first_parent_commits_changing(
        self, head: Id, paths: Sequence[str], *, since: Id | None = None
    ) -> tuple[Id, ...]:
        """The same on the first-parent line alone, each beside its first parent, oldest first."""
        return self._listed("--first-parent", head, paths, since)[::-1]

    def _listed(self, mode: str, head: Id, paths: Sequence[str], since: Id | None) -> tuple[Id, ...]:
        span = [head, *([f"^{since}"] if since else [])]
        out = self.repository.output("rev-list", mode, *span, "--", *self._scope(paths))
        return tuple(out.decode().split())

    def first_parent_times(self, head: Id) -> Sequence[tuple[Id, int]]:
        """Every commit of the first-parent line with its committer date in seconds, oldest first."""
        out = self.repository.output("rev-list", "--first-parent", "--timestamp", head)
        # --timestamp prints the committer date, which a rebase renews
        words = out.decode().split()
        return list(zip(words[1::2], map(int, words[::2]), strict=True))[::-1]

    def changes(self, commits: Iterable[Id], paths: Sequence[str]) -> Iterator[CommitChange]:
        """What each commit changed in *paths*, beside every one of its parents; all of it where it has none."""
        stdin = "".join(f"{commit}\n" for commit in commits).encode()
        if not stdin:
            return
        # -m: without it diff-tree prints nothing at all for a merge
        options = ("--stdin", "--root", "-m", "-r", "-z", "--raw", "--no-renames")
        out = self.repository.output("diff-tree", *options, "--", *self._scope(paths), stdin=stdin)
        start, commit = len(os.fsencode(self.prefix)), ""
        parts = iter(out.split(b"\0")[:-1])
        for part in parts:
            if part.startswith(b":"):
                yield CommitChange(commit, file_step(part, next(parts)[start:]))
            else:
                commit = part.decode()

    def files(self, commit: Id, paths: Sequence[str]) -> tuple[TreeEntry, ...]:
        """The files of a commit in *paths*, all of the fleet's where there are none, sorted by path."""
        scope = self._scope(paths) or ([self.prefix.rstrip("/")] if self.prefix else [])
        # --full-tree: ls-tree otherwise takes paths relative to the current folder
        out = self.repository.output("ls-tree", "-r", "-z", "--full-tree", commit, "--", *scope)
        records = []
        for record in out.split(b"\0")[:-1]:
            meta, path = record.split(b"\t", 1)
            mode, _, object_id = meta.decode().split(" ")
            records.append((path, mode, object_id, False))
        return tree_entries(records, self.prefix)

    def ids_at(self, path: str, commits: Sequence[Id]) -> Sequence[Id | None]:
        """What lies at *path* in each of these commits; None where nothing does."""
        if not commits:
            return []
        [scope] = self._scope([path])
        stdin = "".join(f"{commit}:{scope}\n" for commit in commits).encode("utf-8", "surrogateescape")
        out = self.repository.output("cat-file", "--batch-check=%(objectname)", stdin=stdin)
        lines = out.decode("utf-8", "surrogateescape").split("\n")[:-1]
        # batch-check reports an absent path on its own line, with exit code 0
        return [None if line.endswith(" missing") else line for line in lines]

    def _scope(self, paths: Sequence[str]) -> list[str]:
        return [self.prefix + path for path in paths]
