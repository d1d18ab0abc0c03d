"""Lengths of time that may count in months and years, by the calendar."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from fleetward.domain.clock import parse_duration
from fleetward.domain.fast_dataclass import dataclass

_DAY = timedelta(days=1)
_MONTHS = re.compile(r"P(?:([0-9]{1,4})Y)?(?:([0-9]{1,5})M)?(?=[0-9T]|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole months and a span beside them, as the policy wrote it in *text*."""

    text: str
    months: int = 0
    span: timedelta = timedelta()

    def after(self, day: date) -> date:
        """The day on which it ends when it begins on *day*, clamped to the month's end; the last day beyond."""
        try:
            year, month = divmod(day.year * 12 + day.month - 1 + self.months, 12)
            clamped = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
            return clamped + self.span
        except (ValueError, OverflowError):
            return date.max

    def length_from(self, day: date) -> timedelta:
        """How long it is when it begins on *day*."""
        return self.after(day) - day if self.months else self.span

    @property
    def words(self) -> str:
        """``30 days``, or as it was written where months have no fixed length."""
        return self.text if self.months or self.span.days * _DAY != self.span else f"{self.span.days} days"


def parse_period(text: str) -> Period:
    """
    An ISO 8601 duration that may count in months and years: ``P3M``, ``P1Y``, ``P20D``.

    Errors: ValueError when it is not one.
    """
    match = _MONTHS.match(text)
    if match is None or not any(match.groups()):
        return Period(text=text, span=parse_duration(text))
    years, months = (int(part or 0) for part in match.groups())
    remainder = text[match.end() :]
    # a year alone leaves nothing that parse_duration would take
    span = parse_duration(f"P{remainder}") if remainder else timedelta()
    return Period(text=text, months=12 * years + months, span=span)
