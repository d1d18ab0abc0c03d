"""Trees that git does not write and ``git fsck --strict`` refuses: a name twice, out of order, or no name at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from fleetward.domain.errors import GitError
from fleetward.store.git.repository import Id, Repository

MALFORMED = "000000"
"""The mode of a file in such a tree: no decision may read it."""

_MODES = frozenset({b"100644", b"100755", b"120000", b"40000", b"160000"})
# HFS ignores these characters, NTFS dots and spaces at the end, and has a short name for .git
_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_DOT_GIT = re.compile(r"(?:\.git|git~1)[ .]*(?::.*)?", re.IGNORECASE)


def is_refused_name(name: str) -> bool:
    """Is *name* none that a tree may hold?"""
    return name in ("", ".", "..") or "/" in name or _DOT_GIT.fullmatch(_IGNORED.sub("", name)) is not None


def path_fault(path: str) -> str | None:
    """Why a path cannot come from a tree that git writes; None where it can."""
    # most paths are plain: a fleet of ten thousand agents has tens of thousands of them
    is_plain = path.isascii() and not path.endswith("/") and "/." not in f"/{path}" and "//" not in path
    if is_plain and "git~" not in path.lower():
        return None
    name = next((name for name in path.split("/") if is_refused_name(name)), None)
    return None if name is None else f"git refuses the name {name!r}"


def repeated_paths(paths: Sequence[str]) -> Mapping[str, str]:
    """By path why it cannot stand in one tree with the others: it is there twice, or also as a folder."""
    count: dict[str, int] = {}
    for path in paths:
        count[path] = count.get(path, 0) + 1
    faults = {path: "its name is there twice" for path, times in count.items() if times > 1}
    for path in count:
        end = path.rfind("/")
        while end > 0:
            if path[:end] in count:
                faults[path[:end]] = faults[path] = "a file and a folder have one name"
            end = path.rfind("/", 0, end)
    return faults


def tree_faults(repository: Repository, trees: Iterable[str]) -> dict[str, str]:
    """By tree why ``git fsck --strict`` refuses it; *trees* are ids, or names such as ``COMMIT^{tree}``."""
    wanted = list(dict.fromkeys(trees))
    if not wanted:
        return {}
    out = repository.objects(wanted)
    width = 32 if repository.object_format == "sha256" else 20
    faults: dict[str, str] = {}
    position = 0
    for name in wanted:
        end = out.index(b"\n", position)
        header = out[position:end].decode().split(" ")
        if len(header) != 3 or header[1] != "tree":
            raise GitError(f"object {name} is missing or not a tree", hint="git fsck --full")
        content = out[end + 1 : end + 1 + int(header[2])]
        position = end + 1 + len(content) + 1
        if repository.object_id(content, "tree") != header[0]:
            raise GitError(f"object {name} is corrupt: its content has another id", hint="git fsck --full")
        if fault := _fault(content, width):
            faults[name] = fault
    return faults


def _fault(content: bytes, width: int) -> str | None:
    rows = re.findall(rb"([0-7]+) ([^\0]*)\0(.{%d})" % width, content, re.DOTALL)
    if sum(len(mode) + len(name) + 2 + width for mode, name, _ in rows) != len(content):
        return "it cannot be read"
    names = [name for _, name, _ in rows]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        return f"the name {_text(twice)!r} is there twice"
    for mode, name, object_id in rows:
        if is_refused_name(_text(name)):
            return f"git refuses the name {_text(name)!r}"
        if mode not in _MODES:
            return f"git refuses the mode {mode.decode()}"
        if not object_id.strip(b"\0"):
            return f"{_text(name)!r} is no object"
    # git sorts a folder as if its name ended with a slash
    keys = [name + b"/" if mode == b"40000" else name for mode, name, _ in rows]
    if keys != sorted(keys):
        return "its names are not in order"
    return None


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def faulty_folders(faults: Mapping[Id, str], folders: Iterable[tuple[str, Id]]) -> dict[str, str]:
    """By path of a folder the fault of its tree."""
    return {path: faults[tree] for path, tree in folders if tree in faults}
