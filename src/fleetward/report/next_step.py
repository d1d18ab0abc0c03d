"""The last lines of a report: what to do next, and the command for it."""

from __future__ import annotations

from fleetward.domain.next_step import NextStep
from fleetward.report.page import Page, line, span


def lines(step: NextStep) -> Page:
    """The reason, then the command alone on the last line: it works when pasted."""
    return (line(f"next: {step.reason}:"), line(span(step.command, "code")))
