"""What every commit of a history changed of a fleet, read from git at once."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.commit_writer import FLEET_PATHS
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import TreeEntry

ABSENT = "000000"
"""The mode of a file that is not there."""


@dataclass(frozen=True, slots=True)
class IndexedChange:
    """One file that two trees hold differently; the path is git's."""

    path: bytes
    old_mode: str
    new_mode: str
    old: Id
    new: Id


class HistoryIndex:
    """Every commit on the way to *head*, and what each changed of the fleet beside each of its parents."""

    def __init__(self, repository: Repository, prefix: str, head: Id) -> None:
        self.prefix = prefix.encode()
        self.tops = tuple(self.prefix + top.encode() for top in FLEET_PATHS)
        self.head = head
        self.parents: dict[Id, tuple[Id, ...]] = {}
        self.stamps: dict[Id, int] = {}
        self._read_commits(repository)
        self.place = {commit: number for number, commit in enumerate(self.parents)}
        self.line = self._first_parents()
        self.position = {commit: number for number, commit in enumerate(self.line)}
        self.landed = self._first_containing()
        self.came: list[list[Id]] = [[] for _ in self.line]
        for commit, number in self.landed.items():
            self.came[number].append(commit)
        self.latest: list[Id] = []
        for commit in self.line:
            before = self.latest[-1] if self.latest else commit
            self.latest.append(commit if self.stamps[commit] >= self.stamps[before] else before)
        self.moves: dict[tuple[Id, int], list[IndexedChange]] = {}
        self._read_changes(repository)
        self.touching: dict[bytes, list[Id]] = {}
        self.touching_first: dict[bytes, list[Id]] = {}
        self.kept: dict[bytes, tuple[list[int], list[TreeEntry | None]]] = {}
        self._index()
        self.paths = sorted(self.kept)
        self.reached: dict[Id, frozenset[Id]] = {}
        self.blobs: dict[Id, bytes | int] = {}
        self.beginnings: dict[Id, tuple[bytes, int]] = {}
        """Versions of a file that only grew: its longest one, and how much of it."""
        self.commits: dict[Id, bytes] = {}
        self.answers: dict[tuple[tuple[str, ...], bytes], bytes] = {}

    def _read_commits(self, repository: Repository) -> None:
        """Oldest first: no commit before its parents."""
        out = repository.output("rev-list", "--topo-order", "--parents", "--timestamp", self.head)
        for line in reversed(out.decode().splitlines()):
            stamp, commit, *parents = line.split(" ")
            self.parents[commit] = tuple(parents)
            self.stamps[commit] = int(stamp)

    def _first_parents(self) -> list[Id]:
        line, commit = [], self.head
        while True:
            line.append(commit)
            parents = self.parents[commit]
            if not parents:
                return line[::-1]
            commit = parents[0]

    def _first_containing(self) -> dict[Id, int]:
        """For every commit the first one of the branch that holds it."""
        landed: dict[Id, int] = {}
        for number, tip in enumerate(self.line):
            front = [tip]
            while front:
                commit = front.pop()
                if commit not in landed:
                    landed[commit] = number
                    front.extend(self.parents[commit])
        return landed

    def _read_changes(self, repository: Repository) -> None:
        """What each commit changed, beside each of its parents; beside nothing where it has none."""
        most = max((len(parents) for parents in self.parents.values()), default=0)
        for number in range(max(1, most)):
            children = [commit for commit, parents in self.parents.items() if len(parents) > number]
            roots = [commit for commit, parents in self.parents.items() if not parents] if number == 0 else []
            stdin = [f"{commit}\n" for commit in roots] + [
                f"{commit} {self.parents[commit][number]}\n" for commit in children
            ]
            for commit, moves in _read_pairs(repository, "".join(stdin), self.tops).items():
                self.moves[commit, number] = moves

    def _index(self) -> None:
        for commit in self.parents:
            for number in range(max(1, len(self.parents[commit]))):
                moves = self.moves.get((commit, number), ())
                folders = {folder for move in moves for folder in _path_and_folders(move.path)}
                for folder in folders:
                    commits = self.touching.setdefault(folder, [])
                    if not commits or commits[-1] != commit:
                        commits.append(commit)
                    if number == 0:
                        self.touching_first.setdefault(folder, []).append(commit)
        for position, commit in enumerate(self.line):
            for move in self.moves.get((commit, 0), ()):
                places, values = self.kept.setdefault(move.path, ([], []))
                places.append(position)
                values.append(None if move.new_mode == ABSENT else self._entry(move))

    def _entry(self, move: IndexedChange) -> TreeEntry:
        path = move.path[len(self.prefix) :].decode("utf-8", "surrogateescape")
        return TreeEntry(path=path, mode=move.new_mode, id=move.new)

    # What the questions come down to

    def merged_commits(self, commit: Id, parent: Id | None) -> list[Id]:
        """The commits that *commit* brought with it beside its *parent*."""
        if commit in self.position and (parent is None or parent in self.position):
            return [ancestor for ancestor in self.came[self.position[commit]] if ancestor != commit]
        return [
            ancestor
            for ancestor in self.parents
            if self.is_reachable(commit, ancestor)
            and ancestor != commit
            and not (parent and self.is_reachable(parent, ancestor))
        ]

    def is_reachable(self, tip: Id, commit: Id) -> bool:
        """Is *commit* the commit *tip*, or on the way to it?"""
        if tip in self.position:
            return self.landed[commit] <= self.position[tip]
        return commit in self._ancestors(tip)

    def _ancestors(self, tip: Id) -> frozenset[Id]:
        if tip not in self.reached:
            ancestors, front = set(), [tip]
            while front:
                commit = front.pop()
                if commit not in ancestors:
                    ancestors.add(commit)
                    front.extend(self.parents[commit])
            self.reached[tip] = frozenset(ancestors)
        return self.reached[tip]

    def files_at(self, commit: Id, scope: Sequence[bytes]) -> dict[bytes, TreeEntry]:
        """The files in *scope* as a commit of the branch holds them, by git's path."""
        at = self.position[commit]
        files: dict[bytes, TreeEntry] = {}
        for path in self._paths_in(scope):
            places, values = self.kept[path]
            value = (
                values[-1]
                if places[-1] <= at
                else values[before - 1]
                if (before := bisect_right(places, at))
                else None
            )
            if value is not None:
                files[path] = value
        return files

    def _paths_in(self, scope: Sequence[bytes]) -> Iterator[bytes]:
        for path in scope:
            plain = path.rstrip(b"/")
            if plain == path and path in self.kept:
                yield path
            start = bisect_left(self.paths, plain + b"/")
            end = bisect_left(self.paths, plain + b"0")  # the character after the slash
            yield from self.paths[start:end]

    def covers(self, scope: Sequence[bytes]) -> bool:
        """Is all of it the fleet's?"""
        return bool(scope) and all(self._fleet_path(path) for path in scope)

    def _fleet_path(self, path: bytes) -> bytes | None:
        return next((top for top in self.tops if path == top or path.startswith(top + b"/")), None)

    def changes_in(self, commit: Id, number: int, scope: Sequence[bytes]) -> Iterator[IndexedChange]:
        """What *commit* changed in *scope* beside its parent of this number."""
        moves = self.moves.get((commit, number), [])
        for path in scope:
            plain = path.rstrip(b"/")
            start = bisect_left(moves, plain, key=lambda move: move.path)
            for move in moves[start:]:
                if move.path != plain and not move.path.startswith(plain + b"/"):
                    if not move.path.startswith(plain):
                        break
                    continue
                yield move


def _read_pairs(repository: Repository, pairs: str, tops: Sequence[bytes]) -> dict[Id, list[IndexedChange]]:
    """By commit what git says of these pairs; each commit is in one of them, for git names only the first."""
    command = ("diff-tree", "--stdin", "--root", "-r", "-z", "--raw", "--no-renames", "--")
    out = repository.output(*command, *map(os.fsdecode, tops), stdin=pairs.encode())
    changes: dict[Id, list[IndexedChange]] = {}
    current: list[IndexedChange] = []
    parts = iter(out.split(b"\0"))
    for part in parts:
        if part.startswith(b":"):
            current.append(parse_file_change(part, next(parts)))
        elif part:
            current = changes.setdefault(part.decode(), [])
    return changes


def parse_file_change(meta: bytes, path: bytes) -> IndexedChange:
    """One raw record of diff-tree with its path."""
    old_mode, new_mode, old, new, _ = meta[1:].decode().split(" ")
    return IndexedChange(path, old_mode, new_mode, old, new)


def _path_and_folders(path: bytes) -> Iterator[bytes]:
    yield path
    end = path.rfind(b"/")
    while end > 0:
        yield path[:end]
        end = path.rfind(b"/", 0, end)
