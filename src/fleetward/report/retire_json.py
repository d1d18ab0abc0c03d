"""The plan of a retirement, for programs."""

from __future__ import annotations

from typing import Any

from fleetward.domain.finding import Place
from fleetward.domain.retirement_plan import CriterionResult, Leftover, RetirementPlan


def render(plan: RetirementPlan, *, next_command: str) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": "fleetward.retire/1",
        "agent": plan.agent,
        "blocked": plan.blocked,
        "standing": [
            {"environment": item.environment, "gated": item.gated, "lifecycle": item.lifecycle}
            for item in plan.deployments
        ],
        "dependents": [
            {
                "environment": item.environment,
                "agent": item.agent,
                **_encode_place(item.place),
                "required": item.required,
                "along": item.promoted_together,
                "namesReplacement": item.names_successor,
                "blocks": item.blocks,
            }
            for item in plan.dependents
        ],
        "sharedState": [{"name": item.name, "usedBy": list(item.users)} for item in plan.shared_states],
        "credentials": [_encode_credential(item) for item in plan.credentials],
        "data": plan.disposition,
        "replacedBy": plan.successor,
        "replacementIn": list(plan.successor_in),
        "triggers": list(plan.triggers),
        "alone": [{"kind": item.kind, "name": item.name} for item in plan.unshared],
        "criteria": [encode_criterion(item) for item in plan.criteria],
        "proposals": list(plan.proposals),
        "waivers": [
            {
                "rule": item.rule,
                "file": item.place.file,
                "line": item.place.line,
                "expires": item.expires.isoformat(),
            }
            for item in plan.waivers
        ],
        "files": list(plan.files),
        "written": plan.written,
        "next": next_command,
    }


def _encode_credential(credential: Leftover) -> dict[str, Any]:
    return {"name": credential.name, "listed": credential.kind == "listed", "usedBy": list(credential.users)}


def encode_criterion(item: CriterionResult) -> dict[str, Any]:
    """One criterion, and how it stands."""
    return {
        "agent": item.agent,
        "environment": item.environment,
        **_encode_place(item.place),
        "asked": item.condition,
        "due": item.status.value,
        "detail": item.detail,
        "gaps": [{"from": first.isoformat(), "to": last.isoformat()} for first, last in item.gaps],
    }


def _encode_place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "path": place.path}
