"""``fleet textconv``: a file as lines that mean something, for git to compare."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Annotated

import typer

from fleetward.changes.canonical import canonical_lines, masked_lines
from fleetward.cli.session import Session
from fleetward.domain.errors import ExitCode, GitError
from fleetward.store.formats import json_schema
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS, parse_yaml


def textconv(
    session: Session,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to write out.")],
) -> ExitCode:
    """
    Write a file of the fleet as lines that mean something: ordered, comments away, secrets masked.

    With these two lines plain git diff, git log -p and git blame show meaning:

        echo '*.yaml diff=fleet' >> .gitattributes

        git config diff.fleet.textconv 'fleet textconv'
    """
    path = session.run.path(file)
    content = _content(path)
    lines = masked_lines(content.decode("utf-8-sig", "replace"))
    if path.suffix in (".yaml", ".yml"):
        reading = parse_yaml(content, PurePath(file).name, GOVERNANCE_LIMITS)
        if reading.data is not None and not reading.findings:
            kind = json_schema.KINDS.get(str(reading.data.get("kind")), "agent")
            lines = canonical_lines(reading.data, json_schema.load_schema(kind))
    text = "".join(f"{line}\n" for line in lines)
    session.output.report({"text": lambda: text.encode("utf-8", "backslashreplace").decode()})
    return ExitCode.SUCCESS


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise GitError(f"cannot read {str(path)!r}: {error.strerror}") from error
