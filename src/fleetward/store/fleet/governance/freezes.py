"""Freezes: periods without promotions, written in the local time of a zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from fleetward.domain.path import Step
from fleetward.domain.policy import Freeze
from fleetward.store.fleet.governance.source import Notes, spelling_hint

_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")


def parse_freeze(data: Mapping[str, Any], at: tuple[Step, ...], notes: Notes) -> Freeze | None:
    """
    One freeze as instants.

    Where a clock change repeats or skips a local time, the longer freeze is taken.
    """
    zone = _zone(data.get("zone") or "UTC", (*at, "zone"), notes)
    first, last = (_instants(data[key], zone, (*at, key), notes) for key in ("from", "to"))
    if not first or not last:
        return None
    start, end = min(first), max(last)
    if end <= start:
        notes.error(f"ends {data['to']}, not after its start {data['from']}", (*at, "to"), "swap the two")
        return None
    return Freeze(id=data["id"], start=start, end=end)


def _zone(name: str, at: tuple[Step, ...], notes: Notes) -> tzinfo | None:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # the names are a folder of files: read only for a wrong one
        from zoneinfo import available_timezones

        hint = spelling_hint(name, available_timezones(), "write a zone such as Europe/Berlin, or UTC")
        notes.error(f"no time zone {name!r}", at, hint)
        return None


def _instants(text: str, zone: tzinfo | None, at: tuple[Step, ...], notes: Notes) -> tuple[datetime, ...]:
    """The instants of a local time: two while the clocks are changed, else one twice."""
    try:
        if not _LOCAL.fullmatch(text):
            raise ValueError(text)
        local = datetime.fromisoformat(text)
    except ValueError:
        notes.error(f"{text!r} is not a local time", at, 'write it as "2026-12-20T00:00"')
        return ()
    if zone is None:
        return ()
    try:
        return tuple(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        notes.error(f"{text!r} is beyond the calendar", at, 'write it as "2026-12-20T00:00"')
        return ()
