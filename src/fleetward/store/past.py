"""
A repository whose history was read once: the questions that an evaluator asks of every promotion, from memory.

What it knows it answers as git would; every other question goes to git, and an answer that rests on ids alone is
kept. So whoever asks need not know which of both is there.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime

from fleetward.domain.audit import Kept, Landing, Step
from fleetward.domain.errors import GitError
from fleetward.domain.value import dataclass
from fleetward.store.git import Answer, Id, Repository
from fleetward.store.ground import Ground
from fleetward.store.ledger import file_name
from fleetward.store.tree import Entry, Revision
from fleetward.store.writer import OWNED

_HEX = frozenset("0123456789abcdef")
_ABSENT = "000000"
_READ = 1024 * 1024
_MANY = 50


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
                values.append(None if move.new_mode == _ABSENT else self._entry(move))

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Past(Repository):
    """The repository, with a memory in front of it."""

    memory: Memory

    def need(self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> bytes:
        """As git would answer, from memory where it is known."""
        if extra or arguments[0] not in ("rev-list", "diff-tree", "ls-tree"):
            return Repository.need(self, *arguments, stdin=stdin, extra=extra)
        answer = _answer(self.memory, arguments, stdin)
        if answer is not None:
            return answer
        known = self.memory.answers
        if (arguments, stdin) not in known:
            known[arguments, stdin] = Repository.need(self, *arguments, stdin=stdin)
        return known[arguments, stdin]

    def ask(self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> Answer:
        """The same; a full id of a commit that is known names that commit."""
        if arguments[:2] == ("rev-parse", "--verify"):
            named = arguments[-1].removesuffix("^{commit}")
            if named in self.memory.parents:
                return Answer(code=0, out=f"{named}\n".encode(), err="")
        return Repository.ask(self, *arguments, stdin=stdin, extra=extra)

    def resolved(self, revision: str) -> Id | None:
        """The commit that *revision* names, or None; no branch is looked for under a known id."""
        return revision if revision in self.memory.parents else Repository.resolved(self, revision)

    def blobs(self, ids: Iterable[Id], limit: int) -> dict[Id, bytes | int]:
        """Contents by id, read and hashed once."""
        wanted, known = list(dict.fromkeys(ids)), self.memory.blobs
        missing = [one for one in wanted if _unread(known.get(one), limit)]
        if missing:
            known.update(Repository.blobs(self, missing, max(limit, _READ)))
        return {one: _short(known[one], limit) for one in wanted}

    def commits(self, ids: Iterable[Id]) -> dict[Id, bytes]:
        """Commit objects by id, read and hashed once."""
        wanted, known = list(dict.fromkeys(ids)), self.memory.commits
        missing = [one for one in wanted if one not in known]
        if missing:
            known.update(Repository.commits(self, missing))
        return {one: known[one] for one in wanted}

    def newest(self, commit: Id) -> tuple[Id, datetime] | None:
        """
        The latest date that the branch had where *commit* left it, and whose that is.

        None for a commit with another beginning.
        """
        memory, one = self.memory, commit
        while one not in memory.position:
            parents = memory.parents.get(one) or _parents(self.commits([one])[one])
            if not parents:
                return None
            one = parents[0]
        latest = memory.latest[memory.position[one]]
        return latest, _moment(memory.stamps[latest])

    def brought(self, landing: Landing) -> Iterator[tuple[str, Id]]:
        """Every content of a file that commits behind a merge had put there: (path, blob)."""
        memory = self.memory
        for one in memory.behind(landing.commit, landing.parent):
            for number in range(max(1, len(memory.parents[one]))):
                for step in _steps(memory.moves.get((one, number), ()), len(memory.prefix)):
                    if step.new is not None:
                        yield step.path, step.new.id

    def remember(self, wanted: Iterable[Id]) -> None:
        """Read these contents at once, those that are too large aside."""
        self.blobs(wanted, _READ)

    def remember_ledger(self, versions: Sequence[Id]) -> None:
        """
        The versions of a file that only grew, from the longest of them: each is a beginning of it.

        One that is not is read when it is asked for.
        """
        sizes = Repository.blobs(self, versions, 0)
        lengths = {one: size if isinstance(size, int) else 0 for one, size in sizes.items()}
        longest = max(versions, key=lambda one: lengths[one])
        whole = self.blobs([longest], 1 << 40)[longest]
        if isinstance(whole, bytes):
            for one, length in lengths.items():
                if self.hashed(whole[:length]) == one:
                    self.memory.blobs[one] = whole[:length]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled(Revision):
    """A commit of the branch, from memory."""

    memory: Memory

    def entries(self, *under: str) -> tuple[Entry, ...]:
        """Every file, or those under these folders, sorted by path."""
        scope = [os.fsencode(self.prefix + path) for path in under]
        if not self.memory.knows(scope) or self.commit not in self.memory.position:
            return Revision.entries(self, *under)
        found = self.memory.tree(self.commit, scope)
        return tuple(sorted(found.values(), key=lambda entry: entry.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered(Ground):
    """A fleet's place with a memory of its history."""

    memory: Memory

    def commit(self, commit: Id) -> Revision:
        """What a commit holds, named by its id."""
        return Recalled(repository=self.repository, commit=commit, prefix=self.prefix, memory=self.memory)


