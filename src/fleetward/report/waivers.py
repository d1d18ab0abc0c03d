"""Exceptions and how they stand, for people and for machines (``fleetward.list/1``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Standing, Waiver
from fleetward.report.page import Page, Role, line, page, span

FORMAT = "fleetward.list/1"
_ROLES: dict[Standing, Role] = {
    Standing.ACTIVE: "good",
    Standing.EXPIRES_SOON: "warning",
    Standing.EXPIRED: "error",
    Standing.UNUSED: "warning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """An exception, and how it stands today."""

    waiver: Waiver
    state: Standing


def page_of(granted: Sequence[Granted], next_command: str) -> Page:
    """One exception in three lines, the first to end first; a command last."""
    lines = []
    for one in granted:
        waiver = one.waiver
        where = waiver.environment or "every environment"
        lines += [
            line(
                span(waiver.rule, "strong"),
                f"  {waiver.agent}  {where}  ",
                span(one.state.value, _ROLES[one.state]),
                f"  until {waiver.expires}",
            ),
            line("  why: ", waiver.reason, hang=7),
            line(f"  by:  {waiver.approved_by}  ", span(f"{waiver.place.file}:{waiver.place.line}", "place")),
            line(),
        ]
    count = f"{len(granted)} waiver{'' if len(granted) == 1 else 's'}"
    return page([*lines, line(count), line(span(next_command, "dim"))])


def data(granted: Sequence[Granted]) -> dict[str, Any]:
    """The exceptions as data."""
    return {"format": FORMAT, "waivers": [_entry(one.waiver, one.state) for one in granted]}


def _entry(waiver: Waiver, state: Standing) -> dict[str, Any]:
    return {
        "rule": waiver.rule,
        "agent": waiver.agent,
        "environment": waiver.environment,
        "reason": waiver.reason,
        "approvedBy": waiver.approved_by,
        "expires": waiver.expires.isoformat(),
        "state": state.value,
        "file": waiver.place.file,
        "line": waiver.place.line,
    }
