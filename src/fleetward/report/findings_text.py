"""Findings for people: the place, the line with a caret, what is wrong, what to write."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.validation import Validation
from fleetward.report.page import Line, Page, Role, line, page, span

_ROLES: dict[Severity, Role] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


def render(
    validation: Validation, text: Callable[[str], str], *, quiet: bool, verbose: bool, next_command: str
) -> Page:
    """Errors first; *quiet* leaves warnings and notes out, *verbose* shows what is waived; a command last."""
    counted = [one for one in validation.findings if not one.waived]
    shown = [one for one in counted if one.severity is Severity.ERROR or not quiet]
    lines: list[Line] = []
    for finding in shown:
        lines.extend(_finding(finding, text))
        lines.append(line())
    if verbose:
        lines.extend(_waived([one for one in validation.findings if one.waived]))
    lines.append(_summary(validation))
    lines.append(line(span(next_command, "dim")))
    return page(lines)


def frame(finding: Finding, text: Callable[[str], str]) -> list[Line]:
    """The source line with a caret under what is meant; nothing for a file as a whole."""
    place = finding.place
    source = text(place.file).splitlines()
    if not place.path and place.column == place.end_column:
        return []
    if not 1 <= place.line <= len(source):
        return []
    shown = source[place.line - 1].replace("\t", " ")
    number = f"{place.line:>5} "
    end = place.end_column if place.end_line == place.line else len(shown) + 1
    start = min(place.column, len(shown) + 1)
    cut = max(0, start - 60) if len(shown) > 160 else 0
    visible_line = shown[cut : cut + 160]
    caret = "^" * max(1, min(end, cut + 161) - start)
    return [
        line(span(f"{number}| ", "dim"), visible_line),
        line(span(" " * 6 + "| ", "dim"), " " * (start - 1 - cut), span(caret, _ROLES[finding.severity])),
    ]


def _finding(finding: Finding, text: Callable[[str], str]) -> list[Line]:
    place = finding.place
    where = f"{place.file}:{place.line}:{place.column}"
    role = _ROLES[finding.severity]
    lines = [
        line(
            span(where, "place"),
            "  ",
            span(finding.severity, role),
            "  ",
            span(finding.rule, "strong"),
            "  ",
            finding.message,
            hang=4,
        )
    ]
    lines.extend(frame(finding, text))
    if finding.hint:
        lines.append(line("  fix: ", span(finding.hint, "good"), hang=7))
    lines.extend(
        line("  see: ", span(f"{other.file}:{other.line}", "place"), f"  {other.path}", hang=7)
        for other in finding.related
    )
    return lines


def _waived(findings: Sequence[Finding]) -> list[Line]:
    return [
        line(span("waived", "dim"), f"  {one.rule}  {one.place.file}:{one.place.line}  {one.message}", hang=8)
        for one in findings
    ]


def _summary(validation: Validation) -> Line:
    counts = [
        counted(validation.errors, "error"),
        counted(validation.warnings, "warning"),
        counted(validation.notes, "note"),
    ]
    if validation.waived:
        counts.append(f"{validation.waived} waived")
    good = validation.errors == 0
    word = span("valid", "good") if good else span("not valid", "error")
    agents, files = counted(validation.agents, "agent"), counted(validation.files, "file")
    return line(word, f": {agents} in {files}, {', '.join(counts)}")


def counted(number: int, noun: str) -> str:
    """``1 agent``, ``2 agents``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
