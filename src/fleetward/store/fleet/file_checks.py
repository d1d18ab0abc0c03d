"""Checks of an agent's files: links, submodules, sizes, numbers, names that collide."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from fleetward.domain import limits
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.invisible_characters import INVISIBLE, codepoint
from fleetward.store.git.tree import LINK, REGULAR, SUBMODULE, TreeEntry

Contents = Mapping[str, bytes | int | None]
"""By path: the content, the size of a file that is too large, None for a file that cannot be read."""


def disallowed_files(inside: list[TreeEntry], contents: Contents) -> list[Finding]:
    """Files that cannot be part of an agent: links, submodules, unreadable or too large files, too many files."""
    findings = []
    for entry in inside:
        if entry.fault is not None:
            findings.append(file_error(entry, "file-unreadable", entry.fault, "git fsck --strict"))
        elif entry.mode not in REGULAR:
            kind = {LINK: "a symbolic link", SUBMODULE: "a repository of its own"}.get(
                entry.mode, "a special file"
            )
            findings.append(
                file_error(entry, "link-in-agent", f"{kind} inside an agent", "put the file itself here")
            )
        elif not isinstance(contents.get(entry.path), bytes):
            findings.append(
                unreadable_file(entry, *unreadable_reason(contents.get(entry.path), limits.AGENT_FILE_BYTES))
            )
        elif not is_clean_path(entry.path):
            message = "its path is not UTF-8 in Unicode form NFC"
            findings.append(file_error(entry, "file-unreadable", message, "rename the file"))
        elif not entry.path.isascii() and (character := INVISIBLE.search(entry.path)) is not None:
            message = f"its path has {codepoint(character.group())}, which nobody can see"
            findings.append(file_error(entry, "hidden-characters", message, "rename the file"))
    return [*findings, *too_many_files(inside)]


def too_many_files(inside: list[TreeEntry]) -> list[Finding]:
    """The agent has more files than are allowed."""
    if len(inside) <= limits.AGENT_FILES:
        return []
    message = f"{len(inside)} files, {limits.AGENT_FILES} are allowed"
    return [file_error(inside[0], "yaml-limit", message, "keep data outside and refer to it")]


def path_collisions(inside: list[TreeEntry], folder: str) -> list[Finding]:
    """Paths that are the same on a file system that ignores case or Unicode forms."""
    first_paths: dict[str, str] = {}
    findings = []
    for entry in inside:
        parts = entry.path[len(folder) + 1 :].split("/")
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            earlier = first_paths.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
            if earlier != path:
                message = (
                    f"{printable_path(path)!r} and {printable_path(earlier)!r} are one file on some systems"
                )
                findings.append(file_error(entry, "path-collision", message, "rename one of them"))
                break
    return findings


def is_clean_path(path: str) -> bool:
    """Is the path UTF-8 in Unicode form NFC, so that every system stores the same name?"""
    return path.isascii() or (
        unicodedata.is_normalized("NFC", path) and not any("\ud800" <= c <= "\udfff" for c in path)
    )


def printable_path(path: str) -> str:
    """A path that can be printed: bytes that are not UTF-8 are written in hexadecimal."""
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if "\udc80" <= c <= "\udcff" else c for c in path)


def unreadable_reason(content: bytes | int | None, limit: int) -> tuple[str, str]:
    """The rule and the message for a file that a tree could not read."""
    if isinstance(content, int):
        return "yaml-limit", f"is {content} bytes large, {limit} are allowed"
    return "file-unreadable", "cannot be read"


def unreadable_file(entry: TreeEntry, rule: str, message: str) -> Finding:
    """An error for a file that cannot be read."""
    return file_error(
        entry, rule, f"{printable_path(entry.path)!r} {message}", "put a regular, smaller file here"
    )


def file_error(entry: TreeEntry, rule: str, message: str, hint: str) -> Finding:
    """An error for a file as a whole."""
    return error_at(rule, message, Place(file=printable_path(entry.path)), hint)


def error_at(rule: str, message: str, place: Place, hint: str) -> Finding:
    """An error at a place."""
    return Finding(rule=rule, severity=Severity.ERROR, message=message, place=place, hint=hint)
