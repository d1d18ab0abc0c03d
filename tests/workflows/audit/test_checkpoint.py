"""The checkpoint of an audit: what it keeps, and which rewritten history it reveals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleetward.cli import main as cli
from tests.attacks.scenarios import FleetRepository
from tests.workflows.audit.histories import LEDGER, at, audit, promote
from tests.workflows.audit.test_run import edit_production, head
from tests.workflows.audit.test_tampered import withdraw_veto


def test_a_clean_audit_writes_a_checkpoint_that_the_next_one_updates(
    place: FleetRepository, tmp_path: Path
) -> None:
    memo = tmp_path / "seen.json"

    assert audit(place, "--head-file", str(memo)).code == 0
    [ledger_head] = json.loads(memo.read_bytes())["heads"]
    assert (ledger_head["environment"], ledger_head["seq"], ledger_head["commit"]) == (
        "production",
        4,
        head(place),
    )
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))

    assert audit(place, "--head-file", str(memo)).code == 0
    assert json.loads(memo.read_bytes())["heads"][0]["seq"] == 5


def test_a_branch_that_was_reset_is_noticed(place: FleetRepository, tmp_path: Path) -> None:
    memo = tmp_path / "seen.json"
    audit(place, "--head-file", str(memo))
    before = memo.read_bytes()
    place.git(
        "reset", "-q", "--hard", place.git("rev-list", "--first-parent", "HEAD", "--", LEDGER).split()[1]
    )

    result = audit(place, "--head-file", str(memo))

    assert result.code == 1
    assert result.rules == {"history-rewritten"}
    assert {file for _, _, file in result.errors} == {"fleet-config.yaml", LEDGER}
    assert memo.read_bytes() == before


def test_a_missing_last_commit_is_noticed_if_the_ledger_is_complete(
    place: FleetRepository, tmp_path: Path
) -> None:
    memo = tmp_path / "seen.json"
    audit(place, "--head-file", str(memo))
    last = head(place)
    place.git("reset", "-q", "--hard", "HEAD~1")  # dina's veto

    result = audit(place, "--head-file", str(memo))

    assert result.rules == {"history-rewritten"}
    assert last in result.messages()


def test_a_broken_audit_writes_no_checkpoint(place: FleetRepository, tmp_path: Path) -> None:
    edit_production(place)

    assert audit(place, "--head-file", str(tmp_path / "seen.json")).code == 1
    assert not (tmp_path / "seen.json").exists()


@pytest.mark.parametrize("obstacle", ["folder", "link", "inside", "inside .git"])
def test_a_checkpoint_is_a_regular_file_outside_the_repository(
    place: FleetRepository, tmp_path: Path, obstacle: str
) -> None:
    memo = {"inside": place.path / "seen.json", "inside .git": place.path / ".git/seen.json"}.get(obstacle)
    memo = memo or tmp_path / "seen.json"
    if obstacle == "folder":
        memo.mkdir()
    if obstacle == "link":
        memo.symlink_to(tmp_path / "elsewhere.json")

    assert cli.run(["audit", "-C", str(place.path), "--head-file", str(memo)]) == 2
    assert not (tmp_path / "elsewhere.json").exists()


def test_a_checkpoint_with_an_unknown_key_is_refused(
    place: FleetRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    memo = tmp_path / "seen.json"
    memo.write_text('{"format": "fleetward.heads/1", "commit": "x", "heads": [], "more": 1}')

    assert cli.run(["audit", "-C", str(place.path), "--head-file", str(memo)]) == 2
    assert "more" in capsys.readouterr().err
