"""History by git's plumbing: one command a question."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.history import CommitChange, file_step
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import TreeEntry, tree_entries
from fleetward.store.git.tree_faults import MALFORMED, faulty_folders, path_fault, repeated_paths, tree_faults


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

    def latest_time(self, commit: Id, *, limit: int) -> int:
        """The latest committer date in seconds, up to *limit*, of a commit and all behind it; its own where none is."""
        times = [
            int(stamp)
            for stamp in self.repository.output("rev-list", "--timestamp", commit).decode().split()[::2]
        ]
        return max((seconds for seconds in times if seconds <= limit), default=times[0])

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
        entries, _ = self._listing(commit, paths)
        return _marked(entries, repeated_paths([entry.path for entry in entries]))

    def checked_files(self, commit: Id, paths: Sequence[str]) -> tuple[TreeEntry, ...]:
        """The same, where the trees themselves are read, too: what ``git fsck`` refuses is no regular file."""
        entries, folders = self._listing(commit, paths)
        top = f"{commit}^{{tree}}"
        faults = tree_faults(self.repository, [top, *(tree for _, tree in folders)])
        by_path = dict(repeated_paths([entry.path for entry in entries]))
        if faults:
            bad = faulty_folders(faults, [("", top), *folders])
            for entry in entries:
                folder = next((path for path in bad if not path or entry.path.startswith(f"{path}/")), None)
                if folder is not None:
                    by_path[entry.path] = f"the tree of {folder or 'the top'} is refused: {bad[folder]}"
        return _marked(entries, by_path)

    def _listing(
        self, commit: Id, paths: Sequence[str]
    ) -> tuple[tuple[TreeEntry, ...], list[tuple[str, Id]]]:
        """The files of a commit, and its folders that lead to them, each with the id of its tree."""
        scope = self._scope(paths) or ([self.prefix.rstrip("/")] if self.prefix else [])
        # --full-tree: ls-tree otherwise takes paths relative to the current folder
        out = self.repository.output("ls-tree", "-r", "-t", "-z", "--full-tree", commit, "--", *scope)
        records: list[tuple[bytes, str, Id, bool]] = []
        folders: list[tuple[bytes, str, Id, bool]] = []
        for record in out.split(b"\0")[:-1]:
            meta, path = record.split(b"\t", 1)
            mode, kind, object_id = meta.decode().split(" ")
            (folders if kind == "tree" else records).append((path, mode, object_id, False))
        prefix = os.fsencode(self.prefix)
        # what lies above the fleet leads to all of it
        inside = [
            (os.fsdecode(path.removeprefix(prefix)) if path.startswith(prefix) else "", tree)
            for path, _, tree, _ in folders
        ]
        return tree_entries(records, self.prefix), inside

    def ids_at(self, path: str, commits: Sequence[Id]) -> Sequence[Id | None]:
        """What lies at *path* in each of these commits; None where nothing does."""
        if not commits:
            return []
        [scope] = self._scope([path])
        names = [f"{commit}:{scope}" for commit in commits]
        out = self.repository.objects(names, "--batch-check=%(objectname)")
        lines = out.decode("utf-8", "surrogateescape").split("\n")[:-1]
        # batch-check reports an absent path on its own line, with exit code 0
        return [None if line.endswith(" missing") else line for line in lines]

    def _scope(self, paths: Sequence[str]) -> list[str]:
        return [self.prefix + path for path in paths]


def _marked(entries: tuple[TreeEntry, ...], faults: Mapping[str, str]) -> tuple[TreeEntry, ...]:
    """The same entries, those with a fault as what no decision may read."""
    if not faults and all(path_fault(entry.path) is None for entry in entries):
        return entries
    return tuple(
        replace(entry, mode=MALFORMED, fault=fault)
        if (fault := faults.get(entry.path) or path_fault(entry.path))
        else entry
        for entry in entries
    )
