"""Ways around the law that the law before agreed to: old contents, other ledgers, odd parents, clocks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fleetward.store.records import ledger_line
from tests.attacks.scenarios import CONFIG, PEOPLE, POLICY, FleetRepository, running_fleet
from tests.workflows.audit.histories import LEDGER, agent_change, append_entry, current_ledger

WEAK = POLICY.replace("from: owner", "from: risk")
FRIENDS = PEOPLE.replace("members: [dina]", "members: [dina, erin]")
KIND = "You answer the phone kindly.\n"


def merge_by_hand(
    place: FleetRepository, first: str, second: str, *, tree: str, who: str = "alice", at: str
) -> None:
    """A merge made by hand: any parents, any tree; main is moved there."""
    commit = place.git(
        "commit-tree", f"{tree}^{{tree}}", "-p", first, "-p", second, "-m", "m", who=who, at=at
    )
    place.git("reset", "-q", "--hard", commit)


def bury_commit(place: FleetRepository, day: int) -> str:
    """The commit before becomes a side branch that main has and whose content main has not; its id."""
    side = place.git("rev-parse", "HEAD")
    place.git("reset", "-q", "--hard", "HEAD^")
    when = f"2026-11-{day:02}T09:00:00Z"
    place.git("merge", "-q", "-s", "ours", "--no-ff", "-m", "not now", side, who="bob", at=when)
    return side


def test_who_wrote_what_an_old_merge_left_out_does_not_approve_it(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change(who="carla", at="2026-11-03T08:00:00Z")
    side = bury_commit(place, 3)
    place.change("You answer.\n", who="alice", at="2026-11-03T10:00:00Z")
    place.approve("bob", now="2026-11-03T11:00:00Z")
    assert place.apply(now="2026-11-03T12:00:00Z").code == 0
    head = place.git("rev-parse", "HEAD")
    place.git("checkout", "-q", side, "--", "environments/staging")
    place.git("commit", "-q", "-m", "t", who="bob", at="2026-11-04T09:00:00Z")
    tree = place.git("rev-parse", "HEAD")
    merge_by_hand(place, head, side, tree=tree, who="bob", at="2026-11-04T10:00:00Z")

    place.approve("carla", now="2026-11-05T10:00:00Z")

    assert place.judge(now="2026-11-05T11:00:00Z").agent["verdict"] == "pending"


def test_an_environment_without_its_gate_for_a_while_takes_no_law_along(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    canary = CONFIG.replace(", from: staging", "") + "  - {name: canary, from: staging}\n"
    place.write("fleet-config.yaml", canary)
    place.write("governance/people.yaml", FRIENDS)
    place.write("governance/policy.yaml", WEAK.replace("to: production", "to: [production, canary]"))
    place.commit("another stage", who="erin", at="2026-11-03T09:00:00Z")
    place.fleet("approve", "desk", "--to", "canary", who="dina", now="2026-11-03T10:00:00Z")
    place.commit("decide", who="dina", at="2026-11-03T10:00:00Z")

    result = place.fleet("promote", "desk", "--to", "canary", "--apply", now="2026-11-03T11:00:00Z")

    assert result.code == 2, result.output
    assert "and is not approved yet" in result.err


def test_a_merge_onto_an_old_law_does_not_bring_it_back(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.write("governance/people.yaml", FRIENDS)
    place.commit("friends", who="erin", at="2026-11-03T08:00:00Z")
    side = bury_commit(place, 3)
    place.change("You answer.\n", who="alice", at="2026-11-03T10:00:00Z")
    place.approve("bob", now="2026-11-03T11:00:00Z")
    assert place.apply(now="2026-11-03T12:00:00Z").code == 0
    head = place.git("rev-parse", "HEAD")
    place.write("governance/people.yaml", FRIENDS)
    place.change(who="erin", at="2026-11-04T08:00:00Z")
    tree = place.git("rev-parse", "HEAD")
    merge_by_hand(place, side, head, tree=tree, who="erin", at="2026-11-04T09:00:00Z")

    result = place.judge(now="2026-11-05T11:00:00Z")

    assert result.code == 2, result.output
    assert "and is not approved yet" in result.err
    assert place.fleet("audit", now="2026-11-05T11:00:00Z").code == 1


def test_a_clock_some_minutes_ahead_does_not_void_an_agreement(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.git("checkout", "-q", "-b", "topic")
    place.write("governance/people.yaml", FRIENDS)
    place.commit("a colleague", who="alice", at="2026-11-03T09:00:00Z")
    place.agree("carla", now="2026-11-03T10:05:00Z")
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "-m", "merge", "topic", who="bob", at="2026-11-03T10:02:00Z")

    assert place.judge(now="2026-11-03T11:00:00Z").code == 0
    place.change(at="2026-11-03T12:00:00Z")
    place.approve("carla", now="2026-11-03T13:00:00Z")
    assert place.apply(now="2026-11-03T14:00:00Z").code == 0
    result = place.fleet("audit", now="2026-11-03T15:00:00Z")
    assert result.code == 0, result.output


@pytest.mark.parametrize("environment", ["production", "canary"])
def test_a_forged_line_that_names_a_law_nobody_agreed_to_is_found(tmp_path: Path, environment: str) -> None:
    place = running_fleet(tmp_path)
    before = (place.path / LEDGER).read_bytes()
    place.write("governance/policy.yaml", WEAK)
    weaker = place.commit("easier", who="erin", at="2026-11-03T08:00:00Z")
    append_entry(place, "desk", when="2026-11-03T09:00:00Z", kind="override")
    if environment == "canary":
        first = replace(agent_change(place, "desk"), from_state=None, generation=1)
        line = replace(
            current_ledger(place).entries[-1], seq=1, previous=None, environment="canary", agents=(first,)
        )
        place.write("ledger/canary.jsonl", ledger_line.encode(line) + "\n")
        (place.path / LEDGER).write_bytes(before)
    place.commit("promote", who="erin", at="2026-11-03T09:00:00Z")

    result = place.fleet("audit", "--json", now="2026-11-03T10:00:00Z")

    assert result.code == 1
    assert ("governance-unapproved", weaker) in {(b["rule"], b["commit"]) for b in result.data["breaks"]}
