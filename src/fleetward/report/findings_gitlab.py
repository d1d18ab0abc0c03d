"""
Findings as a GitLab code quality report.

GitLab tells findings apart by their fingerprint alone, knows no exceptions, and takes paths from the top of the
repository: so equal ones are counted apart, and waived ones left out.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.validation import Validation
from fleetward.report.human import visible

_WEIGHTS = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render(validation: Validation) -> list[dict[str, Any]]:
    """One entry a finding that counts."""
    seen: Counter[str] = Counter()
    entries = []
    for finding in validation.counting:
        entries.append(_entry(finding, validation, seen[finding.fingerprint]))
        seen[finding.fingerprint] += 1
    return entries


def _entry(finding: Finding, validation: Validation, before: int) -> dict[str, Any]:
    said = f"{finding.message}; fix: {finding.hint}" if finding.hint else finding.message
    return {
        "description": visible(said),
        "check_name": finding.rule,
        "fingerprint": _counted_apart(finding.fingerprint, before),
        "severity": _WEIGHTS[finding.severity],
        "location": {
            "path": validation.in_repository(finding.place.file),
            "lines": {"begin": finding.place.line, "end": finding.place.end_line},
        },
    }


def _counted_apart(fingerprint: str, before: int) -> str:
    """The first keeps its own, so that one more does not make all of them new."""
    return hashlib.sha256(f"{fingerprint}\0{before}".encode()).hexdigest()[:32] if before else fingerprint
