"""Files of the work tree exchanged together: all of them, or none."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from fleetward.domain.errors import FleetError, WriteFailed
from fleetward.store.fleet.models_edit import put

Contents = Mapping[str, bytes | None]
"""By path relative to the fleet root; None, or no entry, where there is or is to be no file."""


def replace_files(root: Path, before: Contents, after: Contents) -> None:
    """
    Put *after* where *before* was read; modes stay, folders that are missing are made.

    Errors: Unwritten where a link is in the way, a file is no longer what was read, or the disk refuses;
    what was exchanged by then is put back.
    """
    for path in after:
        if read_regular_file(root, path) != before.get(path):
            raise WriteFailed(f"{path} is not what was read any more", hint="run it again")
    done: list[str] = []
    try:
        for path, content in after.items():
            done.append(path)
            _put(root / path, content)
    except (OSError, FleetError) as error:
        for path in done:
            with suppress(OSError, FleetError):
                _put(root / path, before.get(path))
        if isinstance(error, OSError):
            raise WriteFailed(f"cannot write {path!r}, so nothing was: {error.strerror}") from error
        raise


def read_regular_file(root: Path, path: str) -> bytes | None:
    """
    What the work tree holds at *path*; None where there is nothing.

    Errors: Unwritten where something on the way is a link, or no regular file is there.
    """
    place = root
    *folders, _ = parts = path.split("/")
    for number, part in enumerate(parts):
        place = place / part
        try:
            mode = os.lstat(place).st_mode
        except FileNotFoundError:
            return None
        if not (stat.S_ISDIR(mode) if number < len(folders) else stat.S_ISREG(mode)):
            where = place.relative_to(root).as_posix()
            raise WriteFailed(f"{where} is in the way of {path}", hint=f"move {where} away")
    return place.read_bytes()


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    put(path, content)
