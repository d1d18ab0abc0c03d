"""``overrides.yaml`` with ``spec.suspended`` set or removed, and a comment that gives the reason."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.store.formats.document import read_document
from fleetward.store.formats.strict_yaml import parse_yaml
from fleetward.store.formats.yaml_edit import edit_yaml, inline_value

SUSPENDED = ("spec", "suspended")
MAX_NOTE_LENGTH = 540
"""Characters of the comment with the longest reason."""
_NOTE = re.compile(r"# (suspended|resumed) on [0-9]{4}-[0-9]{2}-[0-9]{2}: .*")
"""The comment of an earlier suspension; other comments stay."""


def with_suspension(
    content: bytes | None, *, suspended: bool, released: bool, reason: str, today: date, file: str
) -> bytes:
    """
    ``overrides.yaml`` (None where it does not exist) with the agent suspended or not; all else stays.

    Where the release has the same value (*released*), no override is needed, and the entry is removed.
    Errors: FleetError where the file cannot be read, or its layout is not one that can be edited.
    """
    if content is not None and read_document(content, file, "overrides").findings:
        raise FleetError(f"{file} cannot be read", hint="fleet validate")
    bom = b"\xef\xbb\xbf" if content and content.startswith(b"\xef\xbb\xbf") else b""
    text = (content or b"{}\n").decode("utf-8-sig")
    lines = [line for line in text.splitlines(keepends=True) if not _NOTE.fullmatch(line.rstrip("\r\n"))]
    end = "\r\n" if "\r\n" in text else "\n"
    note = f"# {'suspended' if suspended else 'resumed'} on {today}: {reason}{end}"
    return (
        bom
        + (note + _with_value("".join(lines), None if suspended is released else suspended, file)).encode()
    )


def suspension_note(content: bytes) -> str:
    """The comment, such as ``resumed on 2026-11-20: it is mended``; empty without one."""
    notes = (line for line in content.decode("utf-8-sig", "replace").splitlines() if _NOTE.fullmatch(line))
    return next(notes, "")[2 : MAX_NOTE_LENGTH + 2]


def is_empty_override(content: bytes) -> bool:
    """Is nothing overridden, and no comment there but ours?"""
    lines = content.decode("utf-8-sig").splitlines()
    return parse_yaml(content, "").data == {} and all(
        _NOTE.fullmatch(line) for line in lines if line.strip() != "{}"
    )


def _with_value(text: str, value: bool | None, file: str) -> str:
    data: dict[str, Any] = parse_yaml(text.encode(), file).data or {}
    spec = data.get("spec") or {}
    other_keys = spec.keys() - {SUSPENDED[1]}
    if not other_keys:
        spec = {} if value is None else {SUSPENDED[1]: value}
        return _comments(text) + (f"spec: {inline_value(spec)}\n" if spec else "{}\n")
    if value is None and SUSPENDED[1] not in spec:
        return text
    return edit_yaml(text.encode(), {SUSPENDED: value}, file).decode()


def _comments(text: str) -> str:
    """The lines that are comments; the file has no block scalars that could hold such lines."""
    return "".join(line for line in text.splitlines(keepends=True) if line.lstrip().startswith("#"))
