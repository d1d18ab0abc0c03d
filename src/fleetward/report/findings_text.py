"""Findings for people: the place, the line with a caret, what is wrong, what to write."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.validation import Validation
from fleetward.report.human import visible
from fleetward.report.page import Line, Page, Role, line, page, span

Source = Callable[[str], list[str]]
"""The lines of a file."""

LARGEST = 200
"""Findings that are shown when nobody asks for more: what fits a screen a person still scrolls through."""
_NAMED = 12
_BREAK = re.compile("\r\n|\r|\n")  # as YAML counts them: a form feed is none
_ROLES: dict[Severity, Role] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


def render(
    validation: Validation, text: Callable[[str], str], *, quiet: bool, verbose: bool, next_command: str
) -> Page:
    """
    Errors first, the LARGEST worst with the count of the rest; a command last.

    *quiet* is one line for each error and nothing else; *verbose* shows all, what is waived, and related places.
    """
    if quiet:
        return _brief(validation)
    wanted = validation.counting
    shown = wanted if verbose else wanted[:LARGEST]
    lines = told(shown, text, verbose=verbose)
    if len(shown) < len(wanted):
        lines += [_left_off(len(wanted) - len(shown)), line()]
    if verbose:
        lines.extend(_waived(validation))
    if validation.unasked:
        lines.append(_unasked(["/".join(key) for key in validation.unasked], verbose))
    lines.append(_summary(validation))
    lines.append(line(span(next_command, "dim")))
    return page(lines)


def told(findings: Sequence[Finding], text: Callable[[str], str], *, verbose: bool) -> list[Line]:
    """Each finding with its place, the line there, what to write, and a blank line."""
    source = _remembered(text)
    return [row for one in findings for row in (*_finding(one, source, verbose), line())]


def _brief(validation: Validation) -> Page:
    errors = [one for one in validation.counting if one.severity is Severity.ERROR]
    lines = [_head(one) for one in errors[:LARGEST]]
    return page([*lines, *([_left_off(len(errors) - LARGEST)] if len(errors) > LARGEST else [])])


def _remembered(text: Callable[[str], str]) -> Source:
    """The lines of a file, credentials masked; findings come file by file, so the last one is kept."""
    from fleetward.domain.secrets import masked

    last: dict[str, list[str]] = {}

    def lines(file: str) -> list[str]:
        if file not in last:
            last.clear()
            last[file] = _BREAK.split(masked(text(file)))
        return last[file]

    return lines


def _left_off(number: int) -> Line:
    return line(f"and {counted(number, 'more finding')}: the same with -v shows them, -o json holds them")


def frame(place: Place, source: Source, role: Role) -> list[Line]:
    """The source line with a caret under what is meant; nothing for a file as a whole."""
    lines = source(place.file)
    if not place.path and place.column == place.end_column:
        return []
    if not 1 <= place.line <= len(lines):
        return []
    whole = lines[place.line - 1].replace("\t", " ")
    end = place.end_column if place.end_line == place.line else len(whole) + 1
    start = min(place.column, len(whole) + 1)
    cut = max(0, start - 60) if len(whole) > 160 else 0
    shown = whole[cut : cut + 160]
    before, meant = shown[: start - 1 - cut], shown[start - 1 - cut : max(start, end) - 1 - cut]
    first, wide = _cells(before), max(1, _cells(meant))
    number, focus = f"{place.line:>5} | ", (first, first + wide)
    gutter = f"{'|':>{len(number) - 1}} "
    return [
        line(span(number, "dim"), shown, hang=len(number), focus=focus),
        line(span(gutter, "dim"), " " * first, span("^" * wide, role), hang=len(number), focus=focus),
    ]


def _cells(text: str) -> int:
    """How wide a terminal shows it: escaped where nobody could see it, ideographs twice."""
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in visible(text)
    )


def _head(finding: Finding) -> Line:
    place = finding.place
    return line(
        span(f"{place.file}:{place.line}:{place.column}", "place"),
        "  ",
        span(finding.severity, _ROLES[finding.severity]),
        "  ",
        span(finding.rule, "strong"),
        "  ",
        finding.message,
        hang=4,
    )


def _finding(finding: Finding, source: Source, verbose: bool) -> list[Line]:
    lines = [_head(finding), *frame(finding.place, source, _ROLES[finding.severity])]
    if finding.hint:
        lines.append(line("  fix: ", span(finding.hint, "good"), hang=7))
    for other in finding.related:
        lines.append(line("  see: ", span(f"{other.file}:{other.line}", "place"), f"  {other.path}", hang=7))
        lines.extend(frame(other, source, "note") if verbose else ())
    return lines


def _waived(validation: Validation) -> list[Line]:
    lines = []
    for one in validation.findings:
        if one.waived:
            place = f"{one.place.file}:{one.place.line}:{one.place.column}"
            head = (span(place, "place"), "  ", span("waived", "dim"), "  ", span(one.rule, "strong"))
            lines.append(line(*head, f"  {one.message}", hang=4))
            waiver = validation.excuse(one)
            if waiver is not None:
                said = f"{waiver.reason} ({waiver.approved_by}, until {waiver.expires})"
                lines.append(line("  why: ", said, hang=7))
            lines.append(line())
    return lines


def _unasked(names: Sequence[str], verbose: bool) -> Line:
    """Whose rules nobody has seen yet: more may be found once the manifest is right."""
    shown = names if verbose else names[:_NAMED]
    more = f" and {len(names) - len(shown)} more" if len(shown) < len(names) else ""
    what = f"rules were not asked of {counted(len(names), 'agent')}, whose manifest has to be right first"
    return line(f"{what}: {', '.join(shown)}{more}", hang=2)


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
