"""The renaming of an agent, for people."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.rename import Rename
from fleetward.report.page import Line, Page, line, page, span


def render(rename: Rename, *, next_command: str) -> Page:
    """The whole answer; its last line is *next_command*."""
    lines: list[Line] = [line(span(f"{rename.old} -> {rename.new}", "strong")), line()]
    lines.append(line(span("moved" if rename.written else "would move", "strong")))
    lines += [line(f"  {source} -> {target}", hang=4) for source, target in rename.moves]
    lines.append(line())
    if rename.edits:
        lines.append(line(span("renamed" if rename.written else "would rename", "strong")))
        lines += [
            line("  ", span(f"{place.file}:{place.line}", "place"), f"  {place.path}")
            for place in rename.edits
        ]
        lines.append(line())
    lines += _remaining_lines(rename)
    if rename.written:
        text = (
            f"commit this alone: evidence and soak time of {rename.old} count for {rename.new} where nothing "
            "but the name changed"
        )
        lines += [line(text), line()]
    return page([*lines, line(span(next_command, "code"))])


def _remaining_lines(rename: Rename) -> Iterator[Line]:
    if rename.open:
        yield line(span("not edited", "warning"))
        for reference in rename.open:
            place = span(f"{reference.place.file}:{reference.place.line}", "place")
            yield line("  ", place, f"  {reference.place.path}: {reference.note}", hang=4)
        yield line()
    if rename.problems:
        yield line(span("new findings after the renaming", "error"))
        for problem in rename.problems:
            yield line("  ", span(f"{problem.place.file}:{problem.place.line}", "place"))
            yield line(f"    {problem.severity} {problem.rule}: {problem.message}", hang=6)
        yield line()
