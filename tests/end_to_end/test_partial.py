"""A batch is promoted as a whole; with --partial its allowed agents are promoted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end import repositories
from tests.end_to_end.repositories import DESK, FLEET, Repository

FRONT, BACK, ALONE = "front-bot", "back-bot", "alone-bot"
APPLY = ("promote", FRONT, BACK, ALONE, "--to", "production", "--apply", "--json")
NEEDS = "  dependsOn: [{agent: back-bot}]\n"
COULD_DO_WITHOUT = "  dependsOn: [{agent: back-bot, optional: true}]\n"


def agent(name: str, spec: str = "") -> dict[str, str]:
    files = {path: text for path, text in FLEET.items() if path.startswith(DESK)}
    return {
        path.replace("desk-bot", name): text.replace("desk-bot", name)
        + (spec if path.endswith("agent.yaml") else "")
        for path, text in files.items()
    }


def three(folder: Path, front: str) -> Repository:
    """Three new agents in staging, one of which calls another."""
    governance = {path: text for path, text in FLEET.items() if not path.startswith(DESK)}
    files = {**governance, **agent(FRONT, front), **agent(BACK), **agent(ALONE)}
    return repositories.repository(folder, files)


def verdicts(data: Any) -> dict[str, str]:
    return {promotion["agent"]: promotion["verdict"] for promotion in data["promotions"]}


def in_production(repo: Repository) -> set[str]:
    folder = repo.root / "environments" / "production"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def ledger(repo: Repository) -> list[Any]:
    file = repo.root / "ledger" / "production.jsonl"
    return [json.loads(text) for text in file.read_text().splitlines()] if file.exists() else []


def test_without_partial_it_is_all_or_none(tmp_path: Path) -> None:
    repo = three(tmp_path, NEEDS)
    repo.approve(FRONT, "carla")
    repo.approve(ALONE, "carla")
    before = repo.state

    ran = repo.fleet(*APPLY)

    assert ran.code == 1
    assert verdicts(ran.data) == {FRONT: "allowed", BACK: "pending", ALONE: "allowed"}
    assert (ran.data["applied"], ran.data["held"]) == (False, [])
    line = repo.fleet(*APPLY[:-1]).out.splitlines()[-3]
    assert line == f"nothing was written: a batch is promoted as a whole; --partial would promote {ALONE}"
    assert repo.state == before


def test_partial_leaves_agents_that_depend_on_one_that_is_not_allowed(tmp_path: Path) -> None:
    repo = three(tmp_path, NEEDS)
    repo.approve(FRONT, "carla")
    repo.approve(ALONE, "carla")

    ran = repo.fleet(*APPLY, "--partial")

    why = {item["agent"]: item["why"] for item in ran.data["held"]}
    assert ran.code == 1
    assert verdicts(ran.data) == {FRONT: "pending", BACK: "pending", ALONE: "allowed"}
    assert set(why) == {FRONT, BACK}
    assert "back-bot is not allowed yet" in why[FRONT]
    assert "approvals 1 of owner" in why[BACK]
    assert in_production(repo) == {ALONE}
    assert [[item["agent"] for item in entry["agents"]] for entry in ledger(repo)] == [[ALONE]]
    assert repo.git("status", "--porcelain") == ""


def test_the_left_agents_are_promoted_once_they_are_approved(tmp_path: Path) -> None:
    repo = three(tmp_path, NEEDS)
    repo.approve(FRONT, "carla")
    repo.approve(ALONE, "carla")
    repo.fleet(*APPLY, "--partial")
    repo.approve(BACK, "carla")

    ran = repo.fleet(*APPLY, "--partial")

    assert ran.code == 0, ran.out
    assert verdicts(ran.data) == {FRONT: "allowed", BACK: "allowed", ALONE: "unchanged"}
    assert ran.data["held"] == []
    assert in_production(repo) == {FRONT, BACK, ALONE}
    assert sorted(agent["agent"] for agent in ledger(repo)[1]["agents"]) == [BACK, FRONT]


def test_an_optional_dependency_does_not_block(tmp_path: Path) -> None:
    repo = three(tmp_path, COULD_DO_WITHOUT)
    repo.approve(FRONT, "carla")

    ran = repo.fleet(*APPLY, "--partial")

    assert ran.code == 1
    assert verdicts(ran.data) == {FRONT: "allowed", BACK: "pending", ALONE: "pending"}
    assert in_production(repo) == {FRONT}


def test_partial_writes_nothing_if_no_agent_is_allowed(tmp_path: Path) -> None:
    repo = three(tmp_path, NEEDS)
    repo.approve(FRONT, "carla")
    before = repo.state

    ran = repo.fleet(*APPLY, "--partial")

    assert ran.code == 1
    assert (ran.data["applied"], ran.data["written"]) == (False, None)
    assert repo.state == before


@pytest.mark.parametrize("flags", [(), ("--partial",)])
def test_the_last_command_promotes_the_allowed_agents(tmp_path: Path, flags: tuple[str, ...]) -> None:
    repo = three(tmp_path, NEEDS)
    repo.approve(ALONE, "carla")

    last = repo.fleet("promote", FRONT, ALONE, "--to", "production", *flags).out.splitlines()[-1]

    if flags:
        repo.fleet(*last.split()[1:])
        assert last == f"fleet promote {FRONT} {ALONE} --to production --partial --apply"
        assert in_production(repo) == {ALONE}
    else:
        assert last.startswith(("fleet approve ", "fleet validate"))
