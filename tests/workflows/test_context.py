"""The clock of a run: real, of ``--now``, or of a test."""

from __future__ import annotations

import pytest

from fleetward.domain.clock import format_instant
from fleetward.domain.errors import UsageError
from fleetward.workflows.context import TEST_CLOCK, run_context


@pytest.fixture(autouse=True)
def outside_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pipeline."""
    monkeypatch.delenv("CI", raising=False)


def test_the_test_clock_moves_the_clock_and_now_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TEST_CLOCK, "2026-11-20T12:00:00Z")

    moved = run_context(folder=None, now=None)
    given = run_context(folder=None, now="2027-01-01T00:00:00Z")

    assert (format_instant(moved.now), moved.test_clock, moved.now_given) == (
        "2026-11-20T12:00:00Z",
        True,
        False,
    )
    assert (format_instant(given.now), given.test_clock, given.now_given) == (
        "2027-01-01T00:00:00Z",
        True,
        True,
    )


@pytest.mark.parametrize(
    ("clock", "ci", "message"),
    [("soon", "", "is not an instant"), ("2026-11-20T12:00:00Z", "true", "CI is set"), ("", "", "instant")],
)
def test_a_test_clock_that_is_none_or_that_runs_in_ci_is_refused(
    monkeypatch: pytest.MonkeyPatch, clock: str, ci: str, message: str
) -> None:
    monkeypatch.setenv(TEST_CLOCK, clock)
    monkeypatch.setenv("CI", ci)

    with pytest.raises(UsageError, match=message):
        run_context(folder=None, now=None)
