"""Where a fleet's files come from: a folder, git's index, or a revision."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from fleetward.domain.errors import GitError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.repository import Id, Repository

LINK = "120000"
SUBMODULE = "160000"
REGULAR = frozenset({"100644", "100755"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    A path of the fleet, relative to its root, and what git knows of it.

    Paths that are not UTF-8 carry surrogates. ``id`` is None for what git has not stored.
    """

    path: str
    mode: str
    id: Id | None = None
    sparse: bool = False


class Tree(Protocol):
    """Files by path; nothing is decoded, nothing is followed."""

    def entries(self, *under: str) -> tuple[Entry, ...]:
        """Every file, or those under these folders, sorted by path."""

    def read(self, entries: Iterable[Entry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path; a size where it is over *limit*, None where it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A commit's files."""

    repository: Repository
    commit: Id
    prefix: str = ""
    """The fleet root inside the repository: empty, or with a trailing slash."""

    def entries(self, *under: str) -> tuple[Entry, ...]:
        """Every file, or those under these folders, sorted by path."""
        paths = [self.prefix + path for path in under] or ([self.prefix.rstrip("/")] if self.prefix else [])
        out = self.repository.need("ls-tree", "-r", "-z", "--full-tree", self.commit, "--", *paths)
        found = []
        for record in _records(out):
            meta, path = record.split(b"\t", 1)
            mode, _, one = meta.decode().split(" ")
            found.append((path, mode, one, False))
        return _entries(found, self.prefix)

    def read(self, entries: Iterable[Entry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path, hashed again."""
        return _stored(self.repository, entries, limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What is staged."""

    repository: Repository
    prefix: str = ""

    def entries(self, *under: str) -> tuple[Entry, ...]:
        """Every staged file; an unmerged one is an error."""
        return _entries(_listed(self.repository, self.prefix, under, unmerged=False), self.prefix)

    def read(self, entries: Iterable[Entry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path, hashed again."""
        return _stored(self.repository, entries, limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The work tree: tracked files, and untracked ones that git does not ignore."""

    repository: Repository
    root: Path
    prefix: str = ""

    def entries(self, *under: str) -> tuple[Entry, ...]:
        """Every file that is there, with the mode that it has there."""
        found = _listed(self.repository, self.prefix, under, "-c", "-o", "--exclude-standard")
        there = (self._present(entry) for entry in _entries(found, self.prefix))
        return tuple(sorted((entry for entry in there if entry is not None), key=lambda entry: entry.path))

    def _present(self, entry: Entry) -> Entry | None:
        if entry.mode == SUBMODULE or entry.path.endswith("/"):  # a repository inside the repository
            return replace(entry, path=entry.path.rstrip("/"), mode=SUBMODULE)
        try:
            status = os.lstat(f"{self.root}/{entry.path}")
        except (OSError, ValueError):
            return entry if entry.sparse else None
        if stat.S_ISLNK(status.st_mode):
            return replace(entry, mode=LINK, id=None)
        if not stat.S_ISREG(status.st_mode):
            return None if stat.S_ISDIR(status.st_mode) else replace(entry, mode="000000", id=None)
        mode = "100755" if status.st_mode & stat.S_IXUSR else "100644"
        return entry if entry.mode == mode and not entry.sparse else replace(entry, mode=mode, sparse=False)

    def read(self, entries: Iterable[Entry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path as they are in the folder; links in the way are not followed."""
        wanted = list(entries)
        real: set[str] = set()
        found = {entry.path: self._content(entry, limit, real) for entry in wanted if not entry.sparse}
        return {**found, **_stored(self.repository, (entry for entry in wanted if entry.sparse), limit)}

    def _content(self, entry: Entry, limit: int, real: set[str]) -> bytes | int | None:
        if not self._unlinked(entry.path.rpartition("/")[0], real):
            return None
        try:  # plain text and plain calls: a large fleet has tens of thousands of files
            handle = os.open(
                f"{self.root}/{entry.path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
        except (OSError, ValueError):
            return None
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return None
            return status.st_size if status.st_size > limit else _filled(handle, status.st_size)
        finally:
            os.close(handle)

    def _unlinked(self, folder: str, real: set[str]) -> bool:
        """Is every folder on the way a real one?"""
        if not folder or folder in real:
            return True
        if not self._unlinked(folder.rpartition("/")[0], real):
            return False
        try:
            status = os.lstat(f"{self.root}/{folder}")
        except (OSError, ValueError):
            return False
        if not stat.S_ISDIR(status.st_mode):
            return False
        real.add(folder)
        return True


def _filled(handle: int, size: int) -> bytes:
    """The file's first *size* bytes, or all where it has become shorter."""
    content = os.read(handle, size)
    while len(content) < size and (more := os.read(handle, size - len(content))):
        content += more
    return content


_Raw = tuple[bytes, str, Id | None, bool]
_LOOSE = b"? "
"""How git marks a file that it does not track."""


def _records(out: bytes) -> list[bytes]:
    return [record for record in out.split(b"\0") if record]


def _entries(found: Iterable[_Raw], prefix: str) -> tuple[Entry, ...]:
    start = os.fsencode(prefix)
    inside = (
        Entry(path=path[len(start) :].decode("utf-8", "surrogateescape"), mode=mode, id=one, sparse=sparse)
        for path, mode, one, sparse in found
        if path.startswith(start)
    )
    return tuple(sorted(inside, key=lambda entry: entry.path))


def _listed(
    repository: Repository, prefix: str, under: Iterable[str], *what: str, unmerged: bool = True
) -> list[_Raw]:
    """What git lists of its index, and beside it where *what* asks for that; a path once."""
    scope = [prefix + path for path in under] or [prefix.rstrip("/") or "."]
    out = repository.need("ls-files", *what, "-s", "-t", "-z", "--full-name", "--", *scope)
    found: dict[bytes, _Raw] = {}
    for record in _records(out):
        if record.startswith(_LOOSE):
            path = record.removeprefix(_LOOSE)
            found[path] = (path, "100644", None, False)
            continue
        meta, path = record.split(b"\t", 1)
        tag, mode, one, stage = meta.decode().split(" ")
        if stage != "0" and not unmerged:
            name = path.decode("utf-8", "replace")
            raise GitError(f"{name!r} is not merged yet", hint="resolve the conflict, then git add it")
        found[path] = (path, mode, one, tag == "S")
    return list(found.values())


def _stored(repository: Repository, entries: Iterable[Entry], limit: int) -> dict[str, bytes | int | None]:
    wanted = {entry.path: entry.id for entry in entries if entry.id is not None and entry.mode in REGULAR}
    contents = repository.blobs(wanted.values(), limit)
    return {path: contents[one] for path, one in wanted.items()}
