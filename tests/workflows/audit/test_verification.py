"""An entry is a claim until it is verified: what is remembered of that, and who can make it believed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.attacks.scenarios import FleetRepository, running_fleet
from tests.workflows.audit.histories import append_entry, at, copy_from_staging, message_of_entry

SEAL = 64


def forge(place: FleetRepository) -> str:
    """A promotion that nobody decided, made to look like one."""
    place.change(at=at(3, 8))
    copy_from_staging(place)
    append_entry(place, "desk", when=at(3, 9), policy_version=1)
    return place.commit(message_of_entry(place), who="ci", at=at(3, 9))


def memory(place: FleetRepository) -> Path:
    [file] = (place.path / ".git/fleetward").glob("ledgers-*.json")
    return file


def test_what_was_verified_is_remembered_and_nobody_else_can_say_so(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.judge(now=at(3, 7))
    stored = memory(place).read_bytes()
    forged = forge(place)
    claim = {
        **json.loads(stored[SEAL:]),
        "head": forged,
        "ledgers": {"production": place.git("rev-parse", "HEAD:ledger/production.jsonl")},
    }

    memory(place).write_bytes(stored[:SEAL] + json.dumps(claim).encode())
    refused = place.judge(now=at(3, 10))
    memory(place).write_bytes(b"half")
    again = place.judge(now=at(3, 10))

    assert refused.code == again.code == 2
    assert f"ledger/production.jsonl:2: commit {forged[:12]}: entry 2 of production" in refused.err
    assert json.loads(stored[SEAL:])["head"] == place.git("rev-parse", "HEAD~2")


def test_a_veto_needs_no_ledger_that_is_true_and_an_approval_does(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    forge(place)
    place.change("You answer slowly.\n", at=at(3, 10))

    approval = place.fleet("approve", "desk", "--to", "production", who="carla", now=at(3, 11))
    veto = place.fleet("approve", "desk", "--to", "production", "--reject", who="dina", now=at(3, 11))

    assert (approval.code, veto.code) == (2, 0)
    assert "entry 2 of production" in approval.err


def test_a_line_that_came_and_went_lets_promotions_go_on_also_in_a_clone(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.judge(now=at(3, 7))
    forged = forge(place)
    place.git("revert", "--no-edit", forged, at=at(3, 10))
    place.approve("carla", now=at(3, 11))
    clone = FleetRepository(tmp_path / "other" / "clone")
    shutil.copytree(place.path, clone.path)
    shutil.rmtree(clone.path / ".git/fleetward")

    assert clone.apply(now=at(3, 12)).code == 0
    assert place.apply(now=at(3, 12)).code == 0
    assert place.judge(now=at(3, 13)).agent["verdict"] == "unchanged"
