"""
Files of the work tree as git would store them: line ends, ``$Id$``, encodings; filters are never run.

git itself converts, into a folder of objects of its own. It is asked only about files that may differ from what it
stored: a plain work tree costs no process.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Collection, Iterable, Mapping

from fleetward.domain import limits
from fleetward.domain.errors import GitError
from fleetward.store.git.repository import Id, Repository

_ATTRIBUTES = ".gitattributes"
_ATTRIBUTES_BYTES = 1 << 20
_FEW_FILES = 64
_SHARED_DEPTH = 2
"""Folders above the agents' own: ``environments/staging``."""
# for people to read, says git's manual; the form is that of 2011
_INDEX_FACTS = re.compile(
    rb"([^\0]+)\0  ctime: ([0-9]+):([0-9]+)\n  mtime: ([0-9]+):([0-9]+)\n  dev: [0-9]+\tino: ([0-9]+)\n"
    rb"  uid: [0-9]+\tgid: [0-9]+\n  size: ([0-9]+)\tflags: [0-9a-f]+\n"
)
_NO_FILTER = ("unspecified", "unset", "set")


def may_be_converted(content: bytes) -> bool:
    """Can this be what git made of other bytes at checkout?"""
    # CR LF, an expanded $Id$, UTF-16, ISO 2022; a regular expression would be fifty times slower
    if b"\r" in content or b"$Id" in content or b"\0" in content or b"\x1b" in content:
        return True
    if content.isascii():
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return True
    return False


def may_convert_any(repository: Repository, paths: Collection[str]) -> bool:
    """
    Does a file of attributes that may hold for these paths, from the top, name a filter or an encoding?

    Either can make plain ASCII of other bytes. git is not asked.
    """
    if repository.top is None:
        return False
    deepest = None if len(paths) <= _FEW_FILES else _SHARED_DEPTH
    folders = {""}
    for path in paths:
        parts = path.split("/")[:-1][:deepest]
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    home = os.environ.get("HOME", "")
    config = os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    attributes = [f"{repository.top}/{folder}/{_ATTRIBUTES}" for folder in folders]
    attributes += [f"{repository.top}/{path}" for path in paths if path.endswith(f"/{_ATTRIBUTES}")]
    attributes += [
        f"{repository.common_dir}/info/attributes",
        f"{config}/git/attributes",
        "/etc/gitattributes",
    ]
    # the configuration may name one more file of attributes
    named = (
        f"{repository.common_dir}/config",
        repository.environment.get("GIT_CONFIG_GLOBAL") or f"{home}/.gitconfig",
        f"{config}/git/config",
    )
    beginnings = map(_beginning, attributes)
    return any(b"filter" in text or b"working-tree-encoding" in text for text in beginnings) or any(
        b"attributesfile" in _beginning(file).lower() for file in named
    )


def stored_contents(repository: Repository, found: Mapping[str, tuple[bytes, Id | None]]) -> dict[str, bytes]:
    """
    What git would store of files, by path from the top; *found* has the content on disk and the id in the index.

    A file under a filter is as the index has it where the index's facts about the file still hold.
    Errors: GitError where they do not.
    """
    stored: dict[str, bytes] = {}
    changed: dict[str, bytes] = {}
    for path, (content, object_id) in found.items():
        same = object_id is not None and repository.object_id(content) == object_id
        (stored if same else changed)[path] = content
    if not changed:
        return stored
    filters = _filters(repository, changed)
    if filters:
        stored.update(_unchanged_contents(repository, filters, {path: found[path][1] for path in filters}))
    stored.update(_converted(repository, {path: changed[path] for path in changed.keys() - filters.keys()}))
    return stored


