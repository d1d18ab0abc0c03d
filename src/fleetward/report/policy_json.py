"""What is wrong with a policy, and how its cases came out, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleetward.domain.finding import Finding
from fleetward.domain.policy import Policy
from fleetward.domain.policy_test import Rehearsed
from fleetward.report.verdicts_json import requirement

CHECK, TEST = "fleetward.policy-check/1", "fleetward.policy-test/1"


def checked(
    findings: Sequence[Finding], *, policy: Policy | None, agents: int, base: str | None
) -> dict[str, Any]:
    """The answer of ``fleet policy check``; within this format fields are only added."""
    return {
        "format": CHECK,
        "base": base,
        "policy": _named(policy) if policy else None,
        "summary": {
            "rules": len(policy.rules) if policy else 0,
            "agents": agents,
            "findings": len(findings),
        },
        "findings": [_finding(one) for one in findings],
    }


def tested(results: Sequence[Rehearsed], *, policy: Policy) -> dict[str, Any]:
    """The answer of ``fleet policy test``; within this format fields are only added."""
    failed = sum(bool(one.differences) for one in results)
    return {
        "format": TEST,
        "policy": _named(policy),
        "summary": {"cases": len(results), "passed": len(results) - failed, "failed": failed},
        "cases": [_case(one) for one in results],
    }


def _named(policy: Policy) -> dict[str, Any]:
    return {"version": policy.version, "sha256": policy.sha256}


def _finding(one: Finding) -> dict[str, Any]:
    place = one.place
    return {
        "check": one.rule,
        "severity": one.severity.value,
        "message": one.message,
        "hint": one.hint,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "path": place.path,
    }


def _case(one: Rehearsed) -> dict[str, Any]:
    case, got = one.case, one.promotion
    return {
        "name": case.name,
        "agent": case.agent,
        "file": case.place.file,
        "line": case.place.line,
        "passed": not one.differences,
        "expected": case.expect.value,
        "got": got.verdict.value,
        "differences": [
            {"what": it.what, "expected": list(it.expected), "got": list(it.got)} for it in one.differences
        ],
        "requirements": [requirement(asked) for asked in got.requirements],
        "notCounted": [{"approver": it.approver, "reason": it.reason} for it in got.not_counted],
    }
