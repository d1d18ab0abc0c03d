"""Ledger entries for programs, newest first, each with the digest of its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fleetward.domain import digest
from fleetward.domain.break_glass import BreakGlassRecord, Review
from fleetward.domain.clock import format_instant
from fleetward.domain.landed_change import LandedChange
from fleetward.domain.ledger import AgentTransition, Entry

FORMAT = "fleetward.log/1"


def render(
    entries: Sequence[Entry],
    *,
    commit: str,
    reviews: Sequence[Review],
    changes: Mapping[tuple[str, int], LandedChange],
) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": FORMAT,
        "commit": commit,
        "entries": [
            {**_encode_entry(entry, reviews), **_encode_landed(changes.get((entry.environment, entry.seq)))}
            for entry in entries
        ],
    }


def _encode_entry(entry: Entry, reviews: Sequence[Review]) -> dict[str, Any]:
    policy = {"version": entry.policy_version, "sha256": entry.policy_sha256}
    return {
        "environment": entry.environment,
        "seq": entry.seq,
        "sha256": digest.of_bytes(entry.line.encode()),
        "previous": entry.previous,
        "kind": entry.kind,
        "at": format_instant(entry.at),
        "commit": entry.commit,
        "actor": entry.actor,
        "agents": [_encode_agent(agent) for agent in entry.agents],
        "policy": None if entry.policy_version is None else policy,
        "governance": entry.governance,
        "approvals": [dict(item) for item in entry.approvals],
        "evidence": [dict(item) for item in entry.evidence],
        "attestations": [dict(item) for item in entry.attestations],
        "requirements": [dict(item) for item in entry.requirements],
        "reason": entry.reason,
        "tool": entry.tool,
        "breakGlass": _encode_break_glass(entry.break_glass),
        "reviews": [
            _encode_review(item)
            for item in reviews
            if (item.environment, item.seq) == (entry.environment, entry.seq)
        ],
    }


def _encode_landed(change: LandedChange | None) -> dict[str, Any]:
    """Only where it was asked for: it takes a look at the history of every entry."""
    if change is None:
        return {}
    return {
        "landed": change.commit,
        "changed": [{"agent": agent, "paths": list(paths)} for agent, paths in change.agents.items()],
    }


def _encode_break_glass(break_glass: BreakGlassRecord | None) -> dict[str, Any] | None:
    if break_glass is None:
        return None
    return {
        "incident": break_glass.incident,
        "skipped": list(break_glass.skipped),
        "leftOut": list(break_glass.left_out or ()),
        "reviewBy": format_instant(break_glass.review_by),
    }


def _encode_review(review: Review) -> dict[str, Any]:
    return {
        "agent": review.agent,
        "approver": review.approver,
        "at": format_instant(review.at),
        "file": review.file,
    }


def _encode_agent(agent: AgentTransition) -> dict[str, Any]:
    return {
        "agent": agent.agent,
        "fromState": agent.from_state,
        "toState": agent.to_state,
        "release": agent.release,
        "renamedFrom": agent.renamed_from,
        "generation": agent.generation,
    }
