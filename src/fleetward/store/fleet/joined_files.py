"""Files around a fleet that a repository may have already: our part is added to them, or named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fleetward.store.formats.strict_yaml import parse_yaml

HOOKS, ATTRIBUTES = ".pre-commit-config.yaml", ".gitattributes"
_HOOK_ID = "fleet-validate"


def joined(path: Path, existing: bytes, ours: bytes) -> bytes | None:
    """The existing file with our part, which is the same bytes where it has that; None where it cannot be added."""
    if path.name == ATTRIBUTES:
        return _with_lines(existing, ours)
    return _with_hook(existing, ours) if path.name == HOOKS else None


def addition(path: Path, ours: bytes) -> str:
    """What a person has to add to the existing file, or nothing where it can stay as it is."""
    text = ours.decode()
    return text[text.index("  - repo:") :] if path.name == HOOKS else ""


def _with_lines(existing: bytes, ours: bytes) -> bytes:
    present = {line.strip() for line in existing.splitlines()}
    missing = [
        line for line in ours.splitlines() if line.strip() not in present and not line.startswith(b"#")
    ]
    if not missing:
        return existing
    comment = [line for line in ours.splitlines() if line.startswith(b"#")]
    separator = b"" if not existing or existing.endswith(b"\n") else b"\n"
    return existing + separator + b"".join(line + b"\n" for line in (*comment, *missing))


def _with_hook(existing: bytes, ours: bytes) -> bytes | None:
    """The hook as one more item of ``repos``; compared as data afterwards, so that nothing else has changed."""
    before, hook = _data(existing), _data(ours)
    if before is None or hook is None or not isinstance(before.get("repos"), list):
        return None
    if _HOOK_ID in existing.decode():
        return existing
    edited = _insert_item(existing.decode(), addition(Path(HOOKS), ours)).encode()
    expected = {**before, "repos": [*before["repos"], *hook["repos"]]}
    return edited if _data(edited) == expected else None


def _insert_item(text: str, item: str) -> str:
    """*item*, indented by two, at the end of the list ``repos``."""
    lines = re.sub(r"(?m)^repos:[ ]*\[[ ]*\]", "repos:", text).splitlines(keepends=True)
    start = (
        next((n for n, line in enumerate(lines) if re.match(r"repos:\s*(#.*)?$", line)), len(lines) - 1) + 1
    )
    end = start
    for number in range(start, len(lines)):
        if re.match(r"[^\s#-]", lines[number]):
            break
        # a comment or blank line behind the last item belongs to what follows
        if re.match(r"\s*[^\s#]", lines[number]):
            end = number + 1
    indents = (re.match(r"( *)- ", line) for line in lines[start:end])
    indent = next((found[1] for found in indents if found), "  ")
    if end and not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    lines[end:end] = [indent + line[2:] for line in item.splitlines(keepends=True)]
    return "".join(lines)


def _data(content: bytes) -> dict[str, Any] | None:
    try:
        content.decode()
    except UnicodeDecodeError:
        return None
    document = parse_yaml(content, HOOKS)
    return document.data if isinstance(document.data, dict) and not document.findings else None
