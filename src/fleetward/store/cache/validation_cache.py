"""
The results of earlier validations, in a file inside the git directory.

The file is signed with a key in the user's home and counts only for the tool that wrote it. So nobody who can write
into the repository, or passes on a copy of it, can make a validation succeed. An invalid file counts as none.
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
    """
    Results by the digest of all their input, documents by the digest of their content.

    *agent_checks* are checks of single agents, *fleet_findings* the findings of the fleet-wide rules.
    """

    file: Path
    key: bytes
    tool: str
    agent_checks: dict[str, list[Any]] = field(default_factory=dict)
    documents: dict[str, list[Any]] = field(default_factory=dict)
    fleet_findings: dict[str, list[Any]] = field(default_factory=dict)

    def save(
        self,
        agent_checks: Mapping[str, list[Any]],
        documents: Mapping[str, Any],
        fleet_findings: Mapping[str, list[Any]],
    ) -> None:
        """Replace everything in the cache by these; without effect where the file cannot be written."""
        stored: dict[str, Any] = {
            "documents": documents,
            "agent_checks": agent_checks,
            "fleet_findings": fleet_findings,
        }
        # keys are digests of all input: equal keys mean equal results
        if all(current.keys() == getattr(self, name).keys() for name, current in stored.items()):
            return
        stored["tool"] = self.tool
        # JSON and never pickle, which runs code when it is read
        body = json.dumps(stored, separators=(",", ":")).encode()
        if len(body) + _SEAL_SIZE <= limits.CACHE_BYTES:
            with contextlib.suppress(OSError):
                _make_private_folder(self.file.parent)
                _remove_stale(self.file.parent)
                # exchanged whole: pre-commit runs several processes at once
                write_file(self.file, _seal(self.key, body) + body, mode=0o600)


def open_cache(common_dir: Path, prefix: str, environment: Mapping[str, str]) -> ValidationCache | None:
    """
    The cache of the fleet at *prefix* of the repository whose common git directory is *common_dir*.

    None where FLEETWARD_NO_CACHE is set, or the user's key cannot be read or made.
    """
    if environment.get("FLEETWARD_NO_CACHE"):
        return None
    key = _key(environment)
    if key is None:
        return None
    # a repository may hold several fleets, each with its own file
    name = hashlib.sha256(os.fsencode(prefix)).hexdigest()[:12]
    cache = ValidationCache(file=common_dir / "fleetward" / f"validate-{name}.json", key=key, tool=_tool())
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        _read_file(cache)
    return cache


def _read_file(cache: ValidationCache) -> None:
    # a linked folder could lead to a file of another user
    if not stat.S_ISDIR(os.lstat(cache.file.parent).st_mode):
        return
    stored = _read_private(cache.file, limits.CACHE_BYTES)
    body = stored[_SEAL_SIZE:]
    # the seal before json sees the text, and in constant time
    if not hmac.compare_digest(stored[:_SEAL_SIZE], _seal(cache.key, body)):
        return
    values = json.loads(body)
    # other code may judge the same files differently
    if values["tool"] == cache.tool:
        cache.agent_checks, cache.documents = values["agent_checks"], values["documents"]
        cache.fleet_findings = values["fleet_findings"]


def _seal(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256").hex().encode()


def _tool() -> str:
    """The digest of our own code, the schemas and the names of all installed packages."""
    package, schemas = str(Path(__file__).parents[2]), str(json_schema.schema_folder())
    installed = sorted(
        name
        for place in sys.path
        if os.path.isdir(place or ".")  # noqa: PTH112 - sys.path holds plain text
        for name in os.listdir(place or ".")  # noqa: PTH208
        # the names carry versions: another PyYAML may find other faults
        if name.endswith((".dist-info", ".egg-info"))
    )
    files = [*_files(package, ".py"), *_files(schemas, ".json")]
    contents = (part for file in files for part in (os.fsencode(file), _content(file)))
    return of_parts(sys.version.encode(), *map(os.fsencode, installed), *contents)


def _files(folder: str, ending: str) -> list[str]:
    """No pathlib: this runs at every start."""
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
    """The user's key, created at first use; None where another user could have read or written it."""
    home = environment.get("HOME", "")
    # the key lies outside of the repository, whose writers must not be able to seal
    state = environment.get("XDG_STATE_HOME") or (home and f"{home}/.local/state")
    # a relative path would put the key into whatever folder is current
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
    key = _read_private(file, _KEY_SIZE)
    return key if len(key) == _KEY_SIZE else None


def _make_private_folder(folder: Path) -> None:
    """
    Create the folder for this user alone.

    Errors: OSError where a link, a file or another user's folder is there.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = os.lstat(folder)
    # checked after mkdir: somebody else may have made it in between
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise NotADirectoryError(str(folder))


def _read_private(file: Path, limit: int) -> bytes:
    """
    The content of a file that no other user can have written.

    Errors: OSError for a link, for a file that others own or may read or write, or one larger than *limit*.
    """
    # the checks below ask the open file: the name may be exchanged at any time
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
        # link fails where the file exists, and rename would replace the key of another process
        os.link(part, file)
    finally:
        part.unlink(missing_ok=True)


def _remove_stale(folder: Path) -> None:
    """Remove the half-written files of killed runs."""
    for path in folder.glob(".fleet-*"):
        if time.time() - path.lstat().st_mtime > _STALE_S:
            path.unlink(missing_ok=True)
