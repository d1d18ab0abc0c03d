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
    repository: FleetRepository, first: str, second: str, *, tree: str, who: str = "alice", at: str
) -> None:
    """A merge made by hand: any parents, any tree; main is moved there."""
    commit = repository.git(
        "commit-tree", f"{tree}^{{tree}}", "-p", first, "-p", second, "-m", "m", who=who, at=at
    )
    repository.git("reset", "-q", "--hard", commit)


def bury_commit(repository: FleetRepository, day: int) -> str:
    """The commit before becomes a side branch that main has and whose content main has not; its id."""
    side = repository.git("rev-parse", "HEAD")
    repository.git("reset", "-q", "--hard", "HEAD^")
    when = f"2026-11-{day:02}T09:00:00Z"
    repository.git("merge", "-q", "-s", "ours", "--no-ff", "-m", "not now", side, who="bob", at=when)
    return side


def test_who_wrote_what_an_old_merge_left_out_does_not_approve_it(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change(who="carla", at="2026-11-03T08:00:00Z")
    side = bury_commit(repository, 3)
    repository.change("You answer.\n", who="alice", at="2026-11-03T10:00:00Z")
    repository.approve("bob", now="2026-11-03T11:00:00Z")
    assert repository.apply(now="2026-11-03T12:00:00Z").code == 0
    head = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "-q", side, "--", "environments/staging")
    repository.git("commit", "-q", "-m", "t", who="bob", at="2026-11-04T09:00:00Z")
    tree = repository.git("rev-parse", "HEAD")
    merge_by_hand(repository, head, side, tree=tree, who="bob", at="2026-11-04T10:00:00Z")

    repository.approve("carla", now="2026-11-05T10:00:00Z")

    assert repository.judge(now="2026-11-05T11:00:00Z").agent["verdict"] == "pending"


def test_an_ungated_environment_cannot_bring_unapproved_governance(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    canary = CONFIG.replace(", from: staging", "") + "  - {name: canary, from: staging}\n"
    repository.write("fleet-config.yaml", canary)
    repository.write("governance/people.yaml", FRIENDS)
    repository.write("governance/policy.yaml", WEAK.replace("to: production", "to: [production, canary]"))
    repository.commit("another stage", who="erin", at="2026-11-03T09:00:00Z")
    repository.fleet("approve", "desk", "--to", "canary", who="dina", now="2026-11-03T10:00:00Z")
    repository.commit("decide", who="dina", at="2026-11-03T10:00:00Z")

    result = repository.fleet("promote", "desk", "--to", "canary", "--apply", now="2026-11-03T11:00:00Z")

    assert result.code == 2, result.output
    assert "no environment 'canary'" in result.err


def test_a_merge_onto_old_governance_does_not_restore_it(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write("governance/people.yaml", FRIENDS)
    repository.commit("friends", who="erin", at="2026-11-03T08:00:00Z")
    side = bury_commit(repository, 3)
    repository.change("You answer.\n", who="alice", at="2026-11-03T10:00:00Z")
    repository.approve("bob", now="2026-11-03T11:00:00Z")
    assert repository.apply(now="2026-11-03T12:00:00Z").code == 0
    head = repository.git("rev-parse", "HEAD")
    repository.write("governance/people.yaml", FRIENDS)
    repository.change(who="erin", at="2026-11-04T08:00:00Z")
    tree = repository.git("rev-parse", "HEAD")
    merge_by_hand(repository, side, head, tree=tree, who="erin", at="2026-11-04T09:00:00Z")

    result = repository.judge(now="2026-11-05T11:00:00Z")

    assert result.data["policy"]["pending"], result.output
    assert repository.git("rev-parse", "HEAD") != result.data["policy"]["commit"]


def test_a_clock_some_minutes_ahead_does_not_invalidate_an_approval(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("governance/people.yaml", FRIENDS)
    repository.commit("a colleague", who="alice", at="2026-11-03T09:00:00Z")
    repository.agree("carla", now="2026-11-03T10:05:00Z")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "topic", who="bob", at="2026-11-03T10:02:00Z")

    assert repository.judge(now="2026-11-03T11:00:00Z").code == 0
    repository.change(at="2026-11-03T12:00:00Z")
    repository.approve("carla", now="2026-11-03T13:00:00Z")
    assert repository.apply(now="2026-11-03T14:00:00Z").code == 0
    result = repository.fleet("audit", now="2026-11-03T15:00:00Z")
    assert result.code == 0, result.output


@pytest.mark.parametrize("environment", ["production", "canary"])
def test_a_forged_line_with_unapproved_governance_is_found(tmp_path: Path, environment: str) -> None:
    repository = running_fleet(tmp_path)
    before = (repository.path / LEDGER).read_bytes()
    repository.write("governance/policy.yaml", WEAK)
    weaker = repository.commit("easier", who="erin", at="2026-11-03T08:00:00Z")
    append_entry(repository, "desk", when="2026-11-03T09:00:00Z", kind="override")
    if environment == "canary":
        first = replace(agent_change(repository, "desk"), from_state=None, generation=1)
        line = replace(
            current_ledger(repository).entries[-1],
            seq=1,
            previous=None,
            environment="canary",
            agents=(first,),
        )
        repository.write("ledger/canary.jsonl", ledger_line.encode(line) + "\n")
        (repository.path / LEDGER).write_bytes(before)
    repository.commit("promote", who="erin", at="2026-11-03T09:00:00Z")

    result = repository.fleet("audit", "--json", now="2026-11-03T10:00:00Z")

    # a ledger of an environment that governance does not know says nothing
    assert result.code == (1 if environment == "production" else 0)
    assert ("governance-unapproved", weaker) in {(b["rule"], b["commit"]) for b in result.data["breaks"]}


def test_who_merges_what_ends_somebody_has_no_part_in_it(tmp_path: Path) -> None:
    """dina, who may agree to governance, ends carla; the forge merges that, as its button does."""
    policy = POLICY.replace("{approvals: 1, from: [desk, risk]}", "{approvals: 2, from: [desk, risk]}")
    repository = running_fleet(tmp_path, policy=policy)
    repository.git("checkout", "-q", "-b", "side")
    gone = PEOPLE.replace("[carla@town.example]", "[carla@town.example], left: 2026-11-03")
    repository.write("governance/people.yaml", gone)
    repository.commit("carla left", who="dina", at="2026-11-03T10:00:00Z")
    repository.git("checkout", "-q", "main")
    repository.change(at="2026-11-03T11:00:00Z")
    repository.git(
        *("merge", "-q", "--no-ff", "-m", "merge", "side"),
        who="dina",
        committer="noreply@github.com",
        at="2026-11-03T12:00:00Z",
    )

    refused = repository.fleet("approve", "desk", "--to", "production", now="2026-11-04T12:00:00Z")

    assert refused.code == 2
    assert "has left" in refused.err
