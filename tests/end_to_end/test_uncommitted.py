"""Decisions ignore uncommitted files, and name them."""

from __future__ import annotations

import pytest

from tests.end_to_end.repositories import DESK, Repository

TOLD = "uncommitted, ignored"
VERBS = (
    ("promote", "desk-bot", "--to", "production"),
    ("why", "desk-bot"),
    ("approve", "desk-bot", "--to", "production"),
)


@pytest.mark.parametrize("verb", VERBS)
def test_an_uncommitted_edit_of_the_agent_is_named(running: Repository, verb: tuple[str, ...]) -> None:
    (running.root / DESK / "prompts/system.md").write_text("Quite another text.\n")

    ran = running.fleet(*verb, identity="carla")

    assert f"{TOLD}: {DESK}/prompts/system.md" in ran.err
    assert TOLD not in ran.out


@pytest.mark.parametrize("verb", VERBS)
def test_files_of_other_agents_are_not_named(running: Repository, verb: tuple[str, ...]) -> None:
    running.write({"environments/staging/other-bot/notes.md": "a draft\n", "notes.md": "mine\n"})

    assert running.fleet(*verb, identity="carla").err == ""
