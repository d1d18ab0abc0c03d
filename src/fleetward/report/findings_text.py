"""Findings for people: the place, the line with a caret, the message and the fix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.validation import Validation
from fleetward.report.caps import Block, fit_blocks
from fleetward.report.counts import count_text
from fleetward.report.human import visible
from fleetward.report.page import Line, Page, Role, line, page, span
from fleetward.report.severity_roles import SEVERITY_ROLES

Source = Callable[[str], list[str]]
"""The lines of a file."""

LARGEST = 200
"""Findings that are listed without ``-v``."""
_NAMES_SHOWN = 12
_BREAK = re.compile("\r\n|\r|\n")  # as YAML counts lines: a form feed does not end one


def render(
    validation: Validation, text: Callable[[str], str], *, quiet: bool, verbose: bool, next_command: str
) -> Page:
    """
    The LARGEST worst findings, the number of the others, and *next_command* last.

    *text* returns the text of a file. *quiet* prints one line for each error and nothing else; *verbose* lists all
    findings, waived ones too, with the lines of related places.
    """
    if quiet:
        return _quiet_page(validation)
    findings = validation.unwaived
    listed = findings if verbose else findings[:LARGEST]
    waived = _waived_blocks(validation) if verbose else ()
    lines, omitted = fit_blocks((*finding_blocks(listed, text, verbose=verbose), *waived))
    if omitted or len(listed) < len(findings):
        option = "-o json" if omitted else "-v or -o json"
        lines += [_omission_line(omitted + len(findings) - len(listed), option), line()]
    if validation.skipped:
        lines.append(_skipped_line(["/".join(key) for key in validation.skipped], verbose))
    lines += _unread_lines(validation, verbose)
    lines.append(_summary_line(validation))
    lines.append(line(span(next_command, "dim")))
    return page(lines)


def finding_lines(findings: Sequence[Finding], text: Callable[[str], str], *, verbose: bool) -> list[Line]:
    """Each finding with its place, its source line, the fix, and a blank line."""
    return [row for block in finding_blocks(findings, text, verbose=verbose) for row in block.lines]


def finding_blocks(
    findings: Sequence[Finding], text: Callable[[str], str], *, verbose: bool
) -> Iterator[Block]:
    """The lines of each finding, with a blank line at their end."""
    source = _cached_source(text)
    for finding in findings:
        yield Block((*_finding_lines(finding, source, verbose), line()))


def _quiet_page(validation: Validation) -> Page:
    errors = [finding for finding in validation.unwaived if finding.severity is Severity.ERROR]
    lines = [_head_line(finding) for finding in errors[:LARGEST]]
    omission = [_omission_line(len(errors) - LARGEST, "-o json")] if len(errors) > LARGEST else []
    return page([*lines, *omission])


def _cached_source(text: Callable[[str], str]) -> Source:
    """The lines of a file, credentials masked; findings come file by file, so one file is cached."""
    from fleetward.domain.secrets import mask_secrets

    cache: dict[str, list[str]] = {}

    def lines(file: str) -> list[str]:
        if file not in cache:
            # findings come file by file: one file in memory is enough
            cache.clear()
            # the source line is shown: a key in it must not reach a CI log
            cache[file] = _BREAK.split(mask_secrets(text(file)))
        return cache[file]

    return lines


def _omission_line(number: int, option: str) -> Line:
    verb = "is" if number == 1 else "are"
    return line(f"{count_text(number, 'more finding')} {verb} not listed: use {option} to see all")


def source_frame(place: Place, source: Source, role: Role) -> list[Line]:
    """The source line with a caret under the value; nothing if the place is a whole file."""
    lines = source(place.file)
    # a whole file has no line to show
    if not place.path and place.column == place.end_column:
        return []
    if not 1 <= place.line <= len(lines):
        return []
    # one column a tab: the caret counts columns
    full_line = lines[place.line - 1].replace("\t", " ")
    end = place.end_column if place.end_line == place.line else len(full_line) + 1
    start = min(place.column, len(full_line) + 1)
    # a minified file may be one huge line
    cut = max(0, start - 60) if len(full_line) > 160 else 0
    excerpt = full_line[cut : cut + 160]
    before, marked = excerpt[: start - 1 - cut], excerpt[start - 1 - cut : max(start, end) - 1 - cut]
    # at least one caret, also under nothing
    first, wide = _cell_width(before), max(1, _cell_width(marked))
    number, focus = f"{place.line:>5} | ", (first, first + wide)
    gutter = f"{'|':>{len(number) - 1}} "
    return [
        line(span(number, "dim"), excerpt, hang=len(number), focus=focus),
        line(span(gutter, "dim"), " " * first, span("^" * wide, role), hang=len(number), focus=focus),
    ]


def _cell_width(text: str) -> int:
    """Columns on a terminal: invisible characters are escaped, ideographs take two columns."""
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in visible(text)
    )


def _head_line(finding: Finding) -> Line:
    place = finding.place
    return line(
        span(f"{place.file}:{place.line}:{place.column}", "place"),
        "  ",
        span(finding.severity, SEVERITY_ROLES[finding.severity]),
        "  ",
        span(finding.rule, "strong"),
        "  ",
        finding.message,
        hang=4,
    )


def _finding_lines(finding: Finding, source: Source, verbose: bool) -> list[Line]:
    lines = [_head_line(finding), *source_frame(finding.place, source, SEVERITY_ROLES[finding.severity])]
    if finding.hint:
        lines.append(line("  fix: ", span(finding.hint, "good"), hang=7))
    for place in finding.related:
        lines.append(line("  see: ", span(f"{place.file}:{place.line}", "place"), f"  {place.path}", hang=7))
        lines.extend(source_frame(place, source, "note") if verbose else ())
    return lines


def _waived_blocks(validation: Validation) -> Iterator[Block]:
    for finding in validation.findings:
        if finding.waived:
            place = f"{finding.place.file}:{finding.place.line}:{finding.place.column}"
            head = (span(place, "place"), "  ", span("waived", "dim"), "  ", span(finding.rule, "strong"))
            lines = [line(*head, f"  {finding.message}", hang=4)]
            waiver = validation.waiver_for(finding)
            if waiver is not None:
                reason = f"{waiver.reason} ({waiver.approved_by}, until {waiver.expires})"
                lines.append(line("  why: ", reason, hang=7))
            yield Block((*lines, line()))


def _skipped_line(names: Sequence[str], verbose: bool) -> Line:
    """The agents on which no rule was run."""
    listed = names if verbose else names[:_NAMES_SHOWN]
    suffix = f" and {len(names) - len(listed)} more" if len(listed) < len(names) else ""
    skipped = (
        "1 agent was skipped: its manifest is invalid"
        if len(names) == 1
        else f"{len(names)} agents were skipped: their manifests are invalid"
    )
    return line(f"{skipped}: {', '.join(listed)}{suffix}", hang=2)


def _unread_lines(validation: Validation, verbose: bool) -> Iterator[Line]:
    """What rules could not see of agents that they ran on, an agent a line."""
    partly = sorted(validation.unread.items())
    listed = partly if verbose else partly[:_NAMES_SHOWN]
    for key, paths in listed:
        yield line(f"{'/'.join(key)} was checked without {', '.join(paths)}: rules cannot see it", hang=2)
    if len(listed) < len(partly):
        yield line(f"{len(partly) - len(listed)} more agents were checked in part", hang=2)


def _summary_line(validation: Validation) -> Line:
    counts = [
        count_text(validation.errors, "error"),
        count_text(validation.warnings, "warning"),
        count_text(validation.notes, "note"),
    ]
    if validation.waived:
        counts.append(f"{validation.waived} waived")
    good = validation.errors == 0
    word = span("valid", "good") if good else span("not valid", "error")
    agents, files = count_text(validation.agents, "agent"), count_text(validation.files, "file")
    return line(word, f": {agents} in {files}, {', '.join(counts)}")
