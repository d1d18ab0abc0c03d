"""A file that the user names: a regular file, a pipe or a device, read up to a limit."""

from __future__ import annotations

from pathlib import Path

from fleetward.domain.errors import FleetError


def read_given_file(path: Path, file: str, *, limit: int, hint: str, larger: str) -> bytes:
    """
    The content of *path*, which messages call *file*.

    Errors: FleetError with *hint* where it cannot be read, with *larger* where it holds more than *limit* bytes.
    """
    try:
        with path.open("rb") as stream:
            # a device has no size: /dev/zero would fill the memory
            content = stream.read(limit + 1)
    except OSError as error:
        raise FleetError(f"cannot read {file!r}: {error.strerror}", hint=hint) from error
    if len(content) > limit:
        raise FleetError(f"{file!r} is larger than {limit} bytes", hint=larger)
    return content
