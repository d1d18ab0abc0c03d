"""Which criteria of retirement are due, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from fleetward.domain.clock import format_instant
from fleetward.domain.retirement_plan import CriterionResult, CriterionStatus, MetricValue
from fleetward.report.page import Line, Page, Role, line, page, span
from fleetward.report.retire_json import encode_criterion

_ROLES: dict[CriterionStatus, Role] = {
    CriterionStatus.DUE: "error",
    CriterionStatus.NOT_DUE: "good",
    CriterionStatus.UNKNOWN: "warning",
}
_FEW = 6

Unused = Sequence[tuple[MetricValue, str]]
"""Metric values that no criterion uses, and why."""


def render_page(
    criteria: Sequence[CriterionResult], unused: Unused, *, file: str | None, next_command: str, verbose: bool
) -> Page:
    """Criteria that are due, then unknown ones, then the others; the last line is *next_command*."""
    lines: list[Line] = []
    for due in (CriterionStatus.DUE, CriterionStatus.UNKNOWN, CriterionStatus.NOT_DUE):
        for criterion in criteria:
            if criterion.status is due:
                lines += criterion_lines(criterion, verbose=verbose)
    if unused:
        lines += [line(), line(f"not used from {file}", hang=2)]
        lines += [line(f"  line {criterion.line}: {why}", hang=4) for criterion, why in unused]
    counts = ", ".join(
        f"{sum(criterion.status is due for criterion in criteria)} {due}" for due in CriterionStatus
    )
    return page([*lines, line(), line(f"criteria: {counts}"), line(span(next_command, "code"))])


def criterion_lines(criterion: CriterionResult, *, verbose: bool, width: int = 8) -> Iterator[Line]:
    """One criterion, and the days without a measurement."""
    mark = span(f"{criterion.status:<{width}}", _ROLES[criterion.status])
    yield line(
        mark,
        " ",
        span(criterion.agent, "strong"),
        f" ({criterion.environment}): {criterion.condition}",
        hang=width + 3,
    )
    listed = criterion.gaps if verbose else criterion.gaps[:_FEW]
    days = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in listed)
    suffix = (
        f" and {len(criterion.gaps) - len(listed)} more (-v)" if len(listed) < len(criterion.gaps) else ""
    )
    gaps_text = f": {days}{suffix}" if criterion.gaps and criterion.status is CriterionStatus.UNKNOWN else ""
    yield line(" " * (width + 1), f"{criterion.detail}{gaps_text}", hang=width + 3)


def render_data(
    criteria: Sequence[CriterionResult], unused: Unused, *, file: str | None, now: datetime, next_command: str
) -> dict[str, Any]:
    """The whole answer; within this format fields are only added."""
    return {
        "format": "fleetward.retire-check/1",
        "at": format_instant(now),
        "metrics": file,
        "due": sorted({item.agent for item in criteria if item.status is CriterionStatus.DUE}),
        "criteria": [encode_criterion(item) for item in criteria],
        "unused": [
            {"line": item.line, "agent": item.agent, "metric": item.metric, "why": why}
            for item, why in unused
        ],
        "next": next_command,
    }
