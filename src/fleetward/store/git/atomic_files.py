"""Files exchanged in one step, and several of them together: all, or none."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from fleetward.domain.errors import WriteFailed

Contents = Mapping[str, bytes | None]
"""By path relative to the fleet root; None, or no entry, for a file that does not exist."""

PARTIAL_FILE = re.compile(r"(?P<folder>(?:.*/)?)\.fleet-[0-9a-f]{8}")
"""The path of a file that was being written when its process ended."""


def write_file(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """
    Exchange a file's content in one step; without *mode* the file keeps its own, and a new one gets 0644.

    Errors: OSError, with the file as it was.
    """
    if mode is None:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    _clear_partial_files(path.parent)
    # by hand: importing tempfile takes 4 ms
    part = path.with_name(_partial_name())
    # O_EXCL and O_NOFOLLOW: a link planted under this name must not be written through
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # before the rename: the file is never visible with another mode
        part.chmod(mode)
        part.replace(path)
    # a signal raises here, too, and must not leave the part behind
    except BaseException:
        # the first error is the one to report, not one of putting back
        with suppress(OSError):
            part.unlink()
        raise


def _partial_name() -> str:
    """Names its process, so that a later one knows whether the file is still being written."""
    return f".fleet-{os.getpid() & 0xFFFFFF:06x}{os.urandom(1).hex()}"


@lru_cache(maxsize=256)
def _clear_partial_files(folder: Path) -> None:
    """Remove what killed processes left half written; once a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        names = [entry.name for entry in entries if PARTIAL_FILE.fullmatch(entry.name)]
        for name in names:
            if not _is_running(int(name[7:13], 16)):
                (folder / name).unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def check_writable(paths: Iterable[Path]) -> None:
    """
    Check that each file can be written, by a file that is made beside it and removed again.

    Errors: WriteFailed with the folder or file that cannot be written.
    """
    places: set[Path] = set()
    for path in paths:
        folder = path.parent
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        places.add(folder)
        if path.exists():
            places.add(path)
    for place in sorted(places):
        try:
            if place.is_dir():
                probe = place / _partial_name()
                os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
                probe.unlink()
            else:
                os.close(os.open(place, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
        except OSError as error:
            # a file without permission is replaced all the same: its folder counts
            if not place.is_dir() and error.errno == errno.EACCES:
                continue
            message = f"cannot write {str(place)!r}: {error.strerror}; nothing was changed"
            raise WriteFailed(message, hint="make it writable, and run the command again") from error


def replace_file(path: Path, content: bytes) -> None:
    """
    Write one file of the fleet in one step.

    Errors: WriteFailed, with the file as it was.
    """
    try:
        write_file(path, content)
    except OSError as error:
        raise WriteFailed(f"cannot write {path.name!r}: {error.strerror}") from error


def replace_files(root: Path, before: Contents, after: Contents) -> None:
    """
    Put *after* where *before* was read; modes stay, folders that are missing are made.

    Errors: WriteFailed where a link is in the way, a file is no longer what was read, or the disk refuses;
    what was exchanged by then is put back.
    """
    for path in after:
        # all are compared before the first is written: an early refusal changes nothing
        if read_regular_file(root, path) != before.get(path):
            raise WriteFailed(f"{path} changed while the command ran", hint="run it again")
    done: list[str] = []
    try:
        for path, content in after.items():
            # listed before it is written: a failed write is put back, too, and named in the error
            done.append(path)
            _write_or_remove(root / path, content)
    except OSError as error:
        for path in done:
            with suppress(OSError):
                _write_or_remove(root / path, before.get(path))
        raise WriteFailed(f"cannot write {done[-1]!r}: {error.strerror}; no file was changed") from error


def read_regular_file(root: Path, path: str) -> bytes | None:
    """
    The content of the file at *path* of the work tree; None where nothing is there.

    Errors: WriteFailed where a part of the path is a link, or no regular file is there.
    """
    place = root
    *folders, _ = parts = path.split("/")
    for number, part in enumerate(parts):
        place = place / part
        try:
            # lstat for each part: a linked folder would lead the write out of the fleet
            mode = os.lstat(place).st_mode
        except FileNotFoundError:
            return None
        except OSError as error:
            raise WriteFailed(f"cannot read {path!r}: {error.strerror}") from error
        if not (stat.S_ISDIR(mode) if number < len(folders) else stat.S_ISREG(mode)):
            where = place.relative_to(root).as_posix()
            raise WriteFailed(f"{where} is in the way of {path}", hint=f"move {where} away")
    return place.read_bytes()


def _write_or_remove(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, content)
