"""What must not stay stuck for ever: a squash that hides a law, and a forged line that everything stumbles over."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetward.domain.ledger import AgentTransition
from tests.attacks.scenarios import POLICY, FleetRepository, running_fleet
from tests.workflows.audit.histories import append_entry, at, current_ledger

STRICTER = POLICY.replace("expire: P14D", "expire: P10D").replace("version: 2", "version: 3")
NOWHERE = "sha256:" + "0" * 64


def squashed_repository(tmp_path: Path) -> FleetRepository:
    """A promotion and the change of governance after it land on main as one commit of the forge."""
    repository = running_fleet(tmp_path)
    repository.git("checkout", "-q", "-b", "side")
    repository.change(at=at(3, 8))
    repository.approve("carla", now=at(3, 9))
    assert repository.apply(now=at(3, 10)).code == 0
    repository.write("governance/policy.yaml", STRICTER)
    repository.commit("shorter", who="erin", at=at(3, 11))
    repository.agree("dina", now=at(3, 12))
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--squash", "side")
    repository.commit("all of it (#4)", who="erin", committer="noreply@github.com", at=at(3, 13))
    repository.git("branch", "-q", "-D", "side")
    return repository


def test_a_squashed_change_of_governance_can_be_approved_again(tmp_path: Path) -> None:
    repository = squashed_repository(tmp_path)

    stuck = repository.judge(now=at(4, 9))
    audit = repository.fleet("audit", "--json", now=at(4, 9))
    repository.agree("dina", now=at(4, 10))
    repository.change("You answer.\n", at=at(4, 11))
    repository.approve("carla", now=at(4, 12))

    [waiting] = stuck.data["policy"]["pending"]
    assert "0 of 1" in waiting["lacks"]
    assert "governance-unapproved" in audit.out
    assert repository.apply(now=at(4, 13)).code == 0


def test_a_line_with_a_lost_commit_cannot_bring_governance(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write("governance/policy.yaml", POLICY.replace("from: owner", "from: risk"))
    previous = current_ledger(repository).last_transition("desk")
    assert previous is not None
    again = AgentTransition(
        agent="desk", from_state=previous[1].to_state, to_state=previous[1].to_state,
        release=previous[1].release, generation=previous[1].generation + 1,
    )  # fmt: skip
    append_entry(repository, when=at(3, 9), commit="c0ffee" * 6 + "c0ff", agents=(again,))
    repository.commit("easier", who="erin", at=at(3, 9))

    result = repository.judge(now=at(3, 10))

    assert result.code == 2
    assert "which is not in this repository" in result.err


@pytest.mark.parametrize("lie", ["a state", "a law"])
def test_a_forged_line_can_be_reverted_and_stays_in_the_audit(tmp_path: Path, lie: str) -> None:
    repository = running_fleet(tmp_path)
    last = current_ledger(repository).last_transition("desk")
    assert last is not None
    to = NOWHERE if lie == "a state" else last[1].to_state
    step = AgentTransition(
        agent="desk", from_state=last[1].to_state, to_state=to, release=to, generation=last[1].generation + 1
    )
    lies = {"governance": NOWHERE} if lie == "a law" else {}
    append_entry(repository, when=at(3, 9), agents=(step,), policy_version=1, **lies)
    forged = repository.commit("promote", who="erin", at=at(3, 9))
    repository.change(at=at(3, 10))

    stuck = repository.judge(now=at(3, 11))
    audit = repository.fleet("audit", "--json", now=at(3, 11))
    repository.git("revert", "--no-edit", forged, who="alice", at=at(3, 12))
    repository.approve("carla", now=at(3, 13))

    assert stuck.code == 2
    assert "fleet audit names the commit that brought it, git revert takes it out" in stuck.err
    assert forged in audit.out
    assert repository.apply(now=at(3, 14)).code == 0
    assert repository.fleet("audit", now=at(3, 15)).code == 1


def test_a_true_line_stays_where_it_is(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change(at=at(3, 8))
    repository.approve("carla", now=at(3, 9))
    assert repository.apply(now=at(3, 10)).code == 0
    repository.git("revert", "--no-edit", "HEAD", who="alice", at=at(3, 11))

    result = repository.judge(now=at(3, 12))

    assert result.code == 2
    assert "are missing" in result.err


def test_nothing_is_decided_on_a_forged_line_until_it_is_taken_out(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    last = current_ledger(repository).last_transition("desk")
    assert last is not None
    before = (repository.path / "ledger/production.jsonl").read_bytes()
    repository.change(at=at(3, 5))
    repository.approve("carla", now=at(3, 6))
    ghost = AgentTransition(agent="ghost", from_state=None, to_state=NOWHERE, release=NOWHERE, generation=1)
    append_entry(repository, when=at(3, 7), kind="create", agents=(ghost,), policy_version=1)
    repository.commit("promote", who="erin", at=at(3, 7))
    refused = repository.apply(now=at(3, 10))
    (repository.path / "ledger/production.jsonl").write_bytes(before)
    repository.commit("clean", at=at(3, 11))

    assert refused.code == 2
    assert "ledger/production.jsonl:2: commit " in refused.err
    assert repository.apply(now=at(3, 12)).code == 0
