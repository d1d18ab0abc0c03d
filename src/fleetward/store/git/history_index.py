"""What every commit changed of a fleet's files, read at once and found again by path."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from fleetward.domain.audit import FileStep
from fleetward.domain.layout import FLEET_PATHS
from fleetward.store.git.commit_graph import CommitGraph
from fleetward.store.git.history import file_step
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import TreeEntry
from fleetward.store.git.tree_faults import path_fault

_Timeline = tuple[list[int], list[TreeEntry | None]]
"""A file on the first-parent line: the positions that changed it, and what each of them left there."""


class HistoryIndex:
    """The changes of all commits of a graph beside each of their parents, under the fleet's own paths."""

    def __init__(self, repository: Repository, prefix: str, graph: CommitGraph) -> None:
        self._graph = graph
        self._steps: dict[tuple[Id, int], list[FileStep]] = {}
        """By commit and number of the parent, sorted by path."""
        self._read_steps(repository, prefix)
        self._changing: dict[str, list[Id]] = {}
        self._changing_line: dict[str, list[Id]] = {}
        """By path of a file or folder the commits that changed something there, oldest first."""
        self._timelines: dict[str, _Timeline] = {}
        self.doubtful: dict[str, int] = {}
        """Paths that no tree of git's holds, with the position from which the index does not know them."""
        self._build()
        self._paths = sorted(self._timelines)

    def covers(self, paths: Sequence[str]) -> bool:
        """Does the index know all that there is to know of these paths?"""
        return bool(paths) and all(
            any(path == top or path.startswith(f"{top}/") for top in FLEET_PATHS) for path in paths
        )

    def commits_changing(self, paths: Sequence[str]) -> list[Id]:
        """The commits that differ from any parent in *paths*, newest first."""
        return self._newest_first(self._changing, paths)

    def line_commits_changing(self, paths: Sequence[str]) -> list[Id]:
        """The commits that differ from their first parent in *paths*, newest first."""
        return self._newest_first(self._changing_line, paths)

    def steps(self, commit: Id, number: int, paths: Sequence[str]) -> list[FileStep]:
        """What *commit* changed in *paths* beside its parent of this number, counted from 0; sorted by path."""
        steps = self._steps.get((commit, number), ())
        by_path: dict[str, FileStep] = {}
        for path in paths:
            # names between the file and its folder sort in the middle, such as a-b between a and a/
            for step in steps[bisect_left(steps, path, key=_path) :]:
                if step.path == path or step.path.startswith(f"{path}/"):
                    by_path[step.path] = step
                elif not step.path.startswith(path):
                    break
        return sorted(by_path.values(), key=_path)

    def all_steps(self, commit: Id, number: int) -> Sequence[FileStep]:
        """Everything that *commit* changed beside its parent of this number."""
        return self._steps.get((commit, number), ())

    def files_at(self, position: int, paths: Sequence[str]) -> list[TreeEntry]:
        """The files in *paths* as the commit at this position of the first-parent line holds them; sorted by path."""
        entries = (_at(self._timelines[path], position) for path in sorted(set(self._paths_in(paths))))
        return [entry for entry in entries if entry is not None]

    def doubtful_at(self, position: int, paths: Sequence[str]) -> list[str]:
        """The doubtful paths at this position that are in *paths*, lead there, or lie there."""
        return [
            doubtful
            for doubtful, since in self.doubtful.items()
            if since <= position and any(_overlap(doubtful, path) for path in paths)
        ]

    def _paths_in(self, paths: Sequence[str]) -> Iterator[str]:
        for path in paths:
            if path in self._timelines:
                yield path
            start = bisect_left(self._paths, f"{path}/")
            end = bisect_left(self._paths, f"{path}0")  # the character after the slash
            yield from self._paths[start:end]

    def _newest_first(self, index: Mapping[str, Sequence[Id]], paths: Sequence[str]) -> list[Id]:
        commits = {commit for path in paths for commit in index.get(path, ())}
        return sorted(commits, key=self._graph.order.__getitem__, reverse=True)

    def _read_steps(self, repository: Repository, prefix: str) -> None:
        parents = self._graph.parents
        most = max((len(ids) for ids in parents.values()), default=0)
        for number in range(max(1, most)):
            pairs = [f"{commit} {ids[number]}" for commit, ids in parents.items() if len(ids) > number]
            roots = [commit for commit, ids in parents.items() if not ids] if number == 0 else []
            # git names only the first commit of a pair: each commit is in one of them
            for commit, steps in _read_pairs(repository, [*roots, *pairs], prefix).items():
                self._steps[commit, number] = sorted(steps, key=_path)

    def _build(self) -> None:
        for commit, parents in self._graph.parents.items():
            for number in range(max(1, len(parents))):
                for path in {part for step in self.all_steps(commit, number) for part in _with_folders(step)}:
                    commits = self._changing.setdefault(path, [])
                    # a merge is compared with each of its parents, and counts once
                    if not commits or commits[-1] != commit:
                        commits.append(commit)
                    if number == 0:
                        self._changing_line.setdefault(path, []).append(commit)
        folders: set[str] = set()
        for position, commit in enumerate(self._graph.line):
            steps = self.all_steps(commit, 0)
            for before, step in zip((None, *steps), steps, strict=False):
                positions, entries = self._timelines.setdefault(step.path, ([], []))
                is_twice = before is not None and before.path == step.path
                # git adds no file that is there, except where a tree holds its name twice
                if step.new and (is_twice or (step.old is None and entries and entries[-1])):
                    self.doubtful.setdefault(step.path, position)
                positions.append(position)
                entries.append(_entry(step))
            for step in steps:
                if step.new is not None and step.old is None:
                    self._doubt_added(step.path, position, folders)

    def _doubt_added(self, path: str, position: int, folders: set[str]) -> None:
        """Doubt a name that git refuses, and a file and a folder of one name."""
        if path_fault(path) is not None:
            self.doubtful.setdefault(path, position)
        end = path.rfind("/")
        while end > 0:
            folders.add(path[:end])
            timeline = self._timelines.get(path[:end])
            if timeline is not None and timeline[1][-1] is not None:
                self.doubtful.setdefault(path[:end], position)
            end = path.rfind("/", 0, end)
        if path in folders and any(
            name.startswith(f"{path}/") and timeline[1][-1] is not None
            for name, timeline in self._timelines.items()
        ):
            self.doubtful.setdefault(path, position)


