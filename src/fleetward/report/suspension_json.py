"""A suspension or its end, for programs."""

from __future__ import annotations

from typing import Any

from fleetward.domain.suspension import Suspension
from fleetward.report.verdicts_json import encode_promotion


def render(suspension: Suspension, *, next_command: str) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": f"fleetward.{suspension.verb}/1",
        "agent": suspension.agent,
        "environment": suspension.environment,
        "gated": suspension.gated,
        "suspended": suspension.suspended,
        "reason": suspension.reason,
        "moves": suspension.has_changes,
        "file": suspension.file,
        "content": None if suspension.content is None else suspension.content.decode("utf-8", "replace"),
        "standing": suspension.already_proposed,
        "written": suspension.written,
        "committed": suspension.committed,
        "applied": suspension.promoted is not None,
        "promoted": suspension.promoted,
        "contacts": list(suspension.contacts),
        "killSwitch": suspension.kill_switch,
        "dependents": list(suspension.dependents),
        "review": suspension.review_seq,
        "promotion": encode_promotion(suspension.predicted) if suspension.predicted else None,
        "next": next_command,
    }
