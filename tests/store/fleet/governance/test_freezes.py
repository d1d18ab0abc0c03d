"""Freezes are local times, and become instants."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fleetward.domain.finding import Finding
from fleetward.domain.policy import Policy
from tests.store.fleet.governance.sources import finding_paths, read_policy


def frozen(start: str, end: str, zone: str) -> tuple[Policy | None, tuple[Finding, ...]]:
    return read_policy(freezes=[{"id": "year-end", "from": start, "to": end, "zone": zone}])


def test_a_freeze_is_written_in_local_time() -> None:
    value, findings = frozen("2026-12-20T00:00", "2027-07-03T00:00:30", "Europe/Berlin")

    assert findings == ()
    assert value is not None
    [freeze] = value.freezes
    assert freeze.start == datetime(2026, 12, 19, 23, 0, tzinfo=UTC)
    assert freeze.end == datetime(2027, 7, 2, 22, 0, 30, tzinfo=UTC)


def test_around_a_change_of_clocks_the_freeze_is_the_longer_one() -> None:
    autumn, _ = frozen("2026-10-25T02:30", "2026-10-25T02:30", "Europe/Berlin")
    spring, _ = frozen("2026-03-29T02:30", "2026-03-29T04:00", "Europe/Berlin")

    assert autumn is not None
    assert spring is not None
    assert autumn.freezes[0].start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert autumn.freezes[0].end == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert spring.freezes[0].start == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "zone", "key"),
    [
        ("2026-12-20T00:00", "2026-12-20T00:00", "Europe/Berlin", "to"),
        ("2026-12-20T00:00", "2026-12-19T00:00", "UTC", "to"),
        ("2026-12-20T00:00", "2026-12-21T00:00", "Europe/Berlim", "zone"),
        ("2026-12-20T00:00", "2026-12-21T00:00", "../../etc/passwd", "zone"),
        ("2026-12-20T00:00", "2026-12-21T00:00", "Europe", "zone"),
        ("2026-02-30T00:00", "2026-12-21T00:00", "UTC", "from"),
        ("2026-12-20T00:00Z", "2026-12-21T00:00", "UTC", "from"),
    ],
)
def test_a_wrong_freeze_is_found_at_its_path(start: str, end: str, zone: str, key: str) -> None:
    value, findings = frozen(start, end, zone)

    assert finding_paths(findings) == [("policy-unsatisfiable", f"freezes[year-end].{key}")]
    assert value is None


def test_a_local_time_at_the_edge_of_the_calendar_is_no_crash() -> None:
    value, findings = frozen("2026-01-01T00:00", "9999-12-31T23:59", "America/New_York")

    assert value is None
    assert finding_paths(findings) == [("policy-unsatisfiable", "freezes[year-end].to")]
