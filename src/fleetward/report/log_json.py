"""A ledger's story for programs: its lines, newest first, each with its own digest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleetward.domain import digest
from fleetward.domain.break_glass import BrokenGlass, Review
from fleetward.domain.clock import written
from fleetward.domain.ledger import Entry, Moved

FORMAT = "fleetward.log/1"


def render(entries: Sequence[Entry], *, commit: str, reviews: Sequence[Review]) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {"format": FORMAT, "commit": commit, "entries": [_entry(one, reviews) for one in entries]}


def _entry(one: Entry, reviews: Sequence[Review]) -> dict[str, Any]:
    policy = {"version": one.policy_version, "sha256": one.policy_sha256}
    return {
        "environment": one.environment,
        "seq": one.seq,
        "sha256": digest.of_bytes(one.line.encode()),
        "previous": one.previous,
        "kind": one.kind,
        "at": written(one.at),
        "commit": one.commit,
        "actor": one.actor,
        "agents": [_moved(moved) for moved in one.agents],
        "policy": None if one.policy_version is None else policy,
        "governance": one.governance,
        "approvals": [dict(it) for it in one.approvals],
        "evidence": [dict(it) for it in one.evidence],
        "requirements": [dict(it) for it in one.requirements],
        "reason": one.reason,
        "tool": one.tool,
        "breakGlass": _glass(one.break_glass),
        "reviews": [_review(it) for it in reviews if (it.environment, it.seq) == (one.environment, one.seq)],
    }


def _glass(one: BrokenGlass | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"incident": one.incident, "skipped": list(one.skipped), "reviewBy": written(one.review_by)}


def _review(one: Review) -> dict[str, Any]:
    return {"agent": one.agent, "approver": one.approver, "at": written(one.at), "file": one.file}


def _moved(one: Moved) -> dict[str, Any]:
    return {
        "agent": one.agent,
        "fromState": one.from_state,
        "toState": one.to_state,
        "release": one.release,
        "generation": one.generation,
    }
