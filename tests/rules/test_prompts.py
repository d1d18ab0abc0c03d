"""Paths of prompts stay inside the folder of their agent."""

import pytest

from fleetward.rules.prompts import is_inside
from tests.build import agent, fleet, manifest, policy
from tests.rules.usual_fleet import TEAMS, USUAL, findings_of, fleet_of_one


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../a.md",
        "a/../b.md",
        "./a.md",
        "a/./b.md",
        ".git/config",
        "a/.GIT/x",
        "a\\b.md",
        "a//b",
        "a/",
        "",
        "C:/a.md",
    ],
)
def test_a_path_that_leaves_the_folder_is_outside(name: str) -> None:
    assert not is_inside(name)
    spec = {"prompts": [{"name": "system", "file": name}]}
    assert len(findings_of("prompt-outside", fleet_of_one(spec))) == 1
    assert findings_of("prompt-missing", fleet_of_one(spec)) == []


@pytest.mark.parametrize(
    "name", ["system.md", "prompts/system.md", "a/b/c..md", ".hidden/x", "gitignore/.gitkeep"]
)
def test_a_path_that_stays_is_inside(name: str) -> None:
    assert is_inside(name)


@pytest.mark.parametrize("text", ["\ufeff \n\t\n", "\u00a0\u3000\n"])
def test_a_prompt_of_white_space_and_a_byte_order_mark_is_empty(text: str) -> None:
    spec = {**USUAL, "prompts": [{"name": "system", "file": "system.md"}]}
    subject = agent(manifest("desk-bot", spec), {"system.md": text})

    assert len(findings_of("prompt-empty", fleet(subject, people=TEAMS, policy=policy()))) == 1


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
def test_a_relative_path_without_dots_is_inside(name: str) -> None:
    assert is_inside(name) is True


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "./a", "a/.", "../a", "a/..", "a/../b", "a//b", "/a", "a/", "/"),
        *(".git", ".GIT/config", "a/.Git", "a\\b", "..\\a", "a\0", "C:", "c:a", "a/c:b"),
    ],
)
def test_an_absolute_path_dots_or_a_git_folder_are_not_inside(name: str) -> None:
    assert is_inside(name) is False
