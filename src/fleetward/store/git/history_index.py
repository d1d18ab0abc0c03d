"""What every commit of a history changed of a fleet, read from git at once."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.commit_writer import OWNED
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import Entry

ABSENT = "000000"
"""The mode of a file that is not there."""


@dataclass(frozen=True, slots=True)
class Move:
    """One file that two trees hold differently; the path is git's."""

    path: bytes
    old_mode: str
    new_mode: str
    old: Id
    new: Id


class Memory:
    """Every commit on the way to *head*, and what each changed of the fleet beside each of its parents."""

    def __init__(self, repository: Repository, prefix: str, head: Id) -> None:
        self.prefix = prefix.encode()
        self.tops = tuple(self.prefix + top.encode() for top in OWNED)
        self.head = head
        self.parents: dict[Id, tuple[Id, ...]] = {}
        self.stamps: dict[Id, int] = {}
        self._read_commits(repository)
        self.place = {one: number for number, one in enumerate(self.parents)}
        self.line = self._first_parents()
        self.position = {one: number for number, one in enumerate(self.line)}
        self.landed = self._landings()
        self.came: list[list[Id]] = [[] for _ in self.line]
        for one, number in self.landed.items():
            self.came[number].append(one)
        self.latest: list[Id] = []
        for one in self.line:
            before = self.latest[-1] if self.latest else one
            self.latest.append(one if self.stamps[one] >= self.stamps[before] else before)
        self.moves: dict[tuple[Id, int], list[Move]] = {}
        self._read_moves(repository)
        self.touching: dict[bytes, list[Id]] = {}
        self.touching_first: dict[bytes, list[Id]] = {}
        self.kept: dict[bytes, tuple[list[int], list[Entry | None]]] = {}
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
        out = repository.need("rev-list", "--topo-order", "--parents", "--timestamp", self.head)
        for line in reversed(out.decode().splitlines()):
            stamp, one, *parents = line.split(" ")
            self.parents[one] = tuple(parents)
            self.stamps[one] = int(stamp)

    def _first_parents(self) -> list[Id]:
        found, one = [], self.head
        while True:
            found.append(one)
            parents = self.parents[one]
            if not parents:
                return found[::-1]
            one = parents[0]

    def _landings(self) -> dict[Id, int]:
        """For every commit the first one of the branch that holds it."""
        landed: dict[Id, int] = {}
        for number, tip in enumerate(self.line):
            front = [tip]
            while front:
                one = front.pop()
                if one not in landed:
                    landed[one] = number
                    front.extend(self.parents[one])
        return landed

    def _read_moves(self, repository: Repository) -> None:
        """What each commit changed, beside each of its parents; beside nothing where it has none."""
        most = max((len(parents) for parents in self.parents.values()), default=0)
        for number in range(max(1, most)):
            asked = [one for one, parents in self.parents.items() if len(parents) > number]
            roots = [one for one, parents in self.parents.items() if not parents] if number == 0 else []
            stdin = [f"{one}\n" for one in roots] + [f"{one} {self.parents[one][number]}\n" for one in asked]
            for one, moves in _told(repository, "".join(stdin), self.tops).items():
                self.moves[one, number] = moves

    def _index(self) -> None:
        for one in self.parents:
            for number in range(max(1, len(self.parents[one]))):
                moves = self.moves.get((one, number), ())
                folders = {folder for move in moves for folder in _above(move.path)}
                for folder in folders:
                    known = self.touching.setdefault(folder, [])
                    if not known or known[-1] != one:
                        known.append(one)
                    if number == 0:
                        self.touching_first.setdefault(folder, []).append(one)
        for position, one in enumerate(self.line):
            for move in self.moves.get((one, 0), ()):
                places, values = self.kept.setdefault(move.path, ([], []))
                places.append(position)
                values.append(None if move.new_mode == ABSENT else self._entry(move))

    def _entry(self, move: Move) -> Entry:
        path = move.path[len(self.prefix) :].decode("utf-8", "surrogateescape")
        return Entry(path=path, mode=move.new_mode, id=move.new)

    # What the questions come down to

    def behind(self, commit: Id, parent: Id | None) -> list[Id]:
        """The commits that *commit* brought with it beside its *parent*."""
        if commit in self.position and (parent is None or parent in self.position):
            return [one for one in self.came[self.position[commit]] if one != commit]
        return [
            one
            for one in self.parents
            if self.holds(commit, one) and one != commit and not (parent and self.holds(parent, one))
        ]

    def holds(self, tip: Id, one: Id) -> bool:
        """Is *one* the commit *tip*, or on the way to it?"""
        if tip in self.position:
            return self.landed[one] <= self.position[tip]
        return one in self._reach(tip)

    def _reach(self, tip: Id) -> frozenset[Id]:
        if tip not in self.reached:
            found, front = set(), [tip]
            while front:
                one = front.pop()
                if one not in found:
                    found.add(one)
                    front.extend(self.parents[one])
            self.reached[tip] = frozenset(found)
        return self.reached[tip]

    def tree(self, commit: Id, scope: Sequence[bytes]) -> dict[bytes, Entry]:
        """The files in *scope* as a commit of the branch holds them, by git's path."""
        at = self.position[commit]
        found: dict[bytes, Entry] = {}
        for path in self._in(scope):
            places, values = self.kept[path]
            value = (
                values[-1]
                if places[-1] <= at
                else values[before - 1]
                if (before := bisect_right(places, at))
                else None
            )
            if value is not None:
                found[path] = value
        return found

    def _in(self, scope: Sequence[bytes]) -> Iterator[bytes]:
        for one in scope:
            plain = one.rstrip(b"/")
            if plain == one and one in self.kept:
                yield one
            start = bisect_left(self.paths, plain + b"/")
            end = bisect_left(self.paths, plain + b"0")  # the character after the slash
            yield from self.paths[start:end]

    def knows(self, scope: Sequence[bytes]) -> bool:
        """Is all of it the fleet's?"""
        return bool(scope) and all(self._top(one) for one in scope)

    def _top(self, path: bytes) -> bytes | None:
        return next((top for top in self.tops if path == top or path.startswith(top + b"/")), None)

    def within(self, commit: Id, number: int, scope: Sequence[bytes]) -> Iterator[Move]:
        """What *commit* changed in *scope* beside its parent of this number."""
        moves = self.moves.get((commit, number), [])
        for one in scope:
            plain = one.rstrip(b"/")
            start = bisect_left(moves, plain, key=lambda move: move.path)
            for move in moves[start:]:
                if move.path != plain and not move.path.startswith(plain + b"/"):
                    if not move.path.startswith(plain):
                        break
                    continue
                yield move


def _told(repository: Repository, pairs: str, tops: Sequence[bytes]) -> dict[Id, list[Move]]:
    """By commit what git says of these pairs; each commit is in one of them, for git names only the first."""
    asked = ("diff-tree", "--stdin", "--root", "-r", "-z", "--raw", "--no-renames", "--")
    out = repository.need(*asked, *map(os.fsdecode, tops), stdin=pairs.encode())
    found: dict[Id, list[Move]] = {}
    current: list[Move] = []
    parts = iter(out.split(b"\0"))
    for part in parts:
        if part.startswith(b":"):
            current.append(move(part, next(parts)))
        elif part:
            current = found.setdefault(part.decode(), [])
    return found


def move(meta: bytes, path: bytes) -> Move:
    """One raw record of diff-tree with its path."""
    old_mode, new_mode, old, new, _ = meta[1:].decode().split(" ")
    return Move(path, old_mode, new_mode, old, new)


def _above(path: bytes) -> Iterator[bytes]:
    yield path
    end = path.rfind(b"/")
    while end > 0:
        yield path[:end]
        end = path.rfind(b"/", 0, end)
