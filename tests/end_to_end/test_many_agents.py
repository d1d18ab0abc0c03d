"""One change in several agents: one command approves them, one call promotes them, and one table says how."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end.repositories import DESK, FLEET, Repository, repository
from tests.schemas.reading import schema

NAMES = [f"bot-{number}" for number in range(4)]
TO = ("--to", "production")


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Four agents that run, changed alike in staging: three by alice, the last by carla."""
    desk = {path: text for path, text in FLEET.items() if path.startswith(DESK)}
    files = {path: text for path, text in FLEET.items() if not path.startswith(DESK)}
    for name in NAMES:
        for environment in ("staging", "production"):
            files |= {
                path.replace("desk-bot", name).replace("staging", environment): text.replace("desk-bot", name)
                for path, text in desk.items()
            }
    repo = repository(tmp_path_factory.mktemp("many"), files)
    assert repo.fleet("adopt", *TO, "--apply", now="2026-11-17T09:00:00Z").code == 0
    for names, author in ((NAMES[:3], "alice"), (NAMES[3:], "carla")):
        manifests = {name: f"environments/staging/{name}/agent.yaml" for name in names}
        changed = {
            path: (repo.root / path).read_text().replace("haltAt: 60", "haltAt: 50")
            for path in manifests.values()
        }
        repo.commit("halt earlier", identity=author, at="2026-11-18T09:00:00+00:00", files=changed)
    return repo


def test_all_that_wait_for_one_approver_are_approved_in_one_commit(repo: Repository) -> None:
    before = repo.head
    waiting = repo.fleet("promote", *NAMES, *TO, identity="carla").out.splitlines()
    assert waiting[2].split() == ["verdict", "agent", "kind", "tier", "from", "to", "missing"]
    assert waiting[-1] == "fleet approve --all --to production"

    ran = repo.fleet("approve", "--all", *TO, "--commit", identity="carla")
    again = repo.fleet("approve", "--all", *TO, "--commit", "--json", identity="carla")
    named = repo.fleet("approve", "bot-0", "bot-3", *TO, "--commit", "--json", identity="dina")

    assert ran.code == 0, ran.err
    assert "the same in 3 agents" in ran.out
    assert ran.out.count("approved  bot-") == 3
    assert "left out  bot-3  author of the change" in ran.out
    assert repo.git("rev-parse", "HEAD~2") == before
    assert repo.git("log", "-2", "--format=%s").splitlines() == [
        "approve 2 agents for production",
        "approve 3 agents for production",
    ]
    assert repo.state[1] == ""
    # nothing waits for carla any more
    assert (again.code, again.data["decisions"], again.data["committed"]) == (1, [], None)
    assert [item["agent"] for item in again.data["leftOut"]] == NAMES
    assert [item["agent"] for item in named.data["decisions"]] == ["bot-0", "bot-3"]
    for answer in (again, named):
        assert list(Draft202012Validator(schema("output/approve-output")).iter_errors(answer.data)) == []

    promoted = repo.fleet("promote", *NAMES, *TO, "--apply")

    assert promoted.code == 0, promoted.err
    assert len([text for text in promoted.out.splitlines() if text.startswith("ALLOWED")]) == 4
    line = repo.fleet("log", "--oneline").out.splitlines()[0]
    assert line.split("  ")[1:] == [
        "bot-0, bot-1, bot-2 and 1 more",
        "update",
        repo.head[:12],
        "alice@acme.example",
        "budgets",
    ]
    entry = json.loads((repo.root / "ledger/production.jsonl").read_text().splitlines()[-1])
    assert len(entry["approvals"]) == 4


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--all", "bot-0"), "which agent"),
        (("--all", "--review", "1"), "--review is about one agent"),
        (("bot-0", "bot-1", "--rollback"), "--rollback is about one agent"),
        (("--all",), "nothing to decide"),
    ],
)
def test_what_cannot_be_decided_together_is_an_error(
    repo: Repository, words: tuple[str, ...], reason: str
) -> None:
    ran = repo.fleet("approve", *words, *TO, identity="dina")

    assert (ran.code, ran.out) == (2, "")
    assert reason in ran.err
