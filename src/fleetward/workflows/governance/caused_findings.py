"""The findings that an edit of a fleet's files would cause."""

from __future__ import annotations

from collections.abc import Mapping

from fleetward import rules
from fleetward.domain.finding import Finding, Severity
from fleetward.store.fleet.load import LoadedFleet
from fleetward.workflows.context import RunContext


def caused_findings(
    run: RunContext, before: LoadedFleet, after: LoadedFleet, moves: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """
    Errors and warnings that the edit would cause; one at the same place and of the same rule is not new.

    *moves* are folders that the edit moves, by where they come: what was wrong there is wrong here.
    """
    existing = {_finding_key(finding) for finding in _findings(run, before)}
    new_findings = (
        finding
        for finding in _findings(run, after)
        if not finding.waived and _finding_key(finding, moves or {}) not in existing
    )
    return tuple(finding for finding in new_findings if finding.severity is not Severity.NOTE)


def _findings(run: RunContext, reading: LoadedFleet) -> tuple[Finding, ...]:
    violations = (
        rules.findings(reading.snapshot, run.now) if reading.snapshot and reading.governance_valid else ()
    )
    return (*reading.findings, *violations)


def _finding_key(finding: Finding, moves: Mapping[str, str] | None = None) -> tuple[str, str, str]:
    file = finding.place.file
    for target, source in (moves or {}).items():
        if file.startswith(f"{target}/"):
            file = f"{source}{file[len(target) :]}"
    return finding.rule, file, finding.place.path
