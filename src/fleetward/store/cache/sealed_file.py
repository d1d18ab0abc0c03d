"""
A file inside the git directory that is signed with a key in the user's home.

Nobody who can write into the repository, or passes on a copy of it, can make such a file. An invalid one is none.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path

from fleetward.store.git.atomic_files import write_file

SEAL_SIZE = 64
_KEY_SIZE = 32
_STALE_S = 3600.0


def read_sealed(file: Path, key: bytes, limit: int) -> bytes | None:
    """
    What was sealed in *file*; None where somebody else wrote or changed it.

    Errors: OSError where it cannot be read, or is not this user's alone.
    """
    # a linked folder could lead to a file of another user
    if not stat.S_ISDIR(os.lstat(file.parent).st_mode):
        return None
    stored = _read_private(file, limit)
    body = stored[SEAL_SIZE:]
    # the seal before any parser sees the text, and in constant time
    return body if hmac.compare_digest(stored[:SEAL_SIZE], _seal(key, body)) else None


def write_sealed(file: Path, key: bytes, body: bytes) -> None:
    """Replace *file*; without effect where it cannot be written."""
    with contextlib.suppress(OSError):
        _make_private_folder(file.parent)
        _remove_stale(file.parent)
        # exchanged whole: pre-commit runs several processes at once
        write_file(file, _seal(key, body) + body, mode=0o600)


def user_key(environment: Mapping[str, str]) -> bytes | None:
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


def _seal(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256").hex().encode()
