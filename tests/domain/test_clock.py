"""Instants: exact, with their zone; what lacks one is met with what it may have meant."""

from __future__ import annotations

import pytest

from fleetward.domain.clock import parse_instant, suggested_instant


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("2026-12-01", "2026-12-01T00:00:00Z"),
        ("2026-12-01T10", "2026-12-01T10:00Z"),
        ("2026-12-01T10:30", "2026-12-01T10:30Z"),
        ("2026-12-01T10:30:15", "2026-12-01T10:30:15Z"),
        ("2026-02-30", "2026-11-20T12:00:00Z"),
        ("tomorrow", "2026-11-20T12:00:00Z"),
    ],
)
def test_an_invalid_instant_is_completed_or_replaced_by_an_example(text: str, suggestion: str) -> None:
    with pytest.raises(ValueError, match="is not an instant"):
        parse_instant(text)

    assert suggested_instant(text) == suggestion
    assert parse_instant(suggestion).tzinfo is not None
