"""Concurrent and repeated runs: nothing is lost, and nothing is written twice."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.end_to_end import repositories
from tests.end_to_end.repositories import APPLY, DESK, FLEET, NOW, Repository, command
from tests.forked import at_clock

NAMES = [f"bot-{number}" for number in range(8)]


def eight(folder: Path) -> Repository:
    """Eight new agents in staging, each approved by carla."""
    desk = {path: text for path, text in FLEET.items() if path.startswith(DESK)}
    files = {path: text for path, text in FLEET.items() if not path.startswith(DESK)}
    for name in NAMES:
        files |= {
            path.replace("desk-bot", name): text.replace("desk-bot", name) for path, text in desk.items()
        }
    repo = repositories.repository(folder, files)
    for name in NAMES:
        assert repo.fleet("approve", name, "--to", "production", identity="carla").code == 0
    repo.commit("decisions of carla", identity="carla", at=NOW)
    return repo


def ledger_agents(repo: Repository) -> list[str]:
    """The agents of every ledger line at HEAD, in order."""
    lines = repo.git("show", "HEAD:ledger/production.jsonl").splitlines()
    return [agent["agent"] for line in lines for agent in json.loads(line)["agents"]]


def at_once(places: list[Path], repo: Repository) -> list[int]:
    """Every agent promoted by a process of its own, all started together; the exit codes."""
    processes = [
        subprocess.Popen(
            command("promote", name, "--to", "production", "--apply"),
            cwd=place,
            env=at_clock(repo.environment("dina"), NOW),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for name, place in zip(NAMES, places, strict=True)
    ]
    errors = [process.communicate(timeout=180)[1].decode() for process in processes]
    assert all("Traceback" not in text for text in errors), errors
    return [process.returncode for process in processes]


def test_eight_processes_lose_nothing(tmp_path: Path) -> None:
    repo = eight(tmp_path)

    codes = at_once([repo.root] * 8, repo)

    assert set(codes) <= {0, 4}
    for name, code in zip(NAMES, codes, strict=True):
        assert code == 0 or repo.fleet("promote", name, "--to", "production", "--apply").code == 0
    assert sorted(ledger_agents(repo)) == NAMES
    assert repo.git("status", "--porcelain", "-uall") == ""
    assert repo.fleet("log").code == 0


def test_a_second_apply_has_nothing_to_promote(allowed: Repository) -> None:
    first = allowed.fleet(*APPLY)
    before = allowed.state

    second = allowed.fleet(*APPLY)

    assert (first.code, second.code) == (0, 0)
    assert "UNCHANGED" in second.out
    assert allowed.state == before


def test_on_a_detached_head_nothing_is_written(allowed: Repository) -> None:
    allowed.git("checkout", "-q", "--detach")
    before = allowed.state

    ran = allowed.fleet(*APPLY)

    assert ran.code == 2
    assert "git switch" in ran.err
    assert allowed.state == before


def test_a_linked_work_tree_moves_its_own_branch_alone(allowed: Repository, tmp_path: Path) -> None:
    linked, was = tmp_path / "linked", allowed.head
    allowed.git("worktree", "add", "-q", "-b", "release", str(linked))

    ran = allowed.fleet(*APPLY, cwd=linked)

    assert ran.code == 0, ran.err
    assert allowed.git("rev-parse", "main", "release^").split() == [was, was]
    assert allowed.git("-C", str(linked), "status", "--porcelain") == ""
    assert allowed.git("status", "--porcelain") == ""


def test_a_fleet_in_a_subfolder_touches_nothing_beside_it(tmp_path: Path) -> None:
    repo = repositories.allowed(tmp_path, inside="agents")
    (repo.top / "README").write_text("not ours, not committed\n")

    ran = repo.fleet(*APPLY)

    assert ran.code == 0, ran.err
    assert all(path.startswith("agents/") for path in repo.git("diff", "--name-only", "HEAD^").splitlines())
    assert repo.git("status", "--porcelain") == "?? README"
