"""What must not stay stuck for ever: a squash that hides a law, and a forged line that everything stumbles over."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetward.domain.ledger import AgentTransition
from tests.attacks.scenarios import POLICY, FleetRepository, running_fleet
from tests.workflows.audit.histories import append_entry, at, current_ledger

STRICTER = POLICY.replace("expire: P14D", "expire: P10D").replace("version: 1", "version: 2")
NOWHERE = "sha256:" + "0" * 64


def squashed_repository(tmp_path: Path) -> FleetRepository:
    """A promotion and the change of governance after it land on main as one commit of the forge."""
    place = running_fleet(tmp_path)
    place.git("checkout", "-q", "-b", "side")
    place.change(at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    assert place.apply(now=at(3, 10)).code == 0
    place.write("governance/policy.yaml", STRICTER)
    place.commit("shorter", who="erin", at=at(3, 11))
    place.agree("dina", now=at(3, 12))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--squash", "side")
    place.commit("all of it (#4)", who="erin", committer="noreply@github.com", at=at(3, 13))
    place.git("branch", "-q", "-D", "side")
    return place


def test_a_squashed_promotion_and_change_of_governance_can_be_agreed_to_once_more(tmp_path: Path) -> None:
    place = squashed_repository(tmp_path)

    stuck = place.judge(now=at(4, 9))
    audit = place.fleet("audit", "--json", now=at(4, 9))
    place.agree("dina", now=at(4, 10))
    place.change("You answer.\n", at=at(4, 11))
    place.approve("carla", now=at(4, 12))

    assert stuck.code == 2
    assert "fleet approve --governance, then commit it" in stuck.err
    assert "governance-unapproved" in audit.out
    assert place.apply(now=at(4, 13)).code == 0


def test_a_line_that_names_a_lost_commit_brings_no_law_along(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.write("governance/policy.yaml", POLICY.replace("from: owner", "from: risk"))
    previous = current_ledger(place).last_transition("desk")
    assert previous is not None
    again = AgentTransition(
        agent="desk", from_state=previous[1].to_state, to_state=previous[1].to_state,
        release=previous[1].release, generation=previous[1].generation + 1,
    )  # fmt: skip
    append_entry(place, when=at(3, 9), commit="c0ffee" * 6 + "c0ff", agents=(again,))
    place.commit("easier", who="erin", at=at(3, 9))

    result = place.judge(now=at(3, 10))

    assert result.code == 2
    assert "and is not approved yet" in result.err


@pytest.mark.parametrize("lie", ["a state", "a law"])
def test_a_forged_line_is_taken_out_as_its_refusal_says_and_told_for_ever(tmp_path: Path, lie: str) -> None:
    place = running_fleet(tmp_path)
    last = current_ledger(place).last_transition("desk")
    assert last is not None
    to = NOWHERE if lie == "a state" else last[1].to_state
    step = AgentTransition(
        agent="desk", from_state=last[1].to_state, to_state=to, release=to, generation=last[1].generation + 1
    )
    lies = {"governance": NOWHERE} if lie == "a law" else {}
    append_entry(place, when=at(3, 9), agents=(step,), policy_version=1, **lies)
    forged = place.commit("promote", who="erin", at=at(3, 9))
    place.change(at=at(3, 10))

    stuck = place.judge(now=at(3, 11))
    audit = place.fleet("audit", "--json", now=at(3, 11))
    place.git("revert", "--no-edit", forged, who="alice", at=at(3, 12))
    place.approve("carla", now=at(3, 13))

    assert stuck.code == 2
    assert "fleet audit names the commit that brought it, git revert takes it out" in stuck.err
    assert forged in audit.out
    assert place.apply(now=at(3, 14)).code == 0
    assert place.fleet("audit", now=at(3, 15)).code == 1


def test_a_true_line_stays_where_it_is(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change(at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    assert place.apply(now=at(3, 10)).code == 0
    place.git("revert", "--no-edit", "HEAD", who="alice", at=at(3, 11))

    result = place.judge(now=at(3, 12))

    assert result.code == 2
    assert "are missing" in result.err


def test_a_forged_line_on_which_something_was_decided_stays_where_it_is(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    last = current_ledger(place).last_transition("desk")
    assert last is not None
    before = (place.path / "ledger/production.jsonl").read_bytes()
    ghost = AgentTransition(agent="ghost", from_state=None, to_state=NOWHERE, release=NOWHERE, generation=1)
    append_entry(place, when=at(3, 7), kind="create", agents=(ghost,), policy_version=1)
    place.commit("promote", who="erin", at=at(3, 7))
    place.change(at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    assert place.apply(now=at(3, 10)).code == 0
    (place.path / "ledger/production.jsonl").write_bytes(before)
    place.commit("clean", at=at(3, 11))

    assert "are missing" in place.judge(now=at(3, 12)).err
