"""The renaming of an agent, for programs."""

from __future__ import annotations

from typing import Any

from fleetward.domain.finding import Place
from fleetward.domain.rename import Rename
from fleetward.report.findings_json import encode_finding


def render(rename: Rename, *, next_command: str) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": "fleetward.rename/1",
        "from": rename.old,
        "to": rename.new,
        "moves": [{"from": source, "to": target} for source, target in rename.moves],
        "edits": [_encode_place(place) for place in rename.edits],
        "open": [{**_encode_place(item.place), "note": item.note} for item in rename.open],
        "files": list(rename.files),
        "problems": [encode_finding(item, None) for item in rename.problems],
        "written": rename.written,
        "next": next_command,
    }


def _encode_place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column, "path": place.path}
