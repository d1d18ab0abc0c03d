"""Roles handed over, for programs."""

from __future__ import annotations

from typing import Any

from fleetward.domain.transfer import Role, Transfer
from fleetward.report.findings_json import encoded


def render(transfer: Transfer, *, next_command: str) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": "fleetward.transfer/1",
        "from": transfer.giver,
        "to": transfer.taker,
        "roles": [_role(one) for one in transfer.roles],
        "files": list(transfer.files),
        "problems": [encoded(one, None) for one in transfer.problems],
        "written": transfer.written,
        "next": next_command,
    }


def _role(one: Role) -> dict[str, Any]:
    return {
        "file": one.place.file,
        "line": one.place.line,
        "column": one.place.column,
        "path": one.place.path,
        "environment": one.environment,
        "agent": one.agent,
        "fate": one.fate.value,
        "note": one.note,
    }
