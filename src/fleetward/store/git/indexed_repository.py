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

from fleetward.domain import layout
from fleetward.domain.audit import FileStep, FileVersion, FirstParentCommit
from fleetward.domain.errors import GitError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.history_answers import answer
from fleetward.store.git.history_index import ABSENT, HistoryIndex, IndexedChange, parse_file_change
from fleetward.store.git.process import GitResult
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import CommitTree, TreeEntry

_READ = 1024 * 1024
_MANY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedRepository(Repository):
    """The repository, with a memory in front of it."""

    index: HistoryIndex

    def need(self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> bytes:
        """As git would answer, from memory where it is known."""
        if extra or arguments[0] not in ("rev-list", "diff-tree", "ls-tree"):
            return Repository.output(self, *arguments, stdin=stdin, extra=extra)
        known_answer = answer(self.index, arguments, stdin)
        if known_answer is not None:
            return known_answer
        cache = self.index.answers
        if (arguments, stdin) not in cache:
            cache[arguments, stdin] = Repository.output(self, *arguments, stdin=stdin)
        return cache[arguments, stdin]

    def ask(self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> GitResult:
        """The same; a full id of a commit that is known names that commit."""
        if arguments[:2] == ("rev-parse", "--verify"):
            commit = arguments[-1].removesuffix("^{commit}")
            if commit in self.index.parents:
                return GitResult(code=0, out=f"{commit}\n".encode(), err="")
        return Repository.run(self, *arguments, stdin=stdin, extra=extra)

    def resolved(self, revision: str) -> Id | None:
        """The commit that *revision* names, or None; no branch is looked for under a known id."""
        return revision if revision in self.index.parents else Repository.find_commit(self, revision)

    def blobs(self, ids: Iterable[Id], limit: int) -> dict[Id, bytes | int]:
        """Contents by id, read and hashed once."""
        unique, cache = list(dict.fromkeys(ids)), self.index.blobs
        prefixes = {
            blob_id: self.index.beginnings[blob_id] for blob_id in unique if blob_id in self.index.beginnings
        }
        missing = [
            blob_id for blob_id in unique if blob_id not in prefixes and _must_read(cache.get(blob_id), limit)
        ]
        if missing:
            cache.update(Repository.blobs(self, missing, max(limit, _READ)))
        contents = {blob_id: whole[:length] for blob_id, (whole, length) in prefixes.items()}
        return {
            blob_id: _limited(contents[blob_id] if blob_id in prefixes else cache[blob_id], limit)
            for blob_id in unique
        }

    def commits(self, ids: Iterable[Id]) -> dict[Id, bytes]:
        """Commit objects by id, read and hashed once."""
        unique, cache = list(dict.fromkeys(ids)), self.index.commits
        missing = [commit_id for commit_id in unique if commit_id not in cache]
        if missing:
            cache.update(Repository.commits(self, missing))
        return {commit_id: cache[commit_id] for commit_id in unique}

    def latest_date(self, commit: Id) -> tuple[Id, datetime] | None:
        """
        The latest date that the branch had where *commit* left it, and whose that is.

        None for a commit with another beginning.
        """
        memory, ancestor = self.index, commit
        while ancestor not in memory.position:
            parents = memory.parents.get(ancestor) or _parents(self.commits([ancestor])[ancestor])
            if not parents:
                return None
            ancestor = parents[0]
        latest = memory.latest[memory.position[ancestor]]
        return latest, _moment(memory.stamps[latest])

    def merged_versions(self, landing: FirstParentCommit) -> Iterator[tuple[str, Id]]:
        """Every content of a file that commits behind a merge had put there: (path, blob)."""
        memory = self.index
        for commit in memory.merged_commits(landing.id, landing.parent):
            for number in range(max(1, len(memory.parents[commit]))):
                for step in _steps(memory.moves.get((commit, number), ()), len(memory.prefix)):
                    if step.new is not None:
                        yield step.path, step.new.id

    def preload(self, ids: Iterable[Id]) -> None:
        """Read these contents at once, those that are too large aside."""
        self.blobs(ids, _READ)

    def preload_ledger(self, versions: Sequence[Id]) -> None:
        """
        The versions of a file that only grew, from the longest of them: each is a beginning of it.

        One that is not is read when it is asked for.
        """
        sizes = Repository.blobs(self, versions, 0)
        lengths = {blob_id: size if isinstance(size, int) else 0 for blob_id, size in sizes.items()}
        longest = max(versions, key=lambda blob_id: lengths[blob_id])
        whole = self.blobs([longest], 1 << 40)[longest]
        if isinstance(whole, bytes):
            ends = {blob_id: (whole, length) for blob_id, length in lengths.items()}
            grown = {
                blob_id: end for blob_id, end in ends.items() if self.object_id(whole[: end[1]]) == blob_id
            }
            self.index.beginnings.update(grown)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedTree(CommitTree):
    """A commit of the branch, from memory."""

    index: HistoryIndex

    def entries(self, *under: str) -> tuple[TreeEntry, ...]:
        """Every file, or those under these folders, sorted by path."""
        scope = [os.fsencode(self.prefix + path) for path in under]
        if not self.index.covers(scope) or self.commit not in self.index.position:
            return CommitTree.entries(self, *under)
        files = self.index.files_at(self.commit, scope)
        return tuple(sorted(files.values(), key=lambda entry: entry.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedFleetRoot(FleetRoot):
    """A fleet's place with a memory of its history."""

    index: HistoryIndex

    def commit(self, commit: Id) -> CommitTree:
        """What a commit holds, named by its id."""
        return IndexedTree(repository=self.repository, commit=commit, prefix=self.prefix, index=self.index)


def index_history(ground: FleetRoot, head: Id) -> tuple[FleetRoot, IndexedRepository]:
    """The same fleet with all that led to *head* in memory."""
    values = {field.name: getattr(ground.repository, field.name) for field in fields(Repository)}
    memory = HistoryIndex(ground.repository, ground.prefix, head)
    past = IndexedRepository(**values, index=memory)
    return IndexedFleetRoot(repository=past, path=ground.path, prefix=ground.prefix, index=memory), past


def first_parent_commits(past: IndexedRepository, begin: Id | None) -> tuple[FirstParentCommit, ...]:
    """
    The commits of the branch after *begin*, oldest first, each by its result.

    Errors: GitError where *begin* is none of them.
    """
    memory = past.index
    if begin is not None and begin not in memory.position:
        raise GitError(f"commit {begin[:12]} is not on the first-parent line of {memory.head[:12]}")
    start = 0 if begin is None else memory.position[begin] + 1
    return tuple(_first_parent_commit(memory, commit) for commit in memory.line[start:])


def _first_parent_commit(memory: HistoryIndex, commit: Id) -> FirstParentCommit:
    parents = memory.parents[commit]
    return FirstParentCommit(
        id=commit,
        parent=parents[0] if parents else None,
        committed=_moment(memory.stamps[commit]),
        changes=_steps(memory.moves.get((commit, 0), ()), len(memory.prefix)),
        is_single=len(parents) < 2,
    )


def combined_commit(past: IndexedRepository, begin: Id) -> FirstParentCommit:
    """All that the head has beside *begin*, as one commit."""
    memory = past.index
    scope = [os.fsdecode(top) for top in memory.tops]
    command = ("diff-tree", "-r", "-z", "--raw", "--no-renames", begin, memory.head, "--", *scope)
    parts = iter(Repository.output(past, *command).split(b"\0"))
    moves = [parse_file_change(part, next(parts)) for part in parts if part]
    return FirstParentCommit(
        id=memory.head,
        parent=begin,
        committed=_moment(memory.stamps[memory.head]),
        changes=_steps(moves, len(memory.prefix)),
        is_single=False,
    )


def preload(
    past: IndexedRepository, commits: Sequence[FirstParentCommit], environments: Iterable[str]
) -> None:
    """Read at once what will be asked for: every content that came in, and the ledgers from their longest version."""
    ledgers = {layout.ledger_file(environment) for environment in environments}
    versions: dict[str, list[Id]] = {}
    ids: list[Id] = []
    for landing in commits:
        for step in landing.changes:
            for entry in (step.old, step.new):
                if entry is None or entry.mode == "160000":
                    continue
                if step.path in ledgers:
                    versions.setdefault(step.path, []).append(entry.id)
                else:
                    ids.append(entry.id)
    if len(commits) > _MANY:  # a process for each question costs more than all of them at once
        past.commits(past.index.parents)
    for blob_ids in versions.values():
        past.preload_ledger(list(dict.fromkeys(blob_ids)))
    past.preload(ids)


def _steps(moves: Iterable[IndexedChange], start: int) -> tuple[FileStep, ...]:
    return tuple(
        FileStep(
            move.path[start:].decode("utf-8", "surrogateescape"),
            None if move.old_mode == ABSENT else FileVersion(move.old_mode, move.old),
            None if move.new_mode == ABSENT else FileVersion(move.new_mode, move.new),
        )
        for move in moves
    )


def _must_read(content: bytes | int | None, limit: int) -> bool:
    return content is None or (isinstance(content, int) and content <= limit)


def _limited(content: bytes | int, limit: int) -> bytes | int:
    return len(content) if isinstance(content, bytes) and len(content) > limit else content


def _parents(content: bytes) -> tuple[Id, ...]:
    header = content.partition(b"\n\n")[0]
    return tuple(line[7:].decode() for line in header.split(b"\n") if line.startswith(b"parent "))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(max(0, min(seconds, 2**37)), UTC)
