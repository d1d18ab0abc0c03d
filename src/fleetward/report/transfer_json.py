"""The transfer of a person's roles, for programs."""

from __future__ import annotations

from typing import Any

from fleetward.domain.transfer import AssignedRole, Transfer
from fleetward.report.findings_json import encode_finding


def render(transfer: Transfer, *, next_command: str) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": "fleetward.transfer/1",
        "from": transfer.giver,
        "to": transfer.taker,
        "roles": [_encode_role(item) for item in transfer.roles],
        "files": list(transfer.files),
        "problems": [encode_finding(item, None) for item in transfer.problems],
        "written": transfer.written,
        "next": next_command,
    }


def _encode_role(role: AssignedRole) -> dict[str, Any]:
    return {
        "file": role.place.file,
        "line": role.place.line,
        "column": role.place.column,
        "path": role.place.path,
        "environment": role.environment,
        "agent": role.agent,
        "fate": role.outcome.value,
        "note": role.note,
    }
