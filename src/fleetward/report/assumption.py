"""What ``--as`` and ``--at`` assume, for people and programs."""

from __future__ import annotations

from typing import Any

from fleetward.domain.assumption import Assumption
from fleetward.domain.clock import format_instant
from fleetward.report.page import Page, line, span


def text(assumption: Assumption) -> str:
    """The assumption in words; empty where nothing is assumed."""
    approved = f"{', '.join(assumption.approvers)} approved" if assumption.approvers else ""
    time = f"it is {format_instant(assumption.at)}" if assumption.at else ""
    return "" if assumption.is_empty else f"supposing that {' and '.join(filter(None, (approved, time)))}"


def lines(assumption: Assumption) -> Page:
    """The line above a report that says so; none where nothing is assumed."""
    return () if assumption.is_empty else (line(span(text(assumption), "warning")),)


def data(assumption: Assumption) -> dict[str, Any] | None:
    """The assumption for programs; None where nothing is assumed."""
    if assumption.is_empty:
        return None
    return {"people": list(assumption.approvers), "at": format_instant(assumption.now)}
