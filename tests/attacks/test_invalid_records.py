"""Hostile bytes where law, statements and ledgers lie: an answer, never a crash, and never another's digest."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from fleetward.domain import digest
from fleetward.domain.break_glass import BreakGlassRecord
from tests.attacks.scenarios import POLICY, running_fleet
from tests.workflows.audit.histories import LEDGER, append_entry, at, copy_from_staging, current_ledger

GLASS = (
    "breakGlass: {require: [{approvals: 1, from: desk}], skips: [soak], lasts: PT8H, reviewWithin: PT48H}\n"
)


def test_odd_bytes_in_governance_wait_and_stop_nothing(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    for folder in ("governance", "approvals/governance", "ledger"):
        (repository.path / folder).mkdir(parents=True, exist_ok=True)
        Path(os.fsdecode(os.fsencode(repository.path / folder) + b"/\xff\xfe.json")).write_bytes(b"\xff{[")
        (repository.path / folder / "link.json").symlink_to("/nowhere")
    repository.commit("odd", at=at(3, 9))

    results = [repository.judge(), repository.fleet("approve", "--governance"), repository.fleet("audit")]

    assert [result.code for result in results] == [0, 0, 0], [result.output for result in results]


def test_a_file_with_a_line_feed_in_its_name_does_not_stand_for_two() -> None:
    two = {"connectors.yaml": b"a", "models.yaml": b"b"}
    name = f"connectors.yaml\n{digest.of_bytes(b'b').removeprefix('sha256:')}  models.yaml"

    assert digest.of_files([(name, b"a")]) != digest.of_files(two.items())


def test_a_break_glass_entry_of_unknown_kind_is_found(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change(at=at(8, 8))
    copy_from_staging(repository)
    glass = BreakGlassRecord(incident="INC-1", skipped=(), review_by=datetime.fromisoformat(at(9, 9)))
    append_entry(repository, "desk", when=at(8, 9), kind="magic", break_glass=glass)
    repository.commit("promote", who="ci", at=at(8, 9))

    assert repository.fleet("audit").code == 1
    assert repository.fleet("approve", "desk", "--to", "production", "--review", "2").code == 2


def test_a_forged_review_deadline_is_found(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path, policy=POLICY + GLASS)
    repository.change(at=at(8, 8))
    repository.approve("carla", now=at(8, 9))
    break_glass = ("--break-glass", "--incident", "INC-1", "--reason", "fire")
    result = repository.fleet(
        "promote", "desk", "--to", "production", "--apply", *break_glass, who="ci", now=at(8, 10)
    )
    assert result.code == 0, result.output
    assert repository.fleet("audit", now=at(8, 11)).code == 0
    honest = current_ledger(repository).entries[-1]
    repository.git("reset", "-q", "--hard", "HEAD^")
    copy_from_staging(repository)
    later = BreakGlassRecord(incident="INC-1", skipped=(), review_by=datetime.fromisoformat(at(29, 9)))
    append_entry(
        repository, "desk", when=at(8, 10), approvals=honest.approvals, break_glass=later,
        policy_sha256=honest.policy_sha256,
    )  # fmt: skip
    repository.commit("promote", who="ci", at=at(8, 10))

    result = repository.fleet("audit", "--json", now=at(8, 11))

    assert {b["rule"] for b in result.data["breaks"] if b["severity"] == "error"} == {"entry-untrue"}
    assert "the review deadline: 2026-11-29" in result.out


def test_a_promotion_that_a_forge_squashed_hours_later_is_clean(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change(at=at(8, 8))
    repository.approve("carla", now=at(8, 9))
    repository.git("checkout", "-q", "-b", "topic")
    assert repository.apply(now=at(8, 10)).code == 0
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--squash", "topic")
    repository.commit("promote (#3)", who="carla", committer="noreply@github.com", at=at(8, 13))

    result = repository.fleet("audit", now=at(8, 14))

    assert result.code == 0, result.output


@pytest.mark.parametrize("garbage", [b"garbage\n", b"cut off", b"\xff\r\n", b"\n"])
def test_garbage_in_the_ledger_stops_until_it_is_taken_out_again(tmp_path: Path, garbage: bytes) -> None:
    repository = running_fleet(tmp_path)
    ledger = repository.path / LEDGER
    ledger.write_bytes(ledger.read_bytes() + garbage)
    repository.commit("oops", at=at(8, 8))
    assert repository.judge().code == 2

    repository.git("revert", "--no-edit", "HEAD", at=at(8, 9))

    assert repository.judge().agent["verdict"] == "unchanged"
    assert "chain-broken" in repository.fleet("audit").out


def test_a_line_that_stood_there_does_not_go_away_behind_garbage(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    ledger = repository.path / LEDGER
    before = ledger.read_bytes()
    repository.change(at=at(8, 8))
    repository.approve("carla", now=at(8, 9))
    assert repository.apply(now=at(8, 10)).code == 0
    ledger.write_bytes(ledger.read_bytes() + b"garbage\n")
    repository.commit("oops", at=at(8, 11))
    ledger.write_bytes(before)
    repository.commit("tidy", at=at(8, 12))

    result = repository.judge()

    assert result.code == 2
    assert "are missing" in result.err
