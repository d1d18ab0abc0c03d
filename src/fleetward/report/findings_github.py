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
    counted = sorted(validation.counting, key=lambda one: list(_KINDS).index(one.severity))
    lines = [_command(one, validation) for one in counted[:LARGEST]]
    if len(counted) > LARGEST:
        lines.append(_rest(validation, len(counted) - LARGEST))
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding, validation: Validation) -> str:
    place = finding.place
    places = {
        "file": validation.in_repository(place.file),
        "line": str(place.line),
        "endLine": str(place.end_line),
        "title": finding.rule,
    }
    if place.line == place.end_line and place.end_column > place.column:
        places |= {"col": str(place.column), "endColumn": str(place.end_column - 1)}  # its end is inclusive
    said = f"{visible(finding.message)}\nfix: {visible(finding.hint)}" if finding.hint else finding.message
    written = ",".join(f"{key}={_property(visible(value))}" for key, value in places.items())
    return f"::{_KINDS[finding.severity]} {written}::{_data(said)}"


def _rest(validation: Validation, left_off: int) -> str:
    counts = f"{validation.errors} errors, {validation.warnings} warnings, {validation.notes} notes"
    return f"fleet validate: {left_off} more findings are not shown here: {counts} in all"


def _data(text: str) -> str:
    """What follows the second colons."""
    lines = "\n".join(visible(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """What follows an equals sign: a comma or colon would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
