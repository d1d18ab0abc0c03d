"""The last line of a verdict is the command for the next step."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.end_to_end.repositories import DESK, FLEET, POLICY, Repository, allowed, running

PROMOTE = ("promote", "desk-bot", "--to", "production")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """desk-bot waits for time alone; its owners may say no."""
    policy = POLICY.replace("from: owner}", "from: owner}, {soak: P3D}") + "veto: {from: [desk]}\n"
    monkeypatch.setitem(FLEET, "governance/policy.yaml", policy)
    return allowed(tmp_path)


def last(repo: Repository, *verb: str) -> str:
    return repo.fleet(*verb).out.splitlines()[-1]


@pytest.mark.parametrize("verb", [PROMOTE, ("why", "desk-bot")])
def test_if_only_time_is_missing_the_next_step_is_the_verdict_at_that_time(
    repo: Repository, verb: tuple[str, ...]
) -> None:
    command = last(repo, *verb)

    assert command == "fleet promote desk-bot --to production --at 2026-11-21T09:00:00Z"
    assert repo.fleet(*shlex.split(command)[1:]).code == 0


@pytest.mark.parametrize("verb", [PROMOTE, ("why", "desk-bot")])
def test_after_a_veto_the_next_step_lists_the_statements(repo: Repository, verb: tuple[str, ...]) -> None:
    repo.approve("desk-bot", "dina", "--reject", "--note", "not like this")

    command = last(repo, *verb)

    assert command == "fleet approvals desk-bot --to production"
    assert "not like this" in repo.fleet(*shlex.split(command)[1:]).out


def test_a_suspension_shows_the_release_that_waits(tmp_path: Path) -> None:
    repo = running(tmp_path)
    repo.commit("stop", files={"proposals/production/desk-bot/overrides.yaml": "spec: {suspended: true}\n"})

    lines = repo.fleet(*PROMOTE).out.splitlines()

    assert "only spec.suspended moves: the change of desk-bot in staging will wait" in lines
    assert lines[2].startswith("PENDING desk-bot (override, ")


def test_a_missing_evaluation_of_the_running_release_names_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = POLICY.replace("from: owner}", "from: owner}, {evals: passed}")
    monkeypatch.setitem(FLEET, "governance/policy.yaml", policy)
    repo = running(tmp_path)
    newer = repo.fleet(*PROMOTE)
    repo.commit("stop", files={"proposals/production/desk-bot/overrides.yaml": "spec: {suspended: true}\n"})

    brake = repo.fleet(*PROMOTE)
    promotion = repo.fleet(*PROMOTE, "--json").data["promotions"][0]
    command = brake.out.splitlines()[-1]

    assert "fleet evidence add desk-bot --suite quality FILE" in newer.out
    assert newer.out.splitlines()[-1] == "fleet release desk-bot"
    assert "fleet evidence add desk-bot --suite quality --env production FILE (promptfoo)" in brake.out
    assert command == "fleet release desk-bot --env production"
    assert repo.fleet(*shlex.split(command)[1:]).out.strip() == promotion["release"]


def test_a_draft_is_told_which_file_to_change(tmp_path: Path) -> None:
    repo = running(tmp_path)
    path = f"{DESK}/agent.yaml"
    draft = (repo.root / path).read_text().replace("lifecycle: production", "lifecycle: draft")
    repo.commit("a draft", files={path: draft})

    ran = repo.fleet("promote", "desk-bot", "--to", "production")
    asked = repo.fleet("approve", "--all", "--to", "production", identity="carla")

    assert ran.out.splitlines()[-2:] == [
        f"next: change spec.lifecycle in {path} as this rule says, and commit it:",
        "fleet explain lifecycle-not-ready",
    ]
    assert asked.code == 1
    assert "left out  desk-bot  its errors come first: 1 error: " in asked.out
