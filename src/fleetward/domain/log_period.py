"""The time that ``fleet log`` lists: from a date or an instant to another, both included."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from fleetward.domain.clock import parse_date, parse_instant, suggested_instant
from fleetward.domain.errors import UsageError
from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPeriod:
    """Without an end it is open there."""

    since: datetime | None = None
    until: datetime | None = None
    """The last instant that belongs to it."""

    def holds(self, moment: datetime) -> bool:
        """Whether *moment* belongs to it."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment <= self.until)


def log_period(since: str | None, until: str | None) -> LogPeriod:
    """
    The time between two texts; a date is the whole day in UTC.

    Errors: UsageError for a text that is neither a date nor an instant with its zone, or for an end before the start.
    """
    start, end = _moment("since", since, last=False), _moment("until", until, last=True)
    if start is not None and end is not None and end < start:
        raise UsageError(f"--since {since} is after --until {until}", hint="exchange them")
    return LogPeriod(since=start, until=end)


def _moment(option: str, text: str | None, *, last: bool) -> datetime | None:
    if text is None:
        return None
    try:
        day = datetime.combine(parse_date(text), time(tzinfo=UTC))
    except ValueError:
        try:
            return parse_instant(text)
        except ValueError:
            message = f"--{option}: {text!r} is no date such as 2026-11-20 and no instant with its zone"
            raise UsageError(message, hint=f"--{option} {suggested_instant(text)}") from None
    return day + timedelta(days=1, microseconds=-1) if last else day
