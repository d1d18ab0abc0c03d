"""A governance file while it is parsed: the places of its paths, and the findings so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from fleetward.domain.clock import parse_date, parse_duration, parse_instant
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.names import nearest_name
from fleetward.domain.path import Step, format_path
from fleetward.domain.period import Period, parse_period


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The file of some data: its path, the digest of its bytes, and the place of each path."""

    file: str
    sha256: str
    locate: Callable[[str], Place]

    def error(self, rule: str, message: str, at: Iterable[Step], hint: str = "") -> Finding:
        """An error at these steps of the document."""
        place = self.locate(format_path(at))
        return Finding(rule=rule, severity=Severity.ERROR, message=message, place=place, hint=hint)


class Notes:
    """The findings of one file, collected while it is parsed."""

    def __init__(self, source: Source, rule: str) -> None:
        self.source = source
        self.rule = rule
        self.collected: list[Finding] = []

    def error(self, message: str, at: Iterable[Step], hint: str = "", *, rule: str | None = None) -> None:
        """Add an error."""
        self.collected.append(self.source.error(rule or self.rule, message, at, hint))

    def warning(self, message: str, at: Iterable[Step], hint: str) -> None:
        """Add a warning: the file is usable, but this is probably a mistake."""
        self.collected.append(self.source.error(self.rule, message, at, hint).with_severity(Severity.WARNING))

    def day(self, data: dict[str, Any], key: str, at: tuple[Step, ...]) -> date | None:
        """The date under *key*, if any; an impossible one is an error."""
        if data.get(key) is None:
            return None
        try:
            return parse_date(data[key])
        except ValueError:
            self.error(
                f"{data[key]!r} is not a day of the calendar", (*at, key), "write a date such as 2026-11-20"
            )
            return None

    def instant(self, data: dict[str, Any], key: str, at: tuple[Step, ...]) -> datetime | None:
        """The instant under *key*, if any; an impossible one is an error."""
        if data.get(key) is None:
            return None
        try:
            return parse_instant(data[key])
        except (ValueError, OverflowError):
            hint = "write an instant such as 2026-11-20T12:00:00Z"
            self.error(f"{data[key]!r} is not an instant of the calendar", (*at, key), hint)
            return None

    def span(self, text: str | None, at: tuple[Step, ...]) -> timedelta | None:
        """A duration, if any; one without a fixed length is an error."""
        if text is None:
            return None
        try:
            return parse_duration(text)
        except ValueError as error:
            self.error(str(error), at, "write days or hours, such as P30D or PT24H")
            return None

    def period(self, text: str | None, at: tuple[Step, ...]) -> Period | None:
        """A duration that may count in months and years, if any."""
        if text is None:
            return None
        try:
            return parse_period(text)
        except ValueError as error:
            self.error(str(error), at, "write days, months or years, such as P30D or P3M")
            return None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, by place."""
        return tuple(sorted(self.collected, key=lambda finding: finding.sort_key))


def as_tuple(value: Any) -> tuple[Any, ...]:
    """A value that may be written alone or as a list, as a tuple."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def spelling_hint(text: str, words: Iterable[str], fallback: str) -> str:
    """A hint with the nearest of *words*; *fallback* where none is near."""
    close = nearest_name(text, words)
    return f"did you mean {close!r}?" if close else fallback
