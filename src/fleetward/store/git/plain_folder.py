"""A fleet in a folder that is in no repository: it can be read, and nothing more."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from fleetward.domain import layout
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.tree import LINK, REGULAR, TreeEntry, disk_content


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderTree:
    """Every file of a folder; links are not followed."""

    root: Path

    def entries(self, *under: str) -> tuple[TreeEntry, ...]:
        """Every file, or those under these folders, sorted by path."""
        found = {entry.path: entry for top in under or ("",) for entry in self._below(top)}
        return tuple(found[path] for path in sorted(found))

    def read(self, entries: Iterable[TreeEntry], limit: int) -> Mapping[str, bytes | int | None]:
        """Contents by path; a size where it is over *limit*, None where it cannot be read."""
        real: set[str] = set()
        return {
            entry.path: disk_content(self.root, entry, limit, real)
            for entry in entries
            if entry.mode in REGULAR
        }

    def _below(self, path: str) -> Iterator[TreeEntry]:
        folders = [path]
        while folders:
            path = folders.pop()
            place = f"{self.root}/{path}" if path else str(self.root)
            try:
                mode = os.lstat(place).st_mode
            except (OSError, ValueError):
                continue
            if stat.S_ISDIR(mode):
                folders.extend(f"{path}/{name}" if path else name for name in os.listdir(place))  # noqa: PTH208
            elif stat.S_ISLNK(mode):
                yield TreeEntry(path=path, mode=LINK)
            elif stat.S_ISREG(mode):
                yield TreeEntry(path=path, mode="100755" if mode & stat.S_IXUSR else "100644")
            else:
                yield TreeEntry(path=path, mode="000000")


def find_plain_folder(folder: Path) -> FolderTree | None:
    """The nearest folder with a ``fleet-config.yaml``; None where there is none, or a repository around it."""
    start = folder.resolve()
    places = (start, *start.parents)
    if any(os.path.lexists(place / ".git") for place in places):
        return None
    return next((FolderTree(root=place) for place in places if (place / layout.CONFIG).is_file()), None)
