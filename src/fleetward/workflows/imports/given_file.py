"""A file that the user names: a regular file, a pipe or a device, read up to a limit."""

from __future__ import annotations

import os
from pathlib import Path

from fleetward.domain.errors import FleetError

_PATIENCE_S = 60
"""How long a pipe may give nothing."""


def read_given_file(path: Path, file: str, *, limit: int, hint: str, larger: str) -> bytes:
    """
    The content of *path*, which messages call *file*.

    Errors: FleetError with *hint* where it cannot be read, or is a pipe that gives nothing for a minute; with *larger*
    where it holds more than *limit* bytes.
    """
    try:
        if path.is_fifo():
            content = _read_pipe(path, limit + 1)
        else:
            with path.open("rb") as stream:
                # a device has no size: /dev/zero would fill the memory
                content = stream.read(limit + 1)
    except TimeoutError as error:
        raise FleetError(f"{file!r} is a pipe that gave nothing for {_PATIENCE_S} s", hint=hint) from error
    except OSError as error:
        raise FleetError(f"cannot read {file!r}: {error.strerror}", hint=hint) from error
    if len(content) > limit:
        raise FleetError(f"{file!r} is larger than {limit} bytes", hint=larger)
    return content


def _read_pipe(path: Path, limit: int) -> bytes:
    """
    What a pipe gives until its writer closes it.

    Errors: TimeoutError where nobody writes; OSError.
    """
    import select

    # O_NONBLOCK: opening a pipe without a writer would wait for ever
    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        content = b""
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        while len(content) < limit:
            events = poll.poll(_PATIENCE_S * 1000)
            if not events:
                raise TimeoutError
            part = os.read(pipe, min(1024 * 1024, limit - len(content)))
            if not part:
                break
            content += part
        return content
    finally:
        os.close(pipe)
