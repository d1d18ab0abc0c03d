"""Several agents as one unit: all or none, and with --partial those that stand on their own."""

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


def agent(name: str, more: str = "") -> dict[str, str]:
    files = {path: text for path, text in FLEET.items() if path.startswith(DESK)}
    return {
        path.replace("desk-bot", name): text.replace("desk-bot", name)
        + (more if path.endswith("agent.yaml") else "")
        for path, text in files.items()
    }


def three(folder: Path, front: str) -> Repository:
    """Three new agents in staging, one of which calls another."""
    rest = {path: text for path, text in FLEET.items() if not path.startswith(DESK)}
    files = {**rest, **agent(FRONT, front), **agent(BACK), **agent(ALONE)}
    return repositories.repository(folder, files)


def verdicts(data: Any) -> dict[str, str]:
    return {one["agent"]: one["verdict"] for one in data["promotions"]}


def in_production(made: Repository) -> set[str]:
    folder = made.root / "environments" / "production"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def ledger(made: Repository) -> list[Any]:
    file = made.root / "ledger" / "production.jsonl"
    return [json.loads(text) for text in file.read_text().splitlines()] if file.exists() else []


def test_without_partial_it_is_all_or_none(tmp_path: Path) -> None:
    made = three(tmp_path, NEEDS)
    made.approve(FRONT, "carla")
    made.approve(ALONE, "carla")
    before = made.state

    ran = made.fleet(*APPLY)

    assert ran.code == 1
    assert verdicts(ran.data) == {FRONT: "allowed", BACK: "pending", ALONE: "allowed"}
    assert (ran.data["applied"], ran.data["held"]) == (False, [])
    told = made.fleet(*APPLY[:-1]).out.splitlines()[-2]
    assert told == f"nothing was written: all of a call go, or none; --partial would promote {ALONE}"
    assert made.state == before


def test_partial_holds_what_needs_a_held_one_and_promotes_the_rest(tmp_path: Path) -> None:
    made = three(tmp_path, NEEDS)
    made.approve(FRONT, "carla")
    made.approve(ALONE, "carla")

    ran = made.fleet(*APPLY, "--partial")

    why = {one["agent"]: one["why"] for one in ran.data["held"]}
    assert ran.code == 1
    assert verdicts(ran.data) == {FRONT: "pending", BACK: "pending", ALONE: "allowed"}
    assert set(why) == {FRONT, BACK}
    assert "back-bot is held" in why[FRONT]
    assert "approvals 1 of owner" in why[BACK]
    assert in_production(made) == {ALONE}
    assert [[one["agent"] for one in entry["agents"]] for entry in ledger(made)] == [[ALONE]]
    assert made.git("status", "--porcelain") == ""


def test_the_rest_follows_when_what_was_missing_is_there(tmp_path: Path) -> None:
    made = three(tmp_path, NEEDS)
    made.approve(FRONT, "carla")
    made.approve(ALONE, "carla")
    made.fleet(*APPLY, "--partial")
    made.approve(BACK, "carla")

    ran = made.fleet(*APPLY, "--partial")

    assert ran.code == 0, ran.out
    assert verdicts(ran.data) == {FRONT: "allowed", BACK: "allowed", ALONE: "unchanged"}
    assert ran.data["held"] == []
    assert in_production(made) == {FRONT, BACK, ALONE}
    assert sorted(one["agent"] for one in ledger(made)[1]["agents"]) == [BACK, FRONT]


def test_an_optional_dependency_holds_nobody(tmp_path: Path) -> None:
    made = three(tmp_path, COULD_DO_WITHOUT)
    made.approve(FRONT, "carla")

    ran = made.fleet(*APPLY, "--partial")

    assert ran.code == 1
    assert verdicts(ran.data) == {FRONT: "allowed", BACK: "pending", ALONE: "pending"}
    assert in_production(made) == {FRONT}


def test_nothing_is_written_where_nobody_stands_on_their_own(tmp_path: Path) -> None:
    made = three(tmp_path, NEEDS)
    made.approve(FRONT, "carla")
    before = made.state

    ran = made.fleet(*APPLY, "--partial")

    assert ran.code == 1
    assert (ran.data["applied"], ran.data["written"]) == (False, None)
    assert made.state == before


@pytest.mark.parametrize("flags", [(), ("--partial",)])
def test_the_command_that_the_text_ends_with_keeps_its_promise(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    made = three(tmp_path, NEEDS)
    made.approve(ALONE, "carla")

    last = made.fleet("promote", FRONT, ALONE, "--to", "production", *flags).out.splitlines()[-1]

    if flags:
        made.fleet(*last.split()[1:])
        assert last == f"fleet promote {FRONT} {ALONE} --to production --partial --apply"
        assert in_production(made) == {ALONE}
    else:
        assert last.startswith(("fleet approve ", "fleet validate"))
