"""
Findings as GitHub workflow commands, which become annotations beside the lines of a pull request.

GitHub shows ten annotations of a kind and drops the others without a word: so the ten worst findings are written, and
a last line, which is no annotation, counts the others. Paths are given from the top of the repository.
"""

from __future__ import annotations

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.validation import Validation
from fleetward.report.github_commands import workflow_command
from fleetward.report.human import visible

LARGEST = 10
"""Annotations of a run."""
_KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(validation: Validation) -> str:
    """One command a line; empty if nothing was found."""
    # worst first: GitHub drops what is beyond ten of a kind
    ordered = sorted(validation.unwaived, key=lambda finding: list(_KINDS).index(finding.severity))
    lines = [_command(finding, validation) for finding in ordered[:LARGEST]]
    if len(ordered) > LARGEST:
        lines.append(_omission(validation, len(ordered) - LARGEST))
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding, validation: Validation) -> str:
    place = finding.place
    properties = {
        "file": validation.repository_path(place.file),
        "line": str(place.line),
        "endLine": str(place.end_line),
        "title": finding.rule,
    }
    # a range over several lines has no columns on GitHub
    if place.line == place.end_line and place.end_column > place.column:
        # GitHub's end column is inclusive
        properties |= {"col": str(place.column), "endColumn": str(place.end_column - 1)}
    fix = f"\nfix: {visible(finding.hint)}" if finding.hint else ""
    return workflow_command(_KINDS[finding.severity], properties, f"{visible(finding.message)}{fix}")


def _omission(validation: Validation, omitted: int) -> str:
    counts = f"{validation.errors} errors, {validation.warnings} warnings, {validation.notes} notes"
    return f"fleet validate: {omitted} more findings, not shown here: {counts} in total, -o json lists them"
