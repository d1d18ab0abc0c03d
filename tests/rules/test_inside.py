"""Which texts may name a file of an agent."""

from __future__ import annotations

import pytest

from fleetward.rules.prompts import is_inside


@pytest.mark.parametrize(
    "name",
    [
        "system.md",
        "prompts/system.md",
        "a/b/c.md",
        "...",
        "..a",
        ".hidden",
        ".gitignore",
        "a b",
        "\u00e9t\u00e9",
        "ab:c",
    ],
)
def test_this_stays_inside(name) -> None:
    assert is_inside(name) is True


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "./a", "a/.", "../a", "a/..", "a/../b", "a//b", "/a", "a/", "/"),
        *(".git", ".GIT/config", "a/.Git", "a\\b", "..\\a", "a\0", "C:", "c:a", "a/c:b"),
    ],
)
def test_this_does_not(name) -> None:
    assert is_inside(name) is False
