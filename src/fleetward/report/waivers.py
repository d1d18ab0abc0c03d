"""Waivers and their state, for people and for programs (``fleetward.list/1``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Waiver, WaiverStatus
from fleetward.report.counts import count_text
from fleetward.report.page import Page, Role, line, page, span

FIELDS = ("rule", "agent", "environment", "reason", "approvedBy", "expires", "state", "file", "line")
_ROLES: dict[WaiverStatus, Role] = {
    WaiverStatus.ACTIVE: "good",
    WaiverStatus.EXPIRES_SOON: "warning",
    WaiverStatus.EXPIRED: "error",
    WaiverStatus.UNUSED: "warning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRow:
    """A waiver, and its state today."""

    waiver: Waiver
    state: WaiverStatus


def render_page(waivers: Sequence[WaiverRow], next_command: str) -> Page:
    """Three lines a waiver, the first to expire first; a command last."""
    lines = []
    for item in waivers:
        waiver = item.waiver
        where = waiver.environment or "every environment"
        lines += [
            line(
                span(waiver.rule, "strong"),
                f"  {waiver.agent}  {where}  ",
                span(item.state.value, _ROLES[item.state]),
                f"  until {waiver.expires}",
            ),
            line("  why: ", waiver.reason, hang=7),
            line(f"  by:  {waiver.approved_by}  ", span(f"{waiver.place.file}:{waiver.place.line}", "place")),
            line(),
        ]
    return page([*lines, line(count_text(len(waivers), "waiver")), line(span(next_command, "dim"))])


def waiver_rows(waivers: Sequence[WaiverRow]) -> list[dict[str, Any]]:
    """One row a waiver; the keys are :data:`FIELDS`, in their order."""
    return [_encode_waiver(item.waiver, item.state) for item in waivers]


def _encode_waiver(waiver: Waiver, state: WaiverStatus) -> dict[str, Any]:
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
