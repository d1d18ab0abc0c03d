"""What names a content: SHA-256 over sorted lines that ``sha256sum`` writes too (SPEC 1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

OVERRIDES = "overrides.yaml"


def of_bytes(content: bytes) -> str:
    """``sha256:`` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def of_files(files: Iterable[tuple[str, bytes]]) -> str:
    """
    The digest of a folder.

    Shape: (path relative to the folder, content) in any order.
    """
    lines = sorted((path.encode(), hashlib.sha256(content).hexdigest()) for path, content in files)
    return of_bytes(b"".join(sha.encode() + b"  " + path + b"\n" for path, sha in lines))


def short(digest: str) -> str:
    """The twelve hex digits that file names carry."""
    return digest.removeprefix("sha256:")[:12]
