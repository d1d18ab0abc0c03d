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
    counts: Counter[str] = Counter()
    entries = []
    for finding in validation.unwaived:
        entries.append(_entry(finding, validation, counts[finding.fingerprint]))
        counts[finding.fingerprint] += 1
    return entries


def _entry(finding: Finding, validation: Validation, earlier: int) -> dict[str, Any]:
    message = f"{finding.message}; fix: {finding.hint}" if finding.hint else finding.message
    return {
        "description": visible(message),
        "check_name": finding.rule,
        "fingerprint": _distinct_fingerprint(finding.fingerprint, earlier),
        "severity": _WEIGHTS[finding.severity],
        "location": {
            "path": validation.repository_path(finding.place.file),
            "lines": {"begin": finding.place.line, "end": finding.place.end_line},
        },
    }


def _distinct_fingerprint(fingerprint: str, earlier: int) -> str:
    """The first keeps its own, so that one more does not make all of them new."""
    return hashlib.sha256(f"{fingerprint}\0{earlier}".encode()).hexdigest()[:32] if earlier else fingerprint
