"""A repository that reads each object once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, fields

from fleetward.domain import limits
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.repository import Id, Repository

_READ = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedRepository(Repository):
    """A repository whose objects stay in memory once they were read and hashed; for one run, by one process."""

    known_commits: AbstractSet[Id]
    """Full ids that are commits: no name of a branch is looked for under them."""
    _contents: dict[Id, bytes | int] = field(default_factory=dict, compare=False, repr=False)
    _commits: dict[Id, bytes] = field(default_factory=dict, compare=False, repr=False)
    _beginnings: dict[Id, tuple[bytes, int]] = field(default_factory=dict, compare=False, repr=False)
    """Versions of a file that only grew: its longest one, and how many bytes of it."""

    def find_commit(self, revision: str) -> Id | None:
        """The commit that *revision* names, or None."""
        return revision if revision in self.known_commits else Repository.find_commit(self, revision)

    def blobs(self, ids: Iterable[Id], limit: int) -> dict[Id, bytes | int]:
        """Contents by id, read and hashed once; one larger than *limit* bytes is only its size."""
        unique = list(dict.fromkeys(ids))
        missing = [
            blob_id
            for blob_id in unique
            if blob_id not in self._beginnings and _must_read(self._contents.get(blob_id), limit)
        ]
        if missing:
            self._contents.update(Repository.blobs(self, missing, max(limit, _READ)))
        return {blob_id: _limited(self._content(blob_id), limit) for blob_id in unique}

    def commits(self, ids: Iterable[Id]) -> dict[Id, bytes]:
        """Commit objects by id, read and hashed once."""
        unique = list(dict.fromkeys(ids))
        missing = [commit_id for commit_id in unique if commit_id not in self._commits]
        if missing:
            self._commits.update(Repository.commits(self, missing))
        return {commit_id: self._commits[commit_id] for commit_id in unique}

    def preload(self, ids: Iterable[Id]) -> None:
        """Read these contents at once, those aside that are larger than a mebibyte."""
        self.blobs(ids, _READ)

    def preload_grown_file(self, versions: Sequence[Id]) -> None:
        """
        Read the longest of these versions of a file, of which the others are beginnings.

        A version that is none is read when somebody asks for it.
        """
        sizes = Repository.blobs(self, versions, 0)
        lengths = {blob_id: size if isinstance(size, int) else 0 for blob_id, size in sizes.items()}
        longest = max(versions, key=lambda blob_id: lengths[blob_id])
        content = self.blobs([longest], limits.LEDGER_BYTES)[longest]
        if isinstance(content, bytes):
            for blob_id, length in lengths.items():
                # hashed, because an edited version is no beginning even where its length fits
                if self.object_id(content[:length]) == blob_id:
                    self._beginnings[blob_id] = (content, length)

    def _content(self, blob_id: Id) -> bytes | int:
        if blob_id in self._beginnings:
            content, length = self._beginnings[blob_id]
            return content[:length]
        return self._contents[blob_id]


def cached(repository: Repository, known_commits: AbstractSet[Id]) -> CachedRepository:
    """The same repository with a cache in front of it."""
    # replace() cannot change the class
    values = {item.name: getattr(repository, item.name) for item in fields(Repository)}
    return CachedRepository(**values, known_commits=known_commits)


def _must_read(content: bytes | int | None, limit: int) -> bool:
    return content is None or (isinstance(content, int) and content <= limit)


def _limited(content: bytes | int, limit: int) -> bytes | int:
    return len(content) if isinstance(content, bytes) and len(content) > limit else content
