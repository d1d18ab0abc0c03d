"""Overrides with the emergency brake on or off, and a line that says why."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.store.formats.document import document
from fleetward.store.formats.strict_yaml import read
from fleetward.store.formats.yaml_edit import edited, inline

BRAKE = ("spec", "suspended")
LONGEST_NOTE = 540
"""What the longest reason makes."""
_NOTE = re.compile(r"# (suspended|resumed) on [0-9]{4}-[0-9]{2}-[0-9]{2}: .*")
"""What an earlier run of this wrote; people's own comments stay."""


def braked(
    content: bytes | None, *, suspended: bool, released: bool, reason: str, today: date, file: str
) -> bytes:
    """
    ``overrides.yaml`` (None: there is none) with the brake on or off, and nothing else moved.

    Where the release itself says the same (*released*), nothing has to be overridden, and the entry goes.
    Errors: FleetError where the file cannot be read, or edited without risk.
    """
    if content is not None and document(content, file, "overrides").findings:
        raise FleetError(f"{file} cannot be read", hint="fleet validate")
    bom = b"\xef\xbb\xbf" if content and content.startswith(b"\xef\xbb\xbf") else b""
    text = (content or b"{}\n").decode("utf-8-sig")
    kept = [one for one in text.splitlines(keepends=True) if not _NOTE.fullmatch(one.rstrip("\r\n"))]
    end = "\r\n" if "\r\n" in text else "\n"
    note = f"# {'suspended' if suspended else 'resumed'} on {today}: {reason}{end}"
    return bom + (note + _moved("".join(kept), None if suspended is released else suspended, file)).encode()


def noted(content: bytes) -> str:
    """What the line about the brake says, such as ``resumed on 2026-11-20: it is mended``; empty without one."""
    found = (one for one in content.decode("utf-8-sig", "replace").splitlines() if _NOTE.fullmatch(one))
    return next(found, "")[2 : LONGEST_NOTE + 2]


def bare(content: bytes) -> bool:
    """Is nothing overridden, and nothing said but what this wrote?"""
    lines = content.decode("utf-8-sig").splitlines()
    return read(content, "").data == {} and all(_NOTE.fullmatch(one) for one in lines if one.strip() != "{}")


def _moved(text: str, value: bool | None, file: str) -> str:
    data: dict[str, Any] = read(text.encode(), file).data or {}
    spec = data.get("spec") or {}
    others = spec.keys() - {BRAKE[1]}
    if not others:
        spec = {} if value is None else {BRAKE[1]: value}
        return _comments(text) + (f"spec: {inline(spec)}\n" if spec else "{}\n")
    if value is None and BRAKE[1] not in spec:
        return text
    return edited(text.encode(), {BRAKE: value}, file).decode()


def _comments(text: str) -> str:
    """The lines that are comments; there is nothing else whose text could begin like one."""
    return "".join(one for one in text.splitlines(keepends=True) if one.lstrip().startswith("#"))
