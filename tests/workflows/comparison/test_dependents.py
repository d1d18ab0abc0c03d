"""Only manifests that could name a retired agent are parsed."""

from __future__ import annotations

import pytest

from fleetward.workflows.comparison.dependents import may_name


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"dependsOn: [{agent: desk}]", True),
        (b"dependsOn: [{agent: desk-2}]", False),
        (b"dependsOn: [{agent: help-desk}]", False),
        (b"dependsOn: []", False),
        (rb'dependsOn: [{agent: "d\x65sk"}]', True),
        (rb'dependsOn: [{agent: "desk-\x32"}]', True),
    ],
)
def test_a_name_is_a_whole_word_or_may_be_escaped(content: bytes, expected: bool) -> None:
    assert may_name(content, "desk") is expected
