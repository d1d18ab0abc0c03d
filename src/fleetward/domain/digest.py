"""What names a content: SHA-256 over sorted lines that ``sha256sum`` writes too (SPEC 1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def of_bytes(content: bytes) -> str:
    """``sha256:`` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def of_files(files: Iterable[tuple[str, bytes]]) -> str:
    """
    The digest of a folder.

    Shape: (path relative to the folder, content) in any order; bytes of a path that are no UTF-8 as surrogates.
    """
    encoded = ((path.encode("utf-8", "surrogateescape"), content) for path, content in files)
    lines = sorted((path, hashlib.sha256(content).hexdigest().encode()) for path, content in encoded)
    return of_bytes(b"".join(_line(path, sha) for path, sha in lines))


def _line(path: bytes, sha: bytes) -> bytes:
    """As ``sha256sum`` writes it: a line feed in a path is escaped, or one file could stand for several."""
    if b"\n" not in path:
        return sha + b"  " + path + b"\n"
    return b"\\" + sha + b"  " + path.replace(b"\\", b"\\\\").replace(b"\n", b"\\n") + b"\n"


def of_parts(*parts: bytes) -> str:
    """64 hex digits for some parts, none of which can run over into the next."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(b"%d:" % len(part))
        hasher.update(part)
    return hasher.hexdigest()


def short(digest: str) -> str:
    """The twelve hex digits that file names carry."""
    return digest.removeprefix("sha256:")[:12]
