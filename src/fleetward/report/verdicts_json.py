"""Verdicts for programs, in the shape of SPEC 6."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fleetward.domain.batch_verdict import BatchVerdict
from fleetward.domain.clock import format_instant
from fleetward.domain.verdict import Promotion, Requirement, Unblock

FORMAT = "fleetward.promote/1"


def render(batch: BatchVerdict) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": FORMAT,
        "verdict": batch.verdict.value,
        "from": batch.sources[0] if len(batch.sources) == 1 else list(batch.sources),
        "to": batch.target,
        "commit": batch.commit,
        "policy": {
            "version": batch.policy.version,
            "sha256": batch.policy.sha256,
            "commit": batch.policy_commit,
            "pending": [{"commit": item.commit, "lacks": item.lacks} for item in batch.pending],
        },
        "promotions": [encode_promotion(item) for item in batch.promotions],
    }


def encode_promotion(item: Promotion) -> dict[str, Any]:
    """One agent's verdict."""
    return {
        "agent": item.agent,
        "kind": item.kind.value if item.kind else None,
        "tier": item.tier,
        "release": item.release,
        "fromState": item.from_state,
        "toState": item.to_state,
        "generation": item.generation,
        "renamedFrom": item.renamed_from,
        "verdict": item.verdict.value,
        "requirements": [encode_requirement(entry) for entry in item.requirements],
        "notCounted": [
            {"approver": approval.approver, "reason": approval.reason} for approval in item.not_counted
        ],
        "unblock": encode_unblock(item.unblock),
        "counted": list(item.counted),
        "way": item.mode.value,
        "suspended": item.suspended,
        "skipped": [encode_requirement(entry) for entry in item.skipped],
    }


def encode_requirement(item: Requirement) -> dict[str, Any]:
    """One requirement and its status."""
    return {
        "rule": item.rule,
        "kind": item.kind,
        "asked": item.condition,
        "status": item.status.value,
        "by": list(item.by),
        "detail": item.detail,
        "readyAt": _instant(item.ready_at),
        "could": list(item.eligible),
        "excluded": [
            {
                "person": excluded.person,
                "reason": excluded.reason,
                "commit": excluded.commit,
                "remedy": excluded.remedy,
            }
            for excluded in item.excluded
        ],
    }


def encode_unblock(unblock: Unblock) -> dict[str, Any]:
    """What would help."""
    return {
        "people": list(unblock.people),
        "fewest": list(unblock.minimal_approvers) if unblock.minimal_approvers is not None else None,
        "readyAt": _instant(unblock.ready_at),
        "ways": [{"way": way.kind.value, "text": way.text, "command": way.command} for way in unblock.ways],
    }


def _instant(moment: datetime | None) -> str | None:
    return format_instant(moment) if moment is not None else None
