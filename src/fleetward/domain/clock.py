"""Dates, instants and durations: whole days in UTC, instants exact (SPEC 1.5)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_DURATION = re.compile(
    r"P(?:(?P<years>[0-9]+)Y)?(?:(?P<months>[0-9]+)M)?(?:(?P<weeks>[0-9]+)W)?(?:(?P<days>[0-9]+)D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?(?:(?P<seconds>[0-9]+)S)?)?"
)
CLOCK_TOLERANCE = timedelta(minutes=15)
"""By so much the clocks of people who work together may differ."""
_EXAMPLE = "2026-11-20T12:00:00Z"
# fromisoformat takes more from Python 3.11 on, such as week dates and commas
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_TOOL_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?P<fraction>[.,][0-9]{1,9})?"
    r"\s?(?P<zone>Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"(?P<seconds>[0-9]{10})(?P<fraction>[0-9]{3}|\.[0-9]{1,9})?")
EASTERNMOST, WESTERNMOST = timedelta(hours=14), timedelta(hours=12)
"""How far local time runs ahead of and behind UTC (IANA: Kiritimati, and the line at 180 degrees west)."""
# fromisoformat takes 20261120 and 2026-W47-5, too
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_duration(text: str) -> timedelta:
    """
    An ISO 8601 duration.

    Errors: ValueError when it is not one, is empty, too long, or counts in months or years, whose length
    would have to be guessed.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is not an ISO 8601 duration such as P7D or PT30M")
    parts = {name: int(value) for name, value in match.groupdict().items() if value}
    if parts.get("years") or parts.get("months"):
        raise ValueError(f"{text!r} counts in months or years, whose length is not fixed; write days")
    parts.pop("years", None)
    parts.pop("months", None)
    try:
        return timedelta(**parts)
    # timedelta holds 999,999,999 days
    except OverflowError:
        raise ValueError(f"{text!r} is longer than any calendar") from None


def parse_date(text: str) -> date:
    """
    A date such as ``2026-11-20``.

    Errors: ValueError when it is not a date.
    """
    if not _DAY.fullmatch(text):
        raise ValueError(f"{text!r} is not a date such as 2026-11-20")
    return date.fromisoformat(text)


def parse_instant(text: str) -> datetime:
    """
    An instant with its zone, such as ``2026-11-20T12:00:00Z``.

    Errors: ValueError when it is not an instant, or has no zone.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"{text!r} is not an instant such as {_EXAMPLE}")
    # one zone for all, so that equal instants are written alike
    return datetime.fromisoformat(text).astimezone(UTC)


def instants_meant(text: str) -> tuple[datetime, datetime] | None:
    """
    The earliest and the latest instant that a tool's time can mean; None for what is no time.

    Shape: ISO 8601 with or without a zone, a date alone, or seconds or milliseconds since 1970. They differ by 26
    hours where the zone is missing, and by a day more where the time is.
    """
    epoch, local = _EPOCH.fullmatch(text.strip()), _TOOL_TIME.fullmatch(text.strip())
    if epoch:
        moment = datetime.fromtimestamp(int(epoch["seconds"]), UTC)
        return moment, moment
    if local is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{local['day']}T{local['clock'] or '00:00'}").replace(tzinfo=UTC)
        moment += timedelta(microseconds=int((local["fraction"] or ".0")[1:7].ljust(6, "0")))
        zone = (local["zone"] or "").upper()
        if zone:
            digits = zone[1:].replace(":", "")
            shift = (
                timedelta()
                if zone in ("Z", "UTC")
                else timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            )
            moment += shift if zone[0] == "-" else -shift
            return moment, moment
        return moment - EASTERNMOST, moment + WESTERNMOST + timedelta(days=0 if local["clock"] else 1)
    except (ValueError, OverflowError):
        return None


def suggested_instant(text: str) -> str:
    """*text* completed to an instant where it lacks a time or a zone, else an example."""
    for tail in ("Z", ":00Z", "T00:00:00Z"):
        try:
            parse_instant(text + tail)
        except ValueError:
            continue
        return text + tail
    return _EXAMPLE


def instant_after(moment: datetime, span: timedelta) -> datetime:
    """*moment* plus *span*, or the last instant of the calendar where it lies beyond."""
    try:
        return moment + span
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)


def is_ahead(moment: datetime, now: datetime) -> bool:
    """Whether *moment* is later than *now* by more than clocks differ."""
    return moment > instant_after(now, CLOCK_TOLERANCE)


def format_instant(moment: datetime) -> str:
    """The instant as text, in UTC, to the second: ``2026-11-20T12:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_duration(span: timedelta) -> str:
    """A duration for readers: ``3d 4h``, ``90min``."""
    seconds = max(0, int(span.total_seconds()))
    days, remainder = divmod(seconds, 86_400)
    hours, remainder = divmod(remainder, 3_600)
    minutes, seconds = divmod(remainder, 60)
    units = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    parts = [f"{count}{unit}" for count, unit in units if count]
    return " ".join(parts[:2]) or "0s"
