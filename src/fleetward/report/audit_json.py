"""An audit for programs."""

from __future__ import annotations

from typing import Any

from fleetward.domain.audit import Audit, Break
from fleetward.domain.finding import Severity

FORMAT = "fleetward.audit/1"


def render(audit: Audit) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": FORMAT,
        "clean": audit.clean,
        "first": audit.first,
        "last": audit.last,
        "summary": {
            "commits": audit.commits,
            "promotions": audit.promotions,
            "adoptions": audit.adoptions,
            "governance": audit.governance,
            "errors": audit.count(Severity.ERROR),
            "warnings": audit.count(Severity.WARNING),
            "notes": audit.count(Severity.NOTE),
        },
        "breaks": [_encode_break(problem) for problem in audit.breaks],
        "heads": [
            {"environment": name, "seq": head.seq, "line": head.line, "commit": head.commit}
            for name, head in audit.heads.items()
        ],
    }


def _encode_break(problem: Break) -> dict[str, Any]:
    return {
        "rule": problem.rule,
        "severity": problem.severity.value,
        "message": problem.message,
        "commit": problem.commit,
        "file": problem.file,
        "line": problem.line,
        "environment": problem.environment,
        "agent": problem.agent,
        "hint": problem.hint,
    }
