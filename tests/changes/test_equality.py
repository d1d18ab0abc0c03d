"""Values that are easily taken for equal, or for different."""

import pytest

from fleetward.changes.walker import deltas
from tests.changes.situations import SCHEMA

A, B = {"name": "a"}, {"name": "b"}


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ({"x-l": ["a"]}, {"x-l": ["a", "a"]}, 1),
        ({"x-l": [True]}, {"x-l": [1]}, 1),
        ({"x-l": [1]}, {"x-l": [1.0]}, 0),
        ({"x-l": 0}, {"x-l": False}, 1),
        ({"x-l": "1"}, {"x-l": 1}, 1),
        ({"x-l": ""}, {"x-l": None}, 1),
        ({"model": {"version": "1.10"}}, {"model": {"version": "1.1"}}, 1),
        ({"evals": [{"name": "a", "maxAge": "PT30M"}]}, {"evals": [{"name": "a", "maxAge": "PT1800S"}]}, 0),
        ({"evals": [{"name": "a", "min": 0.9}]}, {"evals": [{"name": "a", "min": 0.90}]}, 0),
        ({"tools": [{"name": "a", "allow": ["x"]}]}, {"tools": [{"name": "a", "allow": ["x", "x"]}]}, 0),
        ({"tools": [{"name": "a"}]}, {"tools": [{"name": "a"}, {"name": "a"}]}, 1),
        ({"model": {"fallbacks": [A, B]}}, {"model": {"fallbacks": [B, A]}}, 1),
    ],
)  # fmt: skip
def test_a_delta_is_reported_for_another_meaning_and_only_for_that(before, after, count):
    assert len(deltas({"spec": before}, {"spec": after}, SCHEMA)) == count
