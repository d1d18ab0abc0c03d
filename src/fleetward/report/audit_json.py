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
        "breaks": [_break(one) for one in audit.breaks],
        "heads": [
            {"environment": name, "seq": seen.seq, "line": seen.line, "commit": seen.commit}
            for name, seen in audit.heads.items()
        ],
    }


def _break(one: Break) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "severity": one.severity.value,
        "message": one.message,
        "commit": one.commit,
        "file": one.file,
        "line": one.line,
        "environment": one.environment,
        "agent": one.agent,
        "hint": one.hint,
    }
