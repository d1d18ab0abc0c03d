"""
A repository whose history was read once: the questions that an evaluator asks of every promotion, from memory.

What it knows it answers as git would; every other question goes to git, and an answer that rests on ids alone is
kept. So whoever asks need not know which of both is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime

from fleetward.domain.audit import Kept, Landing, Step
from fleetward.domain.errors import GitError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.fleet_root import Ground
from fleetward.store.git.history_answers import answer
from fleetward.store.git.history_index import ABSENT, Memory, Move, move
from fleetward.store.git.process import Answer
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import Entry, Revision
from fleetward.store.records.ledger import file_name

_READ = 1024 * 1024
_MANY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Past(Repository):
    """The repository, with a memory in front of it."""

    memory: Memory

    def need(self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> bytes:
        """As git would answer, from memory where it is known."""
        if extra or arguments[0] not in ("rev-list", "diff-tree", "ls-tree"):
            return Repository.need(self, *arguments, stdin=stdin, extra=extra)
        known_answer = answer(self.memory, arguments, stdin)
        if known_answer is not None:
            return known_answer
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
        begun = {one: self.memory.beginnings[one] for one in wanted if one in self.memory.beginnings}
        missing = [one for one in wanted if one not in begun and _unread(known.get(one), limit)]
        if missing:
            known.update(Repository.blobs(self, missing, max(limit, _READ)))
        contents = {one: whole[:length] for one, (whole, length) in begun.items()}
        return {one: _short(contents[one] if one in begun else known[one], limit) for one in wanted}

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
            held = {one: (whole, length) for one, length in lengths.items()}
            grown = {one: end for one, end in held.items() if self.hashed(whole[: end[1]]) == one}
            self.memory.beginnings.update(grown)


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
    moves = [move(part, next(parts)) for part in parts if part]
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
            None if move.old_mode == ABSENT else Kept(move.old_mode, move.old),
            None if move.new_mode == ABSENT else Kept(move.new_mode, move.new),
        )
        for move in moves
    )


def _unread(known: bytes | int | None, limit: int) -> bool:
    return known is None or (isinstance(known, int) and known <= limit)


def _short(known: bytes | int, limit: int) -> bytes | int:
    return len(known) if isinstance(known, bytes) and len(known) > limit else known


def _parents(content: bytes) -> tuple[Id, ...]:
    header = content.partition(b"\n\n")[0]
    return tuple(line[7:].decode() for line in header.split(b"\n") if line.startswith(b"parent "))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(max(0, min(seconds, 2**37)), UTC)
