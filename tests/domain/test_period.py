"""Lengths in months: by the calendar where they begin, and within bounds where they do not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fleetward.domain.period import parse_period


@pytest.mark.parametrize("months", [1, 2, 3, 6, 7, 11, 12, 13, 24, 37])
def test_the_bounds_hold_wherever_it_begins(months: int) -> None:
    period = parse_period(f"P{months}M2D")

    begun = [date(2022, 1, 1) + timedelta(days=number) for number in range(0, 4 * 365, 5)]
    lengths = [period.after(day) - day for day in begun]

    assert period.shortest <= min(lengths) <= period.usual + timedelta(days=2)
    assert max(lengths) <= period.longest


def test_what_counts_no_months_has_one_length() -> None:
    period = parse_period("P1DT6H")

    assert period.shortest == period.usual == period.longest == timedelta(hours=30)


def test_a_quarter_is_at_least_a_winters() -> None:
    assert [parse_period(text).shortest.days for text in ("P1M", "P3M", "P6M", "P1Y")] == [28, 89, 181, 365]