def _entry(step: FileStep) -> TreeEntry | None:
    return TreeEntry(path=step.path, mode=step.new.mode, id=step.new.id) if step.new else None


def _at(timeline: _Timeline, position: int) -> TreeEntry | None:
    positions, entries = timeline
    if positions[-1] <= position:
        return entries[-1]
    count = bisect_right(positions, position)
    return entries[count - 1] if count else None


def _overlap(one: str, another: str) -> bool:
    return one == another or one.startswith(f"{another}/") or another.startswith(f"{one}/")


def _path(step: FileStep) -> str:
    return step.path


def _with_folders(step: FileStep) -> Iterator[str]:
    """The path of the file, and of every folder that it lies in."""
    yield step.path
    end = step.path.rfind("/")
    while end > 0:
        yield step.path[:end]
        end = step.path.rfind("/", 0, end)


def _read_pairs(repository: Repository, pairs: Sequence[str], prefix: str) -> dict[Id, list[FileStep]]:
    """By commit what it changed; each pair is a commit and the parent that it is compared with, or a root alone."""
    tops = [prefix + path for path in FLEET_PATHS]
    # no rename detection: it calls "retire one, add another" a rename
    options = ("--stdin", "--root", "-r", "-z", "--raw", "--no-renames")
    stdin = "".join(f"{pair}\n" for pair in pairs).encode()
    parts = iter(repository.output("diff-tree", *options, "--", *tops, stdin=stdin).split(b"\0"))
    start = len(os.fsencode(prefix))
    by_commit: dict[Id, list[FileStep]] = {}
    steps: list[FileStep] = []
    for part in parts:
        if part.startswith(b":"):
            steps.append(file_step(part, next(parts)[start:]))
        elif part:
            steps = by_commit.setdefault(part.decode(), [])
    return by_commit
