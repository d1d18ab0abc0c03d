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

from fleetward.domain.errors import Unwritten

_SLOT = re.compile(r"<<([a-z_]+)(!?)>>")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*([._/@+-][A-Za-z0-9]+)*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def rendered(group: str, values: Mapping[str, str]) -> dict[str, bytes]:
    """
    The files of a group of templates (``fleet``, ``top``, ``agent``) by path.

    ``<<name>>`` in a template becomes a YAML scalar, ``<<name!>>`` the value as it is.
    """
    return {path: _filled(text, values).encode() for path, text in _templates(group)}


def scalar(text: str) -> str:
    """*text* as a YAML scalar that every reader takes for exactly this string."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def in_the_way(top: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """What of *paths* is there already; a link or file where a folder would have to be counts, too."""
    found: dict[str, None] = {}
    for path in paths:
        place = top
        for part in path.split("/")[:-1]:
            place = place / part
            if place.is_symlink() or (place.exists() and not place.is_dir()):
                found[place.relative_to(top).as_posix()] = None
        target = top / path
        if target.is_symlink() or target.exists():
            found[path] = None
    return tuple(found)


@contextmanager
def placed(top: Path, contents: Mapping[str, bytes]) -> Iterator[None]:
    """
    Write the files, none of which may be there; taken back when this or what runs inside fails.

    Errors: Unwritten, with nothing left behind.
    """
    made: list[Path] = []
    try:
        for path, content in contents.items():
            _folders(top / Path(path).parent, made)
            _write(top / path, content, made)
        yield
    except BaseException as error:
        _take_back(made)
        if isinstance(error, OSError):
            where = str(error.filename or top)
            raise Unwritten(f"cannot write {where!r}, so nothing was: {error.strerror}") from error
        raise


def _templates(group: str) -> Iterator[tuple[str, str]]:
    """Paths as they are to be; ``dot-`` stands for the dot that would make a template act where it lies."""

    def inside(folder: Traversable, at: str) -> Iterator[tuple[str, str]]:
        for entry in sorted(folder.iterdir(), key=lambda one: one.name):
            path = at + re.sub("^dot-", ".", entry.name)
            if entry.is_dir():
                yield from inside(entry, f"{path}/")
            else:
                yield path, entry.read_text(encoding="utf-8")

    return inside(files("fleetward") / "starter" / group, "")


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _SLOT.sub(lambda slot: values[slot[1]] if slot[2] else scalar(values[slot[1]]), text)


def _folders(folder: Path, made: list[Path]) -> None:
    if folder.is_dir():
        return
    _folders(folder.parent, made)
    folder.mkdir()
    made.append(folder)


def _write(path: Path, content: bytes, made: list[Path]) -> None:
    try:
        with path.open("xb") as file:
            made.append(path)
            file.write(content)
    except OSError as error:  # a full disk does not say for which file
        raise OSError(error.errno, error.strerror, str(path)) from error


def _take_back(made: Iterable[Path]) -> None:
    for path in reversed(list(made)):
        with contextlib.suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
