"""Lengths of time that may count in months and years, by the calendar."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from fleetward.domain.clock import parse_duration
from fleetward.domain.fast_dataclass import dataclass

_DAY = timedelta(days=1)
_MONTH = timedelta(days=30.44)
"""As long as a month is on the whole."""
_FEBRUARY = date(2023, 2, 1)
"""Where months are at their shortest."""
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
    def shortest(self) -> timedelta:
        """As long as it is at least, wherever it begins."""
        years, months = divmod(self.months, 12)
        rest = Period(text="", months=months).after(_FEBRUARY) - _FEBRUARY
        return timedelta(days=365 * years) + rest + self.span

    @property
    def longest(self) -> timedelta:
        """As long as it is at most."""
        years, months = divmod(self.months, 12)
        return timedelta(days=366 * years + 31 * months) + self.span

    @property
    def usual(self) -> timedelta:
        """As long as it is on the whole."""
        return self.months * _MONTH + self.span

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
