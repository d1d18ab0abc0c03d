"""True lines of a ledger that somebody would like to be gone: nothing makes them look untrue."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.scenarios import FleetRepository, running_fleet
from tests.workflows.audit.histories import LEDGER, append_entry, at, copy_from_staging

GONE = "are missing"


def revert_commits(repository: FleetRepository, commits: str, *, when: str) -> None:
    """Everything as before these commits, in one commit on top."""
    repository.git("revert", "--no-commit", commits)
    repository.commit("never mind", who="erin", at=when)


def test_a_large_governance_file_does_not_invalidate_a_line(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write("governance/notes.txt", "so it was\n" * 500_000)
    repository.commit("notes", who="erin", at=at(3, 6))
    repository.agree("dina", now=at(3, 7))
    repository.change(at=at(3, 8))
    repository.approve("carla", now=at(3, 9))
    result = repository.apply(now=at(3, 10))
    assert result.code == 0, result.output

    revert_commits(repository, "HEAD", when=at(3, 11))

    result = repository.judge(now=at(3, 12))
    assert result.code == 2, result.output
    assert GONE in result.err


def test_a_line_that_came_true_later_is_refused_until_it_is_gone(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change(at=at(3, 8))
    repository.approve("carla", now=at(3, 9))
    head = repository.git("rev-parse", "HEAD")
    enter_without_change(repository)
    repository.commit("promote", who="erin", at=at(3, 10))
    copy_from_staging(repository)
    repository.commit("there", who="erin", at=at(3, 11))
    assert repository.judge(now=at(3, 12)).code == 2

    revert_commits(repository, f"{head}..HEAD", when=at(3, 13))

    assert repository.judge(now=at(3, 14)).agent["verdict"] == "allowed"


def enter_without_change(repository: FleetRepository) -> None:
    """The line of a promotion, and not yet what it says."""
    copy_from_staging(repository)
    append_entry(repository, "desk", when=at(3, 10))
    repository.git("checkout", "-q", "HEAD", "--", "environments/production")


def test_garbage_hides_no_line_that_is_written_anew(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    ledger = repository.path / LEDGER
    true = ledger.read_bytes()
    for number in range(5):
        ledger.write_bytes(b"%d" % number * 60_000_000)
        repository.commit("oops", who="erin", at=at(3, 8))
    lied = true.replace(b'"actor":"carla@', b'"actor":"alice@')
    assert len(lied) == len(true)
    assert lied != true
    ledger.write_bytes(lied)
    repository.commit("tidy", who="erin", at=at(3, 9))

    result = repository.judge(now=at(3, 10))

    assert result.code == 2, result.output
    assert f"{LEDGER}:1" in result.err


def test_a_ledger_too_large_to_be_read_stops_until_it_is_taken_out_again(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change(at=at(3, 8))
    ledger = repository.path / LEDGER
    ledger.write_bytes(ledger.read_bytes() + b"x" * 68_000_000 + b"\n")
    repository.commit("oops", who="erin", at=at(3, 9))
    assert repository.judge(now=at(3, 10)).code == 2

    revert_commits(repository, "HEAD", when=at(3, 11))

    assert repository.judge(now=at(3, 12)).agent["verdict"] == "pending"
    assert "ledger-edited" in repository.fleet("audit", "--json", now=at(3, 12)).out


def test_a_promotion_that_a_merge_with_its_parents_swapped_leaves_out_is_found(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.git("branch", "side")
    repository.change(at=at(3, 8))
    repository.approve("carla", now=at(3, 9))
    assert repository.apply(now=at(3, 10)).code == 0
    repository.git("checkout", "-q", "side")
    repository.write("notes.txt", "nothing\n")
    repository.commit("notes", who="erin", at=at(3, 11))
    repository.git("merge", "-q", "-s", "ours", "-m", "merge", "main", who="erin", at=at(3, 12))
    repository.git("branch", "-q", "-f", "main")
    repository.git("checkout", "-q", "main")

    result = repository.fleet("audit", "--json", now=at(3, 13))
    assert GONE in repository.judge(now=at(3, 13)).err
    assert result.code == 1, result.output
    assert repository.git("rev-parse", "HEAD") in {b["commit"] for b in result.data["breaks"]}