def remembered(ground: Ground, head: Id) -> tuple[Ground, Past]:
    """The same fleet with all that led to *head* in memory."""
    known = {one.name: getattr(ground.repository, one.name) for one in fields(Repository)}
    memory = Memory(ground.repository, ground.prefix, head)
    past = Past(**known, memory=memory)
    return Remembered(repository=past, root=ground.root, prefix=ground.prefix, memory=memory), past


def landings(past: Past, begin: Id | None) -> tuple[Landing, ...]:
    """
    The commits of the branch after *begin*, oldest first, each by its result.

    Errors: GitError where *begin* is none of them.
    """
    memory = past.memory
    if begin is not None and begin not in memory.position:
        raise GitError(f"commit {begin[:12]} is not on the first-parent line of {memory.head[:12]}")
    start = 0 if begin is None else memory.position[begin] + 1
    return tuple(_landing(memory, one) for one in memory.line[start:])


def _landing(memory: Memory, one: Id) -> Landing:
    parents = memory.parents[one]
    return Landing(
        commit=one,
        parent=parents[0] if parents else None,
        committed=_moment(memory.stamps[one]),
        steps=_steps(memory.moves.get((one, 0), ()), len(memory.prefix)),
        alone=len(parents) < 2,
    )


def added(past: Past, begin: Id) -> Landing:
    """All that the head has beside *begin*, as one commit."""
    memory = past.memory
    scope = [os.fsdecode(top) for top in memory.tops]
    asked = ("diff-tree", "-r", "-z", "--raw", "--no-renames", begin, memory.head, "--", *scope)
    parts = iter(Repository.need(past, *asked).split(b"\0"))
    moves = [_move(part, next(parts)) for part in parts if part]
    return Landing(
        commit=memory.head,
        parent=begin,
        committed=_moment(memory.stamps[memory.head]),
        steps=_steps(moves, len(memory.prefix)),
        alone=False,
    )


def prepare(past: Past, found: Sequence[Landing], environments: Iterable[str]) -> None:
    """Read at once what will be asked for: every content that came in, and the ledgers from their longest version."""
    ledgers = {file_name(one) for one in environments}
    versions: dict[str, list[Id]] = {}
    ids: list[Id] = []
    for landing in found:
        for step in landing.steps:
            for kept in (step.old, step.new):
                if kept is None or kept.mode == "160000":
                    continue
                if step.path in ledgers:
                    versions.setdefault(step.path, []).append(kept.id)
                else:
                    ids.append(kept.id)
    if len(found) > _MANY:  # a process for each question costs more than all of them at once
        past.commits(past.memory.parents)
    for known in versions.values():
        past.remember_ledger(list(dict.fromkeys(known)))
    past.remember(ids)


def _steps(moves: Iterable[Move], start: int) -> tuple[Step, ...]:
    return tuple(
        Step(
            move.path[start:].decode("utf-8", "surrogateescape"),
            None if move.old_mode == _ABSENT else Kept(move.old_mode, move.old),
            None if move.new_mode == _ABSENT else Kept(move.new_mode, move.new),
        )
        for move in moves
    )


def _told(repository: Repository, pairs: str, tops: Sequence[bytes]) -> dict[Id, list[Move]]:
    """By commit what git says of these pairs; each commit is in one of them, for git names only the first."""
    asked = ("diff-tree", "--stdin", "--root", "-r", "-z", "--raw", "--no-renames", "--")
    out = repository.need(*asked, *map(os.fsdecode, tops), stdin=pairs.encode())
    found: dict[Id, list[Move]] = {}
    current: list[Move] = []
    parts = iter(out.split(b"\0"))
    for part in parts:
        if part.startswith(b":"):
            current.append(_move(part, next(parts)))
        elif part:
            current = found.setdefault(part.decode(), [])
    return found


def _move(meta: bytes, path: bytes) -> Move:
    old_mode, new_mode, old, new, _ = meta[1:].decode().split(" ")
    return Move(path, old_mode, new_mode, old, new)


def _above(path: bytes) -> Iterator[bytes]:
    yield path
    end = path.rfind(b"/")
    while end > 0:
        yield path[:end]
        end = path.rfind(b"/", 0, end)


def _unread(known: bytes | int | None, limit: int) -> bool:
    return known is None or (isinstance(known, int) and known <= limit)


def _short(known: bytes | int, limit: int) -> bytes | int:
    return len(known) if isinstance(known, bytes) and len(known) > limit else known


