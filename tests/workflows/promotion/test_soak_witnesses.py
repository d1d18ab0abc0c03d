"""Stays of a release by a ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fleetward.store.git.soak_time import time_of
from fleetward.workflows.promotion.soak_witnesses import recorded_stays

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def soaked(*moves: tuple[int, bool]) -> tuple[timedelta, datetime | None]:
    """The longest and the present stay, where the entries are some days old and leave the release there or not."""
    time = time_of(recorded_stays((NOON - ago * DAY, is_there) for ago, is_there in moves), NOON)
    return time.longest, time.since


def test_a_stay_begins_with_the_entry_that_brought_the_release() -> None:
    assert soaked() == (timedelta(), None)
    assert soaked((3, True)) == (3 * DAY, NOON - 3 * DAY)
    assert soaked((9, False), (3, True), (2, True)) == (3 * DAY, NOON - 3 * DAY)


def test_the_longest_stay_holds_after_the_release_has_left() -> None:
    assert soaked((9, True), (4, False)) == (5 * DAY, None)
    assert soaked((9, True), (4, False), (1, True)) == (5 * DAY, NOON - DAY)
