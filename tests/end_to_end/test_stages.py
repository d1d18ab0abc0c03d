"""Where a release comes from: several source environments, and earlier releases; a freeze in between."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end import repositories
from tests.end_to_end.repositories import APPLY, DESK, FLEET, POLICY, CommandResult, Repository

WEST = DESK.replace("staging", "west")
PROMPT = "prompts/system.md"
SOAK = POLICY.replace("from: owner}]", "from: owner}, {soak: PT24H}]")


@pytest.fixture
def two_sources(tmp_path: Path) -> Repository:
    """Production takes from staging and west, which both hold desk-bot since the 18th; carla approved on the 19th."""
    config = FLEET["fleet-config.yaml"]
    config = config.replace(
        "  - name: production\n    from: staging\n",
        "  - name: west\n  - name: production\n    from: [staging, west]\n",
    )
    twin = {path.replace(DESK, WEST): text for path, text in FLEET.items() if path.startswith(DESK)}
    repo = repositories.repository(
        tmp_path, {**FLEET, **twin, "fleet-config.yaml": config, "governance/policy.yaml": SOAK}
    )
    repo.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")
    return repo


def promote(repo: Repository, *flags: str, now: str = "2026-11-20T12:00:00Z") -> CommandResult:
    return repo.fleet("promote", "desk-bot", "--to", "production", "--json", *flags, now=now)


def needs(ran: CommandResult) -> dict[str, tuple[str, str]]:
    return {
        requirement["kind"]: (requirement["status"], requirement["detail"])
        for requirement in ran.data["promotions"][0]["requirements"]
    }


def test_a_release_in_every_source_is_promoted(two_sources: Repository) -> None:
    ran = promote(two_sources, "--apply")

    assert (ran.code, ran.data["from"], ran.data["applied"]) == (0, ["staging", "west"], True)


@pytest.mark.parametrize("behind", [DESK, WEST])
def test_a_release_missing_in_one_source_is_blocked(two_sources: Repository, behind: str) -> None:
    two_sources.commit("ahead", files={f"{behind}/{PROMPT}": "You answer.\n"}, at="2026-11-19T10:00:00+00:00")

    ran = promote(two_sources, "--apply")

    assert (ran.code, ran.data["verdict"], ran.data["applied"]) == (1, "blocked", False)
    assert "west does not hold the release of staging" in needs(ran)["validation"][1]


@pytest.mark.parametrize("empty", [DESK, WEST])
def test_an_agent_missing_in_one_source_is_not_promoted(two_sources: Repository, empty: str) -> None:
    two_sources.commit(
        "gone", files={path.replace(DESK, empty): None for path in FLEET if path.startswith(DESK)}
    )

    ran = promote(two_sources)

    assert ran.code == (1 if empty == WEST else 2)
    assert "west does not hold" in ran.out if empty == WEST else "no agent 'desk-bot'" in ran.err


def test_soak_is_met_once_it_is_met_in_every_source(two_sources: Repository) -> None:
    later = {f"{WEST}/{PROMPT}": "You answer questions.\n"}
    two_sources.commit("west first", files=later, at="2026-11-19T10:00:00+00:00")
    two_sources.commit(
        "staging, too", files={f"{DESK}/{PROMPT}": later[f"{WEST}/{PROMPT}"]}, at="2026-11-19T18:00:00+00:00"
    )
    two_sources.approve("desk-bot", "dina", now="2026-11-19T19:00:00Z")

    early, late = (
        promote(two_sources, now="2026-11-20T17:59:59Z"),
        promote(two_sources, now="2026-11-20T18:00:00Z"),
    )

    assert [needs(ran)["soak"][0] for ran in (early, late)] == ["missing", "met"]
    assert [ran.data["verdict"] for ran in (early, late)] == ["pending", "allowed"]


def test_an_earlier_release_comes_back_as_an_update_like_any_other(tmp_path: Path) -> None:
    repo = repositories.allowed(tmp_path)
    assert repo.fleet(*APPLY).code == 0
    first = FLEET[f"{DESK}/{PROMPT}"]
    repo.commit("as it was", files={f"{DESK}/{PROMPT}": first}, at="2026-11-20T13:00:00+00:00")

    before = promote(repo, now="2026-11-20T14:00:00Z")
    repo.approve("desk-bot", "dina", now="2026-11-20T15:00:00Z")
    ran = promote(repo, "--apply", now="2026-11-20T16:00:00Z")

    assert before.data["verdict"] == "pending"
    [promotion] = ran.data["promotions"]
    assert (ran.code, promotion["kind"], promotion["generation"]) == (0, "update", 3)
    lines = [json.loads(line) for line in (repo.root / "ledger/production.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["adopt", "update", "update"]
    assert lines[2]["agents"][0]["to"] == lines[0]["agents"][0]["to"]


def test_apply_decides_again(tmp_path: Path) -> None:
    frozen = POLICY + 'freezes: [{id: fair, from: "2026-11-20T13:00", to: "2026-11-21T13:00", zone: UTC}]\n'
    files = {**FLEET, "governance/policy.yaml": frozen}
    repo = repositories.repository(tmp_path, files)
    repo.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")
    before = repo.state

    allowed = promote(repo, now="2026-11-20T12:59:59Z")
    ran = promote(repo, "--apply", now="2026-11-20T13:00:00Z")

    assert (allowed.code, allowed.data["verdict"]) == (0, "allowed")
    assert (ran.code, ran.data["verdict"], repo.state) == (1, "blocked", before)
    assert promote(repo, "--apply", now="2026-11-21T13:00:00Z").code == 0


@pytest.mark.parametrize("lying", ["garbage", "shortened", "gone", "a link"])
def test_the_committed_ledger_counts_not_the_one_in_the_work_tree(tmp_path: Path, lying: str) -> None:
    repo = repositories.allowed(tmp_path)
    file = repo.root / "ledger" / "production.jsonl"
    content = file.read_bytes()
    before = promote(repo)

    file.unlink()
    if lying == "garbage":
        file.write_bytes(b"[" * len(content))
    elif lying == "shortened":
        file.write_bytes(b"")
    elif lying == "a link":
        (tmp_path / "elsewhere").write_bytes(content)
        file.symlink_to(tmp_path / "elsewhere")
    after = promote(repo)

    assert (before.code, before.data["verdict"]) == (0, "allowed")
    assert (after.code, after.data) == (before.code, before.data)
