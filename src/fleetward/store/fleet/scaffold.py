"""Templates of ``fleet init`` and ``fleet new``, and new files written all or none."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from fleetward.domain.errors import WriteFailed
from fleetward.store.formats.yaml_scalar import yaml_scalar
from fleetward.store.git.atomic_files import write_file

_SLOT = re.compile(r"<<([a-z_]+)(!?)>>")


def render_templates(group: str, values: Mapping[str, str]) -> dict[str, bytes]:
    """
    The files of a group of templates (``fleet``, ``top``, ``agent``) by path.

    ``<<name>>`` in a template becomes a YAML scalar, ``<<name!>>`` the value as it is.
    """
    return {path: _fill(text, values).encode() for path, text in _templates(group)}


def existing_paths(top: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of *paths* that exist; a link or file where a folder is needed counts as existing."""
    existing: dict[str, None] = {}
    for path in paths:
        place = top
        for part in path.split("/")[:-1]:
            place = place / part
            if place.is_symlink() or (place.exists() and not place.is_dir()):
                existing[place.relative_to(top).as_posix()] = None
        target = top / path
        if target.is_symlink() or target.exists():
            existing[path] = None
    return tuple(existing)


@contextmanager
def new_files(
    top: Path, contents: Mapping[str, bytes], changed: Mapping[str, tuple[bytes, bytes]] | None = None
) -> Iterator[None]:
    """
    Write the files, none of which may exist; they are removed when this or the body of the ``with`` fails.

    *changed* are files that exist, with their content before and after; they are put back then, too.
    Errors: WriteFailed, with nothing left behind.
    """
    created: list[Path] = []
    done: dict[str, bytes] = {}
    try:
        for path, content in contents.items():
            _create_folders(top / Path(path).parent, created)
            _write(top / path, content, created)
        for path, (before, after) in (changed or {}).items():
            write_file(top / path, after)
            done[path] = before
        yield
    except BaseException as error:
        _remove(created)
        for path, before in done.items():
            with contextlib.suppress(OSError):
                write_file(top / path, before)
        if isinstance(error, OSError):
            where = str(error.filename or top)
            raise WriteFailed(f"cannot write {where!r}: {error.strerror}; nothing was written") from error
        raise


def _templates(group: str) -> Iterator[tuple[str, str]]:
    """Paths and texts; ``dot-`` stands for a dot, so that a template such as ``.gitignore`` has no effect here."""

    def inside(folder: Traversable, at: str) -> Iterator[tuple[str, str]]:
        for entry in sorted(folder.iterdir(), key=lambda child: child.name):
            path = at + re.sub("^dot-", ".", entry.name)
            if entry.is_dir():
                yield from inside(entry, f"{path}/")
            else:
                yield path, entry.read_text(encoding="utf-8")

    return inside(files("fleetward") / "starter" / group, "")


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _SLOT.sub(lambda slot: values[slot[1]] if slot[2] else yaml_scalar(values[slot[1]]), text)


def _create_folders(folder: Path, created: list[Path]) -> None:
    if folder.is_dir():
        return
    _create_folders(folder.parent, created)
    folder.mkdir()
    created.append(folder)


def _write(path: Path, content: bytes, created: list[Path]) -> None:
    try:
        with path.open("xb") as file:
            created.append(path)
            file.write(content)
    except OSError as error:  # the error of a full disk names no file
        raise OSError(error.errno, error.strerror, str(path)) from error


def _remove(created: Iterable[Path]) -> None:
    for path in reversed(list(created)):
        with contextlib.suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
