"""Findings for programs: ``fleetward.validate/1``; within this format fields are only added."""

from __future__ import annotations

from typing import Any

from fleetward.domain.finding import Finding, Place
from fleetward.domain.fleet import Waiver
from fleetward.domain.validation import Validation

FORMAT = "fleetward.validate/1"


def render(validation: Validation) -> dict[str, Any]:
    """The whole report as data."""
    return {
        "format": FORMAT,
        "summary": {**encode_counts(validation), "unasked": len(validation.skipped)},
        "unread": [
            {"environment": environment, "agent": agent, "paths": list(paths)}
            for (environment, agent), paths in sorted(validation.unread.items())
        ],
        "findings": [
            encode_finding(finding, validation.waiver_for(finding)) for finding in validation.findings
        ],
    }


def encode_counts(validation: Validation) -> dict[str, int]:
    """What was checked, and how many findings there are of each severity."""
    return {
        "agents": validation.agents,
        "files": validation.files,
        "errors": validation.errors,
        "warnings": validation.warnings,
        "notes": validation.notes,
        "waived": validation.waived,
    }


def encode_finding(finding: Finding, waiver: Waiver | None) -> dict[str, Any]:
    """One finding as data, with the waiver that covers it."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "hint": finding.hint,
        **_encode_place(finding.place),
        "environment": finding.environment,
        "agent": finding.agent,
        "waived": finding.waived,
        "waiver": encode_waiver(waiver) if finding.waived and waiver else None,
        "related": [_encode_place(place) for place in finding.related],
        "fingerprint": finding.fingerprint,
    }


def encode_waiver(waiver: Waiver) -> dict[str, Any]:
    """A waiver as data."""
    return {
        "reason": waiver.reason,
        "approvedBy": waiver.approved_by,
        "expires": waiver.expires.isoformat(),
        "file": waiver.place.file,
        "line": waiver.place.line,
    }


def _encode_place(place: Place) -> dict[str, Any]:
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
        "path": place.path,
    }
