"""Where a fleet's files come from: a folder, git's index, or a revision."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from fleetward.domain import layout
from fleetward.domain.errors import GitError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.conversion import may_be_converted, may_convert_any, stored_contents
from fleetward.store.git.repository import Id, Repository

LINK = "120000"
SUBMODULE = "160000"
REGULAR = frozenset({"100644", "100755"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """
    A file of a tree; *path* is relative to the fleet root, and carries surrogates where it is not UTF-8.

    *mode* is git's; *id* is None for what git has not stored; *sparse* files are in the index alone.
    """

    path: str
    mode: str
    id: Id | None = None
    sparse: bool = False
    fault: str | None = None
    """Why the tree that holds it is none that git writes; its mode is then none of git's."""


class Tree(Protocol):
    """A fleet's files, as bytes by path; links are not followed."""

    def entries(self, *under: str) -> tuple[TreeEntry, ...]:
        """Every file, or those under these folders, sorted by path."""

    def read(self, entries: Iterable[TreeEntry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path; a size where it is over *limit*, None where it cannot be read."""


def checked_entries(tree: Tree, *under: str) -> tuple[TreeEntry, ...]:
    """The files of a tree; of a commit, what git would not have written is marked."""
    # the work tree and the index hold a name once
    listed: Callable[..., tuple[TreeEntry, ...]] = getattr(tree, "checked_entries", tree.entries)
    return listed(*under)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedTree:
    """The files in git's index."""

    repository: Repository
    prefix: str = ""

    def entries(self, *under: str) -> tuple[TreeEntry, ...]:
        """Every staged file, or those under these folders; GitError where one is unmerged."""
        return tree_entries(_list_files(self.repository, self.prefix, under, unmerged=False), self.prefix)

    def read(self, entries: Iterable[TreeEntry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path, hashed again."""
        return read_stored(self.repository, entries, limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTree:
    """The work tree: tracked files, and untracked ones that git does not ignore."""

    repository: Repository
    root: Path
    prefix: str = ""

    def entries(self, *under: str) -> tuple[TreeEntry, ...]:
        """Every file that is on disk, with its mode there."""
        listed = _list_files(self.repository, self.prefix, under, "-c", "-o", "--exclude-standard")
        present = (self._present(entry) for entry in tree_entries(listed, self.prefix))
        return tuple(sorted((entry for entry in present if entry is not None), key=lambda entry: entry.path))

    def _present(self, entry: TreeEntry) -> TreeEntry | None:
        if entry.mode == SUBMODULE or entry.path.endswith("/"):  # a repository inside the repository
            # ls-files names an untracked repository with a trailing slash, and nothing inside it
            return replace(entry, path=entry.path.rstrip("/"), mode=SUBMODULE)
        try:
            status = os.lstat(f"{self.root}/{entry.path}")
        # ValueError: a path that the file system's encoding cannot hold
        except (OSError, ValueError):
            return entry if entry.sparse else None
        # the index may still call it a regular file
        if stat.S_ISLNK(status.st_mode):
            return replace(entry, mode=LINK, id=None)
        if not stat.S_ISREG(status.st_mode):
            return None if stat.S_ISDIR(status.st_mode) else replace(entry, mode="000000", id=None)
        mode = "100755" if status.st_mode & stat.S_IXUSR else "100644"
        if entry.mode != mode and entry.mode in REGULAR and entry.id and not self.repository.keeps_file_modes:
            mode = entry.mode
        return entry if entry.mode == mode and not entry.sparse else replace(entry, mode=mode, sparse=False)

    def read(self, entries: Iterable[TreeEntry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path, as git would store what is on disk; None where a part of the path is a link."""
        requested = list(entries)
        real: set[str] = set()
        contents = {
            entry.path: disk_content(self.root, entry, limit, real) for entry in requested if not entry.sparse
        }
        self._undo_conversions(requested, contents)
        return {
            **contents,
            **read_stored(self.repository, (entry for entry in requested if entry.sparse), limit),
        }

    def _undo_conversions(
        self, entries: Sequence[TreeEntry], contents: dict[str, bytes | int | None]
    ) -> None:
        """Put what git would store in the place of what it made of that at checkout."""
        any_content = may_convert_any(self.repository, [self.prefix + entry.path for entry in entries])
        found = {
            self.prefix + entry.path: (content, entry.id)
            for entry in entries
            if isinstance(content := contents.get(entry.path), bytes)
            and (any_content or may_be_converted(content))
        }
        if found:
            stored = stored_contents(self.repository, found)
            contents.update((path.removeprefix(self.prefix), content) for path, content in stored.items())


def disk_content(root: Path, entry: TreeEntry, limit: int, real: set[str]) -> bytes | int | None:
    """
    The content on disk; a size where it is over *limit*, None where it cannot be read or a link is on the way.

    Folders in *real* are known to be no links; what is found is added.
    """
    if not _unlinked(root, entry.path.rpartition("/")[0], real):
        return None
    # no pathlib: a large fleet has tens of thousands of files
    try:
        # O_NONBLOCK: opening a pipe without a writer would wait for ever
        handle = os.open(f"{root}/{entry.path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        # of the open file, because the path may have been exchanged since it was listed
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return None
        return status.st_size if status.st_size > limit else _read_fully(handle, status.st_size)
    finally:
        os.close(handle)


def _unlinked(root: Path, folder: str, real: set[str]) -> bool:
    """Is no folder on the way a link? Those in *real* are known to be none."""
    if not folder or folder in real:
        return True
    if not _unlinked(root, folder.rpartition("/")[0], real):
        return False
    try:
        status = os.lstat(f"{root}/{folder}")
    except (OSError, ValueError):
        return False
    if not stat.S_ISDIR(status.st_mode):
        return False
    real.add(folder)
    return True


def _read_fully(handle: int, size: int) -> bytes:
    """The file's first *size* bytes, or all where it has become shorter."""
    # one read may return less than was asked for
    content = os.read(handle, size)
    while len(content) < size and (chunk := os.read(handle, size - len(content))):
        content += chunk
    return content


_RawEntry = tuple[bytes, str, Id | None, bool]
_UNTRACKED = b"? "
"""How git marks a file that it does not track."""


def _records(out: bytes) -> list[bytes]:
    return [record for record in out.split(b"\0") if record]


def tree_entries(records: Iterable[_RawEntry], prefix: str) -> tuple[TreeEntry, ...]:
    """The records inside *prefix*, sorted by path; a record is git's path, mode, id, and whether it is sparse."""
    start = os.fsencode(prefix)
    inside = (
        # surrogateescape: GitPython's diff() is empty where one path is not UTF-8: a gate opens
        TreeEntry(
            path=path[len(start) :].decode("utf-8", "surrogateescape"), mode=mode, id=blob_id, sparse=sparse
        )
        for path, mode, blob_id, sparse in records
        if path.startswith(start)
    )
    return tuple(sorted(inside, key=lambda entry: entry.path))


def _list_files(
    repository: Repository, prefix: str, under: Iterable[str], *options: str, unmerged: bool = True
) -> list[_RawEntry]:
    """What git lists of its index, and of untracked files where *options* ask for them; each path once."""
    scope = [prefix + path for path in under] or [prefix.rstrip("/") or "."]
    # ls-files and not status, which runs filter programs named by the configuration
    out = repository.output("ls-files", *options, "-s", "-t", "-z", "--full-name", "--", *scope)
    by_path: dict[bytes, _RawEntry] = {}
    for record in _records(out):
        if record.startswith(_UNTRACKED):
            path = record.removeprefix(_UNTRACKED)
            by_path[path] = (path, "100644", None, False)
            continue
        meta, path = record.split(b"\t", 1)
        tag, mode, blob_id, stage = meta.decode().split(" ")
        # stages 1 to 3 are the sides of a conflict: none of them is the staged file
        if stage != "0" and not unmerged:
            raise _unmerged(repository, prefix, path.decode("utf-8", "replace"))
        # tag S is skip-worktree, as a sparse checkout sets it: absent on disk is not deleted
        by_path[path] = (path, mode, blob_id, tag == "S")
    return list(by_path.values())


def _unmerged(repository: Repository, prefix: str, path: str) -> GitError:
    if not path.startswith(f"{prefix}{layout.LEDGERS}/"):
        return GitError(f"{path!r} is not merged yet", hint="resolve the conflict, then git add it")
    # lines of a ledger are chained: no resolution by hand holds
    verb = "merge" if (repository.git_dir / "MERGE_HEAD").exists() else "rebase"
    message = f"two promotions met: {path!r} is in conflict, and cannot be merged line by line"
    return GitError(message, hint=f"git {verb} --abort && fleet promote AGENT... --to ENV --apply --rebase")


def read_stored(
    repository: Repository, entries: Iterable[TreeEntry], limit: int
) -> dict[str, bytes | int | None]:
    """The contents of regular files that git has stored, by path; a size where one is over *limit*."""
    # a link has a blob, too: its target must not be read as a content
    ids = {entry.path: entry.id for entry in entries if entry.id is not None and entry.mode in REGULAR}
    contents = repository.blobs(ids.values(), limit)
    return {path: contents[blob_id] for path, blob_id in ids.items()}
