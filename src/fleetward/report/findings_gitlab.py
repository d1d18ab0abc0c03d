"""
Findings as a GitLab code quality report.

GitLab identifies a finding by its fingerprint, knows no waivers, and takes paths from the top of the repository: so
equal fingerprints are made distinct, and waived findings are left out.
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
    """One entry for each finding that is not waived."""
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
    """The first finding keeps its fingerprint, so that another one does not make all of them new."""
    # GitLab takes two entries with one fingerprint for one finding
    return hashlib.sha256(f"{fingerprint}\0{earlier}".encode()).hexdigest()[:32] if earlier else fingerprint
