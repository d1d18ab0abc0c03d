"""Verdicts for programs, in the shape of SPEC 6."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fleetward.domain.clock import written
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import Promotion, Requirement, Unblock, worst

FORMAT = "fleetward.promote/1"


def render(
    promotions: Sequence[Promotion], *, to: str, sources: Sequence[str], commit: str, policy: Policy
) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": FORMAT,
        "verdict": worst(one.verdict for one in promotions).value,
        "from": sources[0] if len(sources) == 1 else list(sources),
        "to": to,
        "commit": commit,
        "policy": {"version": policy.version, "sha256": policy.sha256},
        "promotions": [promotion(one) for one in promotions],
    }


def promotion(one: Promotion) -> dict[str, Any]:
    """One agent's verdict."""
    return {
        "agent": one.agent,
        "kind": one.kind.value if one.kind else None,
        "tier": one.tier,
        "release": one.release,
        "fromState": one.from_state,
        "toState": one.to_state,
        "generation": one.generation,
        "verdict": one.verdict.value,
        "requirements": [requirement(asked) for asked in one.requirements],
        "notCounted": [{"approver": it.approver, "reason": it.reason} for it in one.not_counted],
        "unblock": _unblock(one.unblock),
        "counted": list(one.counted),
        "way": one.way.value,
        "skipped": [requirement(asked) for asked in one.skipped],
    }


def requirement(one: Requirement) -> dict[str, Any]:
    """One requirement and how it stands."""
    return {
        "rule": one.rule,
        "kind": one.kind,
        "asked": one.asked,
        "status": one.status.value,
        "by": list(one.by),
        "detail": one.detail,
        "readyAt": _instant(one.ready_at),
        "could": list(one.could),
    }


def _unblock(one: Unblock) -> dict[str, Any]:
    return {
        "people": list(one.people),
        "fewest": list(one.fewest) if one.fewest is not None else None,
        "readyAt": _instant(one.ready_at),
    }


def _instant(moment: datetime | None) -> str | None:
    return written(moment) if moment is not None else None
