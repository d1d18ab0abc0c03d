"""The rules that name changes, as a table: ``fleet diff --rules``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleetward.report.page import Page, line, page, span

FORMAT = "fleetward.diff-rules/1"
Row = tuple[str, str, str, str, str, str]
"""Rule, significance, direction, subject, condition, message."""


def render_page(rows: Sequence[Row]) -> Page:
    """The table for people: one rule a line, two spaces or more between columns."""
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    lines = [
        line(
            span(f"{rule:<{widths[0]}}", "strong"),
            f"  {significance:<{widths[1]}}  {way:<{widths[2]}}  {of}  ({when})",
            hang=4,
        )
        for rule, significance, way, of, when, _ in rows
    ]
    return page([*lines, line(), line(span("fleet diff --rules -o json", "code"))])


def render_data(rows: Sequence[Row]) -> dict[str, Any]:
    """The table for programs."""
    keys = ("rule", "significance", "direction", "of", "when", "says")
    return {"format": FORMAT, "rules": [dict(zip(keys, row, strict=True)) for row in rows]}
