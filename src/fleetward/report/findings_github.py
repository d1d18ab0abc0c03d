"""
Findings as GitHub workflow commands, which become annotations beside the lines of a pull request.

GitHub shows ten annotations of a kind and step and drops the others in silence, so the worst come first and a
last notice counts the rest. Paths are given from the top of the repository.
"""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.validation import Validation
from fleetward.report.human import visible

LARGEST = 10
"""Annotations of a kind."""
_KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(validation: Validation) -> str:
    """One command a line; nothing where nothing is found."""
    counted = validation.counting
    shown = list(_shown(counted, LARGEST))
    if len(shown) < len(counted):
        shown = list(_shown(counted, LARGEST - 1))
    lines = [_command(one, validation) for one in shown]
    if len(shown) < len(counted):
        lines.append(_rest(validation, len(counted) - len(shown)))
    return "".join(f"{line}\n" for line in lines)


def _shown(findings: tuple[Finding, ...], notices: int) -> Iterator[Finding]:
    """The worst of each kind; *notices* leaves room for the one that counts the rest."""
    for severity, kind in _KINDS.items():
        some = notices if kind == "notice" else LARGEST
        yield from [one for one in findings if one.severity is severity][:some]


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
    said = f"{left_off} more findings are not shown here: {counts} in all; fleet validate lists them"
    return f"::notice title=fleet validate::{_data(said)}"


def _data(text: str) -> str:
    """What follows the second colons."""
    lines = "\n".join(visible(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """What follows an equals sign: a comma or colon would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