def checked_out_contents(repository: Repository, stored: Mapping[str, tuple[Id, bytes]]) -> dict[str, bytes]:
    """What git would write into the work tree of these files, by path from the top; filters are left out."""
    asked = {path: object_id for path, (object_id, _) in stored.items() if "\n" not in path}
    # git announces the size before the conversion: a mark that no content can know ends each
    mark = secrets.token_hex(16)
    stdin = "".join(f"{object_id} {path}\n" for path, object_id in asked.items())
    out = repository.output(
        "cat-file",
        f"--batch={mark}",
        "--filters",
        stdin=os.fsencode(stdin),
        extra=repository.empty_filters(),
    )
    parts = out.split(f"{mark}\n".encode())[1:]
    contents = {path: content for path, (_, content) in stored.items()}
    if len(parts) == len(asked):
        contents.update((path, part[:-1]) for path, part in zip(asked, parts, strict=True))
    return contents


def _filters(repository: Repository, paths: Iterable[str]) -> dict[str, str]:
    """The filters by path, of those that have one."""
    stdin = b"".join(os.fsencode(path) + b"\0" for path in paths)
    fields = iter(repository.output("check-attr", "-z", "--stdin", "filter", stdin=stdin).split(b"\0"))
    rows = (
        (os.fsdecode(path), os.fsdecode(value))
        for path, _, value in zip(fields, fields, fields, strict=False)
    )
    return {path: value for path, value in rows if value not in _NO_FILTER}


def _unchanged_contents(
    repository: Repository, filters: Mapping[str, str], ids: Mapping[str, Id | None]
) -> dict[str, bytes]:
    """The contents in the index of files that are, by the index's facts, as they were checked out."""
    out = repository.output("ls-files", "--debug", "-z", "--", *sorted(filters))
    facts = {
        os.fsdecode(match[1]): tuple(map(int, match.groups()[1:])) for match in _INDEX_FACTS.finditer(out)
    }
    index = os.lstat(repository.index_file or repository.git_dir / "index").st_mtime_ns
    for path, name in filters.items():
        if ids[path] is None or not _holds(f"{repository.top}/{path}", facts.get(path), index):
            raise GitError(
                f"{path!r} has the attribute filter={name}, a program that is not run: it cannot be compared",
                hint="git status, or git add that file, and run it again",
            )
    blobs = repository.blobs((object_id for object_id in ids.values() if object_id), limits.GIT_OBJECT_BYTES)
    contents = {path: blobs[object_id] for path, object_id in ids.items() if object_id}
    return {path: content for path, content in contents.items() if isinstance(content, bytes)}


def _holds(path: str, facts: tuple[int, ...] | None, index_time: int) -> bool:
    """Is the file the one that the index knows, and was it last written before the index?"""
    if facts is None:
        return False
    changed_s, changed_ns, written_s, written_ns, inode, size = facts
    status = os.lstat(path)
    written = written_s * 10**9 + written_ns
    return (
        status.st_mtime_ns == written
        and status.st_ctime_ns == changed_s * 10**9 + changed_ns
        # the index has 32 bits for each
        and status.st_ino & 0xFFFFFFFF == inode
        and status.st_size & 0xFFFFFFFF == size
        # a file of the same moment may have been written once more
        and written < index_time
    )


def _converted(repository: Repository, changed: Mapping[str, bytes]) -> dict[str, bytes]:
    """What git makes of these files when it stores them; as they are where git cannot."""
    contents = dict(changed)
    # hash-object reads one path a line
    paths = [path for path in changed if "\n" not in path and not path.startswith('"')]
    if not paths:
        return contents
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        variables = {
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repository.common_dir / "objects"),
            **repository.empty_filters(("core.safecrlf", "false")),
        }
        aside = repository.with_environment(variables)
        answer = aside.run(
            "hash-object", "-w", "--stdin-paths", stdin=os.fsencode("".join(f"{p}\n" for p in paths))
        )
        ids = answer.out.decode().split()
        if answer.code == 0 and len(ids) == len(paths):
            blobs = aside.blobs(ids, limits.GIT_OBJECT_BYTES)
            for path, object_id in zip(paths, ids, strict=True):
                content = blobs[object_id]
                if isinstance(content, bytes):
                    contents[path] = content
    return contents


def _beginning(file: str) -> bytes:
    try:
        # O_NONBLOCK: a pipe in its place would wait for ever
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return b""
    try:
        return os.read(handle, _ATTRIBUTES_BYTES)
    except OSError:
        return b""
    finally:
        os.close(handle)
