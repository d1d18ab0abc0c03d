"""A tree of files in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fleetward.store.git.tree import TreeEntry


@dataclass(frozen=True, slots=True)
class MemoryTree:
    """Regular files, by path."""

    files: Mapping[str, str | bytes]

    def entries(self, *under: str) -> tuple[TreeEntry, ...]:
        paths = [
            path
            for path in sorted(self.files)
            if not under or any(f"{path}/".startswith(f"{top}/") for top in under)
        ]
        return tuple(TreeEntry(path=path, mode="100644") for path in paths)

    def read(self, entries: Iterable[TreeEntry], limit: int) -> Mapping[str, bytes | int | None]:
        contents = {entry.path: self.files[entry.path] for entry in entries}
        encoded = {path: text.encode() if isinstance(text, str) else text for path, text in contents.items()}
        return {path: content if len(content) <= limit else len(content) for path, content in encoded.items()}
