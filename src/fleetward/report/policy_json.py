"""The findings of a policy check and the results of policy tests, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleetward.domain.finding import Finding
from fleetward.domain.policy import Policy
from fleetward.domain.policy_test import PolicyTestResult
from fleetward.domain.practice import Practice
from fleetward.report.verdicts_json import encode_requirement

CHECK, TEST = "fleetward.policy-check/1", "fleetward.policy-test/1"


def render_check(
    findings: Sequence[Finding],
    *,
    policy: Policy | None,
    agents: int,
    base: str | None,
    practices: Sequence[Practice] | None = None,
) -> dict[str, Any]:
    """The answer of ``fleet policy check``; within this format fields are only added."""
    return {
        "format": CHECK,
        "base": base,
        "policy": _encode_policy(policy) if policy else None,
        "summary": {
            "rules": len(policy.rules) if policy else 0,
            "agents": agents,
            "findings": len(findings),
        },
        "findings": [_encode_finding(finding) for finding in findings],
        **({} if practices is None else {"practices": [_encode_practice(entry) for entry in practices]}),
    }


def render_tests(results: Sequence[PolicyTestResult], *, policy: Policy) -> dict[str, Any]:
    """The answer of ``fleet policy test``; within this format fields are only added."""
    failed = sum(bool(result.differences) for result in results)
    return {
        "format": TEST,
        "policy": _encode_policy(policy),
        "summary": {"cases": len(results), "passed": len(results) - failed, "failed": failed},
        "cases": [_encode_case(result) for result in results],
    }


def _encode_policy(policy: Policy) -> dict[str, Any]:
    return {"version": policy.version, "sha256": policy.sha256}


def _encode_finding(finding: Finding) -> dict[str, Any]:
    place = finding.place
    return {
        "check": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "hint": finding.hint,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "path": place.path,
    }


def _encode_practice(practice: Practice) -> dict[str, Any]:
    return {
        "path": practice.path,
        "asked": practice.tier is not None,
        "tier": practice.tier,
        "rule": practice.rule,
    }


def _encode_case(result: PolicyTestResult) -> dict[str, Any]:
    case, promotion = result.case, result.promotion
    return {
        "name": case.name,
        "agent": case.agent,
        "file": case.place.file,
        "line": case.place.line,
        "passed": not result.differences,
        "expected": case.expect.value,
        "got": promotion.verdict.value,
        "differences": [
            {"what": difference.aspect, "expected": list(difference.expected), "got": list(difference.actual)}
            for difference in result.differences
        ],
        "requirements": [encode_requirement(item) for item in promotion.requirements],
        "notCounted": [
            {"approver": difference.approver, "reason": difference.reason}
            for difference in promotion.not_counted
        ],
    }
