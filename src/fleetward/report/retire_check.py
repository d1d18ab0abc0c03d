"""Which retirement criteria are met: for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from fleetward.domain.clock import written
from fleetward.domain.retirement_plan import Due, Figure, Judged
from fleetward.report.page import Line, Page, Role, line, page, span
from fleetward.report.retire_json import criterion

_ROLES: dict[Due, Role] = {Due.YES: "error", Due.NO: "good", Due.UNKNOWN: "warning"}
_FEW = 6

Unused = Sequence[tuple[Figure, str]]
"""Figures that nothing asks for, and why."""


def page_of(
    judged: Sequence[Judged], unused: Unused, *, file: str | None, next_command: str, verbose: bool
) -> Page:
    """What is due first, then what cannot be told, then the rest; the last line is *next_command*."""
    lines: list[Line] = []
    for due in (Due.YES, Due.UNKNOWN, Due.NO):
        for one in judged:
            if one.due is due:
                lines += told(one, verbose=verbose)
    if unused:
        lines += [line(), line(f"not used of {file}", hang=2)]
        lines += [line(f"  line {one.line}: {why}", hang=4) for one, why in unused]
    counts = ", ".join(f"{sum(one.due is due for one in judged)} {due}" for due in Due)
    return page([*lines, line(), line(f"criteria: {counts}"), line(span(next_command, "code"))])


def told(one: Judged, *, verbose: bool, width: int = 8) -> Iterator[Line]:
    """One criterion, and the days on which nothing was measured."""
    mark = span(f"{one.due:<{width}}", _ROLES[one.due])
    yield line(mark, " ", span(one.agent, "strong"), f" ({one.environment}): {one.asked}", hang=width + 3)
    shown = one.gaps if verbose else one.gaps[:_FEW]
    days = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in shown)
    more = f" and {len(one.gaps) - len(shown)} more (-v)" if len(shown) < len(one.gaps) else ""
    gaps = f": {days}{more}" if one.gaps and one.due is Due.UNKNOWN else ""
    yield line(" " * (width + 1), f"{one.detail}{gaps}", hang=width + 3)


def data_of(
    judged: Sequence[Judged], unused: Unused, *, file: str | None, now: datetime, next_command: str
) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": "fleetward.retire-check/1",
        "at": written(now),
        "metrics": file,
        "due": sorted({one.agent for one in judged if one.due is Due.YES}),
        "criteria": [criterion(one) for one in judged],
        "unused": [
            {"line": one.line, "agent": one.agent, "metric": one.metric, "why": why} for one, why in unused
        ],
        "next": next_command,
    }
