"""A decision on a change, as ``fleetward.approve/1``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleetward.domain import digest
from fleetward.domain.approval import Approval
from fleetward.domain.clock import format_instant
from fleetward.domain.committed_records import RecordCommit
from fleetward.domain.verdict import Promotion
from fleetward.report.committed_lines import encode_commit
from fleetward.report.verdicts_json import encode_requirement, encode_unblock

FORMAT = "fleetward.approve/1"


def render(
    statement: Approval,
    prediction: Promotion,
    *,
    files: Mapping[str, bytes],
    next_command: str,
    committed: RecordCommit | None = None,
) -> dict[str, Any]:
    """
    The decision; environment, agent and generation are null for a decision on governance.

    No file is written for a decision that could never count.
    """
    binding = statement.binding
    on_agent = bool(binding.environment)
    return {
        "format": FORMAT,
        "decision": statement.decision.value,
        "approver": statement.approver,
        "subject": binding.subject,
        "environment": binding.environment if on_agent else None,
        "agent": binding.agent if on_agent else None,
        "repository": binding.repository,
        "fromState": binding.from_state,
        "toState": binding.to_state,
        "generation": binding.generation if on_agent else None,
        "file": statement.file if files else None,
        "sha256": statement.sha256 if files else None,
        "assurance": statement.assurance.word,
        "issued": format_instant(statement.issued),
        "expires": None if statement.expires is None else format_instant(statement.expires),
        "files": [{"file": name, "sha256": digest.of_bytes(content)} for name, content in files.items()],
        **encode_commit(committed),
        "verdictWithIt": prediction.verdict.value,
        "notCounted": [
            {"approver": approval.approver, "reason": approval.reason}
            for approval in prediction.not_counted
            if statement.file in approval.files
        ],
        "could": list(prediction.unblock.people),
        "requirements": [encode_requirement(item) for item in prediction.requirements],
        "unblock": encode_unblock(prediction.unblock),
        "next": next_command,
    }
