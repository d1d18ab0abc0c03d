"""Digests of files and folders: SHA-256 over sorted lines as ``sha256sum`` writes them (SPEC 1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def of_bytes(content: bytes) -> str:
    """``sha256:`` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def of_files(files: Iterable[tuple[str, bytes]]) -> str:
    """
    The digest of a folder.

    Shape: (path relative to the folder, content) in any order; bytes of a path that are not UTF-8 as surrogates.
    """
    encoded = ((path.encode("utf-8", "surrogateescape"), content) for path, content in files)
    # by bytes, as sort does in the C locale
    lines = sorted((path, hashlib.sha256(content).hexdigest().encode()) for path, content in encoded)
    return of_bytes(b"".join(_line(path, sha) for path, sha in lines))


def _line(path: bytes, sha: bytes) -> bytes:
    """As ``sha256sum`` writes it: a line feed in a path is escaped, or one file could stand for several."""
    if b"\n" not in path:
        return sha + b"  " + path + b"\n"
    return b"\\" + sha + b"  " + path.replace(b"\\", b"\\\\").replace(b"\n", b"\\n") + b"\n"


def of_parts(*parts: bytes) -> str:
    """64 hex digits for a sequence of parts; each part counts with its length."""
    hasher = hashlib.sha256()
    for part in parts:
        # without lengths ("ab", "c") and ("a", "bc") would be equal
        hasher.update(b"%d:" % len(part))
        hasher.update(part)
    return hasher.hexdigest()


def short(digest: str) -> str:
    """The first twelve hex digits, as in file names."""
    return digest.removeprefix("sha256:")[:12]
