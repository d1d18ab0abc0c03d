"""What a fleet and an agent begin with: templates, and putting files in place whole or not at all."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from fleetward.domain.errors import WriteFailed

_SLOT = re.compile(r"<<([a-z_]+)(!?)>>")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*([._/@+-][A-Za-z0-9]+)*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def render_templates(group: str, values: Mapping[str, str]) -> dict[str, bytes]:
    """
    The files of a group of templates (``fleet``, ``top``, ``agent``) by path.

    ``<<name>>`` in a template becomes a YAML scalar, ``<<name!>>`` the value as it is.
    """
    return {path: _fill(text, values).encode() for path, text in _templates(group)}


def yaml_scalar(text: str) -> str:
    """*text* as a YAML scalar that every reader takes for exactly this string."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def existing_paths(top: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """What of *paths* is there already; a link or file where a folder would have to be counts, too."""
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
def new_files(top: Path, contents: Mapping[str, bytes]) -> Iterator[None]:
    """
    Write the files, none of which may be there; taken back when this or what runs inside fails.

    Errors: Unwritten, with nothing left behind.
    """
    created: list[Path] = []
    try:
        for path, content in contents.items():
            _create_folders(top / Path(path).parent, created)
            _write(top / path, content, created)
        yield
    except BaseException as error:
        _remove(created)
        if isinstance(error, OSError):
            where = str(error.filename or top)
            raise WriteFailed(f"cannot write {where!r}, so nothing was: {error.strerror}") from error
        raise


def _templates(group: str) -> Iterator[tuple[str, str]]:
    """Paths as they are to be; ``dot-`` stands for the dot that would make a template act where it lies."""

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
    except OSError as error:  # a full disk does not say for which file
        raise OSError(error.errno, error.strerror, str(path)) from error


def _remove(created: Iterable[Path]) -> None:
    for path in reversed(list(created)):
        with contextlib.suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
