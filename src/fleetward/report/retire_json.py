"""The plan of a retirement, for programs."""

from __future__ import annotations

from typing import Any

from fleetward.domain.finding import Place
from fleetward.domain.retirement_plan import Departure, Judged, Left


def render(plan: Departure, *, next_command: str) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": "fleetward.retire/1",
        "agent": plan.agent,
        "blocked": plan.blocked,
        "standing": [
            {"environment": one.environment, "gated": one.gated, "lifecycle": one.lifecycle}
            for one in plan.standing
        ],
        "dependents": [
            {
                "environment": one.environment,
                "agent": one.agent,
                **_place(one.place),
                "required": one.required,
                "along": one.along,
                "namesReplacement": one.names_successor,
                "blocks": one.blocks,
            }
            for one in plan.dependents
        ],
        "sharedState": [{"name": one.name, "usedBy": list(one.others)} for one in plan.states],
        "credentials": [_credential(one) for one in plan.credentials],
        "data": plan.disposition,
        "replacedBy": plan.successor,
        "replacementIn": list(plan.successor_in),
        "triggers": list(plan.triggers),
        "alone": [{"kind": one.kind, "name": one.name} for one in plan.alone],
        "criteria": [criterion(one) for one in plan.criteria],
        "proposals": list(plan.proposals),
        "waivers": [
            {
                "rule": one.rule,
                "file": one.place.file,
                "line": one.place.line,
                "expires": one.expires.isoformat(),
            }
            for one in plan.waivers
        ],
        "files": list(plan.files),
        "written": plan.written,
        "next": next_command,
    }


def _credential(one: Left) -> dict[str, Any]:
    return {"name": one.name, "listed": one.kind == "listed", "usedBy": list(one.others)}


def criterion(one: Judged) -> dict[str, Any]:
    """One criterion, and how it stands."""
    return {
        "agent": one.agent,
        "environment": one.environment,
        **_place(one.place),
        "asked": one.asked,
        "due": one.due.value,
        "detail": one.detail,
        "gaps": [{"from": first.isoformat(), "to": last.isoformat()} for first, last in one.gaps],
    }


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "path": place.path}