def _parents(content: bytes) -> tuple[Id, ...]:
    header = content.partition(b"\n\n")[0]
    return tuple(line[7:].decode() for line in header.split(b"\n") if line.startswith(b"parent "))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(max(0, min(seconds, 2**37)), UTC)


# Questions to git, answered from memory; None where they are not understood


def _answer(memory: Memory, arguments: tuple[str, ...], stdin: bytes) -> bytes | None:
    words, scope = _scope(arguments)
    if scope and not memory.knows(scope):
        return None
    if words[0] == "rev-list":
        return _listed(memory, words[1:], scope)
    if words[0] == "ls-tree" and words[1:4] == ("-r", "-z", "--full-tree") and len(words) == 5:
        return _tree(memory, words[4], scope)
    if words[0] == "diff-tree" and words[1:2] == ("--stdin",):
        return _compared(memory, words[2:], scope, stdin.decode().split())
    return None


def _scope(arguments: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    if "--" not in arguments:
        return arguments, ()
    at = arguments.index("--")
    return arguments[:at], tuple(os.fsencode(one) for one in arguments[at + 1 :])


def _listed(memory: Memory, words: Sequence[str], scope: Sequence[bytes]) -> bytes | None:
    flags = {one for one in words if one.startswith("--")}
    tips = [one for one in words if one and one[0] in _HEX]
    without = [one[1:] for one in words if one.startswith("^")]
    if len(tips) != 1 or len(flags) + 1 + len(without) != len(words):
        return None
    if any(one not in memory.parents for one in (*tips, *without)):
        return None
    [tip] = tips
    if flags == {"--first-parent", "--timestamp"} and not scope and not without and tip in memory.position:
        line = memory.line[memory.position[tip] :: -1]
        return "".join(f"{memory.stamps[one]} {one}\n" for one in line).encode()
    if flags in ({"--first-parent"}, {"--first-parent", "--reverse"}) and scope:
        return _on_the_line(memory, tip, without, scope, reverse="--reverse" in flags)
    if "--full-history" not in flags or not scope or flags - {"--full-history", "--merges", "--no-merges"}:
        return None
    return _lines(
        one
        for one in _touched(memory, memory.touching, scope)
        if memory.holds(tip, one)
        and not any(memory.holds(past, one) for past in without)
        and not ("--merges" in flags and len(memory.parents[one]) < 2)
        and not ("--no-merges" in flags and len(memory.parents[one]) > 1)
    )


def _on_the_line(
    memory: Memory, tip: Id, without: Sequence[Id], scope: Sequence[bytes], *, reverse: bool
) -> bytes | None:
    if any(one not in memory.position for one in (tip, *without)):
        return None
    first = max((memory.position[one] for one in without), default=-1)
    last = memory.position[tip]
    found = [
        one
        for one in _touched(memory, memory.touching_first, scope)
        if first < memory.position.get(one, -1) <= last
    ]
    return _lines(reversed(found) if reverse else found)


def _touched(memory: Memory, index: Mapping[bytes, Sequence[Id]], scope: Sequence[bytes]) -> list[Id]:
    """Newest first."""
    found = {one for path in scope for one in index.get(path.rstrip(b"/"), ())}
    return sorted(found, key=lambda one: memory.place[one], reverse=True)


def _lines(ids: Iterable[Id]) -> bytes:
    return "".join(f"{one}\n" for one in ids).encode()


def _tree(memory: Memory, commit: Id, scope: Sequence[bytes]) -> bytes | None:
    if commit not in memory.position or not scope:
        return None
    found = memory.tree(commit, scope)
    out = []
    for path, kept in sorted(found.items()):
        kind = "commit" if kept.mode == "160000" else "blob"
        out.append(f"{kept.mode} {kind} {kept.id}\t".encode() + path + b"\0")
    return b"".join(out)


def _compared(
    memory: Memory, words: Sequence[str], scope: Sequence[bytes], commits: Sequence[Id]
) -> bytes | None:
    names = {"--root", "-m", "-r", "-z", "--name-only", "--no-renames"}
    raw = {"--no-commit-id", "--root", "-m", "-r", "-z", "--raw", "--no-renames"}
    if set(words) not in (names, raw) or any(one not in memory.parents for one in commits):
        return None
    out: list[bytes] = []
    for one in commits:
        for number in range(max(1, len(memory.parents[one]))):
            moves = sorted(set(memory.within(one, number, scope)), key=lambda move: move.path)
            if moves and "--raw" not in words:
                out.append(one.encode())
            for move in moves:
                if "--raw" in words:
                    out.append(_raw(move))
                out.append(move.path)
    return b"".join(part + b"\0" for part in out)


def _raw(move: Move) -> bytes:
    what = "A" if move.old_mode == _ABSENT else "D" if move.new_mode == _ABSENT else "M"
    kinds = (move.old_mode[:3], move.new_mode[:3])
    if what == "M" and kinds[0] != kinds[1]:
        what = "T"
    return f":{move.old_mode} {move.new_mode} {move.old} {move.new} {what}".encode()
