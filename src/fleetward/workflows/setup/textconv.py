"""A file of the fleet in canonical form, one value a line, for git to compare."""

from __future__ import annotations

from pathlib import Path

from fleetward.changes.canonical import canonical_lines, masked_lines
from fleetward.domain.errors import GitError
from fleetward.store.formats import json_schema
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS, parse_yaml


def canonical_text(path: Path) -> str:
    """
    A valid YAML file as sorted values without comments, any other file as it is; secrets are masked in both.

    Errors: GitError where the file cannot be read.
    """
    content = _content(path)
    lines = masked_lines(content.decode("utf-8-sig", "replace"))
    if path.suffix in (".yaml", ".yml"):
        reading = parse_yaml(content, path.name, GOVERNANCE_LIMITS)
        if reading.data is not None and not reading.findings:
            kind = json_schema.KINDS.get(str(reading.data.get("kind")), "agent")
            lines = canonical_lines(reading.data, json_schema.load_schema(kind))
    text = "".join(f"{line}\n" for line in lines)
    return text.encode("utf-8", "backslashreplace").decode()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise GitError(f"cannot read {str(path)!r}: {error.strerror}") from error
