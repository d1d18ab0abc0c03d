"""
What earlier looks at a fleet found, kept beside its repository.

A file is believed only when it is sealed with a key that lies with the user and outside every repository, and was
written by this very tool: whoever can write into the repository, or hands over a copy of it, cannot make us say
yes. Whatever is wrong with a file, it is as if there were none.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import stat
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleetward.domain import limits
from fleetward.domain.digest import of_parts
from fleetward.store.formats import json_schema
from fleetward.store.git.atomic_files import write_file

_KEY_SIZE = 32
_SEAL_SIZE = 64
_STALE_S = 3600.0


@dataclass(slots=True, kw_only=True)
class ValidationCache:
    """Pieces and verdicts by the digest of all that they rest on, documents by that of their content."""

    file: Path
    key: bytes
    tool: str
    pieces: dict[str, list[Any]] = field(default_factory=dict)
    documents: dict[str, list[Any]] = field(default_factory=dict)
    verdicts: dict[str, list[Any]] = field(default_factory=dict)

    def save(
        self,
        pieces: Mapping[str, list[Any]],
        documents: Mapping[str, Any],
        verdicts: Mapping[str, list[Any]],
    ) -> None:
        """Keep these and nothing else, all or not at all; where that cannot be, nothing is kept."""
        stored: dict[str, Any] = {"documents": documents, "pieces": pieces, "verdicts": verdicts}
        if all(current.keys() == getattr(self, name).keys() for name, current in stored.items()):
            return
        stored["tool"] = self.tool
        body = json.dumps(stored, separators=(",", ":")).encode()
        if len(body) + _SEAL_SIZE <= limits.CACHE_BYTES:
            with contextlib.suppress(OSError):
                _make_private_folder(self.file.parent)
                _remove_stale(self.file.parent)
                write_file(self.file, _seal(self.key, body) + body, mode=0o600)


def open_cache(common: Path, prefix: str, environment: Mapping[str, str]) -> ValidationCache | None:
    """
    The cache of the fleet at *prefix* of the repository whose shared folder is *common*.

    None where the environment switches it off, or no key of the user's can be had.
    """
    if environment.get("FLEETWARD_NO_CACHE"):
        return None
    key = _key(environment)
    if key is None:
        return None
    name = hashlib.sha256(os.fsencode(prefix)).hexdigest()[:12]
    cache = ValidationCache(file=common / "fleetward" / f"validate-{name}.json", key=key, tool=_tool())
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        _fill(cache)
    return cache


def _fill(cache: ValidationCache) -> None:
    if not stat.S_ISDIR(os.lstat(cache.file.parent).st_mode):
        return
    stored = _read(cache.file, limits.CACHE_BYTES)
    body = stored[_SEAL_SIZE:]
    if not hmac.compare_digest(stored[:_SEAL_SIZE], _seal(cache.key, body)):
        return
    values = json.loads(body)
    if values["tool"] == cache.tool:
        cache.pieces, cache.documents, cache.verdicts = (
            values["pieces"],
            values["documents"],
            values["verdicts"],
        )


def _seal(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256").hex().encode()


def _tool() -> str:
    """What judges, to the last byte: an edited checkout or another library is another tool."""
    package, schemas = str(Path(__file__).parents[2]), str(json_schema.schema_folder())
    installed = sorted(
        name
        for place in sys.path
        if os.path.isdir(place or ".")  # noqa: PTH112 - sys.path holds plain text
        for name in os.listdir(place or ".")  # noqa: PTH208
        if name.endswith((".dist-info", ".egg-info"))
    )
    files = [*_files(package, ".py"), *_files(schemas, ".json")]
    contents = (part for file in files for part in (os.fsencode(file), _content(file)))
    return of_parts(sys.version.encode(), *map(os.fsencode, installed), *contents)


def _files(folder: str, ending: str) -> list[str]:
    """Plain text and plain calls: this is asked at every start."""
    return sorted(
        f"{place}/{name}" for place, _, names in os.walk(folder) for name in names if name.endswith(ending)
    )


def _content(file: str) -> bytes:
    handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(handle, os.fstat(handle).st_size)
    finally:
        os.close(handle)


def _key(environment: Mapping[str, str]) -> bytes | None:
    """The user's own key, made at first need; None where it could be anybody's."""
    home = environment.get("HOME", "")
    state = environment.get("XDG_STATE_HOME") or (home and f"{home}/.local/state")
    if not os.path.isabs(state):  # noqa: PTH117 - empty text, too
        return None
    file = Path(state) / "fleetward" / "cache.key"
    try:
        return _read_key(file)
    except FileNotFoundError:
        pass
    except OSError:
        return None
    with contextlib.suppress(OSError):
        file.parent.parent.mkdir(parents=True, exist_ok=True)
        _make_private_folder(file.parent)
        _write_new(file, os.urandom(_KEY_SIZE))
    try:
        return _read_key(file)
    except OSError:
        return None


def _read_key(file: Path) -> bytes | None:
    key = _read(file, _KEY_SIZE)
    return key if len(key) == _KEY_SIZE else None


def _make_private_folder(folder: Path) -> None:
    """
    Make the folder, ours alone.

    Errors: OSError where something else is there.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise NotADirectoryError(str(folder))


def _read(file: Path, limit: int) -> bytes:
    """
    A file that only we can have written.

    Errors: OSError for a link, for what others own or may write, for what is larger than *limit*.
    """
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as opened_file:
        status = os.fstat(handle)
        private = status.st_uid == os.geteuid() and not status.st_mode & 0o077
        if not stat.S_ISREG(status.st_mode) or not private or status.st_size > limit:
            raise PermissionError(str(file))
        return opened_file.read(limit)


def _write_new(file: Path, content: bytes) -> None:
    """Write a file that is not there yet; of several processes the first wins, and its file is whole."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    write_file(part, content, mode=0o600)
    try:
        os.link(part, file)
    finally:
        part.unlink(missing_ok=True)


def _remove_stale(folder: Path) -> None:
    """Take out what killed runs left half written."""
    for path in folder.glob(".fleet-*"):
        if time.time() - path.lstat().st_mtime > _STALE_S:
            path.unlink(missing_ok=True)
