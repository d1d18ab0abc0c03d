"""Where a release comes from: out of several environments at once, and out of the past; a freeze in between."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end import repositories
from tests.end_to_end.repositories import APPLY, DESK, FLEET, POLICY, Ran, Repository

WEST = DESK.replace("staging", "west")
PROMPT = "prompts/system.md"
SOAK = POLICY.replace("from: owner}]", "from: owner}, {soak: PT24H}]")


@pytest.fixture
def both(tmp_path: Path) -> Repository:
    """Production takes from staging and west, which both hold desk-bot since the 18th; carla approved on the 19th."""
    config = FLEET["fleet-config.yaml"]
    config = config.replace(
        "  - name: production\n    from: staging\n",
        "  - name: west\n  - name: production\n    from: [staging, west]\n",
    )
    twin = {path.replace(DESK, WEST): text for path, text in FLEET.items() if path.startswith(DESK)}
    made = repositories.repository(
        tmp_path, {**FLEET, **twin, "fleet-config.yaml": config, "governance/policy.yaml": SOAK}
    )
    made.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")
    return made


def judged(made: Repository, *more: str, now: str = "2026-11-20T12:00:00Z") -> Ran:
    return made.fleet("promote", "desk-bot", "--to", "production", "--json", *more, now=now)


def needs(ran: Ran) -> dict[str, tuple[str, str]]:
    return {one["kind"]: (one["status"], one["detail"]) for one in ran.data["promotions"][0]["requirements"]}


def test_a_release_that_stands_in_every_source_goes_on(both: Repository) -> None:
    ran = judged(both, "--apply")

    assert (ran.code, ran.data["from"], ran.data["applied"]) == (0, ["staging", "west"], True)


@pytest.mark.parametrize("behind", [DESK, WEST])
def test_a_release_that_one_source_does_not_hold_stays_where_it_is(both: Repository, behind: str) -> None:
    both.commit("ahead", files={f"{behind}/{PROMPT}": "You answer.\n"}, at="2026-11-19T10:00:00+00:00")

    ran = judged(both, "--apply")

    assert (ran.code, ran.data["verdict"], ran.data["applied"]) == (1, "blocked", False)
    assert "west does not hold the release of staging" in needs(ran)["validation"][1]


@pytest.mark.parametrize("empty", [DESK, WEST])
def test_a_release_that_one_source_does_not_have_at_all_stays_where_it_is(
    both: Repository, empty: str
) -> None:
    both.commit("gone", files={path.replace(DESK, empty): None for path in FLEET if path.startswith(DESK)})

    ran = judged(both)

    assert ran.code == (1 if empty == WEST else 2)
    assert "west does not hold" in ran.out if empty == WEST else "no agent 'desk-bot'" in ran.err


def test_it_has_soaked_when_it_has_in_every_source(both: Repository) -> None:
    later = {f"{WEST}/{PROMPT}": "You answer questions.\n"}
    both.commit("west first", files=later, at="2026-11-19T10:00:00+00:00")
    both.commit(
        "staging, too", files={f"{DESK}/{PROMPT}": later[f"{WEST}/{PROMPT}"]}, at="2026-11-19T18:00:00+00:00"
    )
    both.approve("desk-bot", "dina", now="2026-11-19T19:00:00Z")

    early, late = judged(both, now="2026-11-20T17:59:59Z"), judged(both, now="2026-11-20T18:00:00Z")

    assert [needs(one)["soak"][0] for one in (early, late)] == ["missing", "met"]
    assert [one.data["verdict"] for one in (early, late)] == ["pending", "allowed"]


def test_an_earlier_release_comes_back_as_an_update_like_any_other(tmp_path: Path) -> None:
    made = repositories.allowed(tmp_path)
    assert made.fleet(*APPLY).code == 0
    first = FLEET[f"{DESK}/{PROMPT}"]
    made.commit("as it was", files={f"{DESK}/{PROMPT}": first}, at="2026-11-20T13:00:00+00:00")

    before = judged(made, now="2026-11-20T14:00:00Z")
    made.approve("desk-bot", "dina", now="2026-11-20T15:00:00Z")
    ran = judged(made, "--apply", now="2026-11-20T16:00:00Z")

    assert before.data["verdict"] == "pending"
    [one] = ran.data["promotions"]
    assert (ran.code, one["kind"], one["generation"]) == (0, "update", 3)
    lines = [json.loads(line) for line in (made.root / "ledger/production.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["adopt", "update", "update"]
    assert lines[2]["agents"][0]["to"] == lines[0]["agents"][0]["to"]


def test_what_was_allowed_is_judged_again_when_it_is_applied(tmp_path: Path) -> None:
    frozen = POLICY + 'freezes: [{id: fair, from: "2026-11-20T13:00", to: "2026-11-21T13:00", zone: UTC}]\n'
    files = {**FLEET, "governance/policy.yaml": frozen}
    made = repositories.repository(tmp_path, files)
    made.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")
    before = made.state

    allowed = judged(made, now="2026-11-20T12:59:59Z")
    ran = judged(made, "--apply", now="2026-11-20T13:00:00Z")

    assert (allowed.code, allowed.data["verdict"]) == (0, "allowed")
    assert (ran.code, ran.data["verdict"], made.state) == (1, "blocked", before)
    assert judged(made, "--apply", now="2026-11-21T13:00:00Z").code == 0


@pytest.mark.parametrize("lying", ["garbage", "shortened", "gone", "a link"])
def test_the_ledger_that_counts_is_the_committed_one_whatever_lies_in_the_work_tree(
    tmp_path: Path, lying: str
) -> None:
    made = repositories.allowed(tmp_path)
    file = made.root / "ledger" / "production.jsonl"
    content = file.read_bytes()
    before = judged(made)

    file.unlink()
    if lying == "garbage":
        file.write_bytes(b"[" * len(content))
    elif lying == "shortened":
        file.write_bytes(b"")
    elif lying == "a link":
        (tmp_path / "elsewhere").write_bytes(content)
        file.symlink_to(tmp_path / "elsewhere")
    after = judged(made)

    assert (before.code, before.data["verdict"]) == (0, "allowed")
    assert (after.code, after.data) == (before.code, before.data)
