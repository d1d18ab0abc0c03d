"""
Findings as GitHub workflow commands, which become annotations beside the lines of a pull request.

GitHub drops in silence what is too many for a step, so the ten worst are shown, and a last line, which is no
annotation, counts the rest. Paths are given from the top of the repository.
"""

from __future__ import annotations

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.validation import Validation
from fleetward.report.human import visible

LARGEST = 10
"""Annotations of a run."""
_KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(validation: Validation) -> str:
    """One command a line; nothing where nothing is found."""
    ordered = sorted(validation.unwaived, key=lambda finding: list(_KINDS).index(finding.severity))
    lines = [_command(finding, validation) for finding in ordered[:LARGEST]]
    if len(ordered) > LARGEST:
        lines.append(_omission(validation, len(ordered) - LARGEST))
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding, validation: Validation) -> str:
    place = finding.place
    places = {
        "file": validation.repository_path(place.file),
        "line": str(place.line),
        "endLine": str(place.end_line),
        "title": finding.rule,
    }
    if place.line == place.end_line and place.end_column > place.column:
        places |= {"col": str(place.column), "endColumn": str(place.end_column - 1)}  # its end is inclusive
    message = f"{visible(finding.message)}\nfix: {visible(finding.hint)}" if finding.hint else finding.message
    properties = ",".join(f"{key}={_property(visible(value))}" for key, value in places.items())
    return f"::{_KINDS[finding.severity]} {properties}::{_data(message)}"


def _omission(validation: Validation, omitted: int) -> str:
    counts = f"{validation.errors} errors, {validation.warnings} warnings, {validation.notes} notes"
    return f"fleet validate: {omitted} more findings are not shown here: {counts} in all"


def _data(text: str) -> str:
    """What follows the second colons."""
    lines = "\n".join(visible(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """What follows an equals sign: a comma or colon would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
