import pytest

from fleetward.changes import freeform


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": [True]}, {"a": [1]}, [(("a", 0), True, 1)]),
        ({"a": [1]}, {"a": [1.0]}, []),
        ({"a": "1"}, {"a": 1}, [(("a",), "1", 1)]),
        ({"a": {"b": 1, "c": 2, "d": 3}}, {"a": {"b": 2, "c": 3, "d": 4}},
         [(("a", "b"), 1, 2), (("a", "c"), 2, 3), (("a", "d"), 3, 4)]),
        ({"a": [1, 1, 2]}, {"a": [1, 2]}, [(("a", 0), 1, None)]),
        ({"a.b": {"[c]": 1}}, {"a.b": {"[c]": 2}}, [(("a.b", "[c]"), 1, 2)]),
        ({"a": 1}, {"a": {"b": 1}}, [(("a",), 1, {"b": 1})]),
        ({"a": None}, {}, []),
        ({}, {"a": None, "b": [None]}, [(("b",), None, [None])]),
        (1, {"a": 1}, [((), 1, {"a": 1})]),
        (True, 1, [((), True, 1)]),
    ],
)  # fmt: skip
def test_a_difference_is_found_at_its_smallest_place_with_its_types(before, after, expected):
    assert list(freeform.leaf_differences(before, after)) == expected


def test_a_huge_block_is_reported_whole():
    before, after = ({str(i): i + shift for i in range(3000)} for shift in (0, 1))

    [(path, first, second)] = freeform.leaf_differences(before, after)

    assert (path, first, second) == ((), before, after)
