"""The emergency brake for programs."""

from __future__ import annotations

from typing import Any

from fleetward.domain.suspension import Brake
from fleetward.report.verdicts_json import promotion


def render(brake: Brake, *, next_command: str) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": f"fleetward.{brake.verb}/1",
        "agent": brake.agent,
        "environment": brake.environment,
        "gated": brake.gated,
        "suspended": brake.suspended,
        "reason": brake.reason,
        "moves": brake.moves,
        "file": brake.file,
        "content": None if brake.content is None else brake.content.decode("utf-8", "replace"),
        "standing": brake.standing,
        "written": brake.written,
        "committed": brake.committed,
        "applied": brake.promoted is not None,
        "promoted": brake.promoted,
        "promotion": promotion(brake.outlook) if brake.outlook else None,
        "next": next_command,
    }
