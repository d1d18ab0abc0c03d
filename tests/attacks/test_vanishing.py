"""True lines of a ledger that somebody would like to be gone: nothing makes them look untrue."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.scenarios import FleetRepository, running_fleet
from tests.workflows.audit.histories import LEDGER, append_entry, at, copy_from_staging

GONE = "are missing"


def revert_commits(place: FleetRepository, commits: str, *, when: str) -> None:
    """Everything as before these commits, in one commit on top."""
    place.git("revert", "--no-commit", commits)
    place.commit("never mind", who="erin", at=when)


def test_a_large_file_beside_the_law_makes_no_line_untrue(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.write("governance/notes.txt", "so it was\n" * 500_000)
    place.commit("notes", who="erin", at=at(3, 6))
    place.agree("dina", now=at(3, 7))
    place.change(at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    result = place.apply(now=at(3, 10))
    assert result.code == 0, result.output

    revert_commits(place, "HEAD", when=at(3, 11))

    result = place.judge(now=at(3, 12))
    assert result.code == 2, result.output
    assert GONE in result.err


def test_a_line_that_came_true_later_was_decided_by(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change(at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    head = place.git("rev-parse", "HEAD")
    enter_without_change(place)
    place.commit("promote", who="erin", at=at(3, 10))
    copy_from_staging(place)
    place.commit("there", who="erin", at=at(3, 11))
    assert place.judge(now=at(3, 12)).agent["verdict"] == "unchanged"

    revert_commits(place, f"{head}..HEAD", when=at(3, 13))

    result = place.judge(now=at(3, 14))
    assert result.code == 2, result.output
    assert GONE in result.err


def enter_without_change(place: FleetRepository) -> None:
    """The line of a promotion, and not yet what it says."""
    copy_from_staging(place)
    append_entry(place, "desk", when=at(3, 10))
    place.git("checkout", "-q", "HEAD", "--", "environments/production")


def test_garbage_hides_no_line_that_is_written_anew(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    ledger = place.path / LEDGER
    true = ledger.read_bytes()
    for number in range(5):
        ledger.write_bytes(b"%d" % number * 60_000_000)
        place.commit("oops", who="erin", at=at(3, 8))
    lied = true.replace(b'"actor":"carla@', b'"actor":"alice@')
    assert len(lied) == len(true)
    assert lied != true
    ledger.write_bytes(lied)
    place.commit("tidy", who="erin", at=at(3, 9))

    result = place.judge(now=at(3, 10))

    assert result.code == 2, result.output
    assert GONE in result.err


def test_a_ledger_too_large_to_be_read_stops_until_it_is_taken_out_again(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change(at=at(3, 8))
    ledger = place.path / LEDGER
    ledger.write_bytes(ledger.read_bytes() + b"x" * 68_000_000 + b"\n")
    place.commit("oops", who="erin", at=at(3, 9))
    assert place.judge(now=at(3, 10)).code == 2

    revert_commits(place, "HEAD", when=at(3, 11))

    assert place.judge(now=at(3, 12)).agent["verdict"] == "pending"
    assert "ledger-edited" in place.fleet("audit", "--json", now=at(3, 12)).out


def test_a_promotion_that_a_merge_with_its_parents_swapped_leaves_out_is_found(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.git("branch", "side")
    place.change(at=at(3, 8))
    place.approve("carla", now=at(3, 9))
    assert place.apply(now=at(3, 10)).code == 0
    place.git("checkout", "-q", "side")
    place.write("notes.txt", "nothing\n")
    place.commit("notes", who="erin", at=at(3, 11))
    place.git("merge", "-q", "-s", "ours", "-m", "merge", "main", who="erin", at=at(3, 12))
    place.git("branch", "-q", "-f", "main")
    place.git("checkout", "-q", "main")

    result = place.fleet("audit", "--json", now=at(3, 13))
    assert GONE in place.judge(now=at(3, 13)).err
    assert result.code == 1, result.output
    assert place.git("rev-parse", "HEAD") in {b["commit"] for b in result.data["breaks"]}
