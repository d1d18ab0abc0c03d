"""Approvals and vetoes that somebody else touched, moved, took away or made up."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.attacks.scenarios import NOW, new_fleet, running_fleet

LATER = "2026-11-20T13:00:00Z"


def test_an_approval_counts_when_its_author_committed_it(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()

    place.approve("carla")

    assert place.judge().agent["verdict"] == "allowed"


def test_an_approval_that_a_robot_committed_does_not_count(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    place.approve("carla", commit=False)
    place.commit("gather approvals", who="ci")

    result = place.judge()

    assert result.code == 1
    assert "committed by ci@town.example" in result.reasons()


def test_an_approval_changed_inside_a_merge_does_not_count(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    file = place.approve("carla", now="2026-11-03T12:00:00Z")  # expired since the 17th
    place.git("checkout", "-q", "-b", "side", "HEAD^")
    place.write("notes.txt", "nothing\n")
    place.commit("notes", who="alice")
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "--no-commit", "side")
    place.rewrite(file, issued="2026-11-20T11:00:00Z", expires="2026-12-01T00:00:00Z")
    place.commit("merge notes", who="alice")

    result = place.judge()

    assert result.code == 1
    assert "committed by alice@town.example" in result.reasons()


def test_a_veto_that_somebody_deleted_still_stops(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    file = place.approve("dina", "--reject")
    place.approve("carla")
    place.git("rm", "-q", file)
    place.commit("tidy up", who="alice")

    result = place.judge()

    assert result.agent["verdict"] == "blocked"
    assert file in result.reasons()


def test_a_veto_that_somebody_turned_into_an_approval_still_stops(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    file = place.approve("dina", "--reject")
    place.approve("carla")
    place.rewrite(file, decision="approve", expires="2026-12-01T00:00:00Z")
    place.commit("typo", who="alice")

    assert place.judge().agent["verdict"] == "blocked"


def test_a_veto_replaced_by_a_link_still_stops(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    file = place.approve("dina", "--reject")
    place.approve("carla")
    (place.path / file).unlink()
    (place.path / file).symlink_to("elsewhere.json")
    place.commit("tidy up", who="alice")

    assert place.judge().agent["verdict"] == "blocked"


def test_a_veto_deleted_inside_a_merge_still_stops(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    file = place.approve("dina", "--reject")
    place.approve("carla")
    place.git("checkout", "-q", "-b", "side", "HEAD^")
    place.write("notes.txt", "nothing\n")
    place.commit("notes", who="alice")
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "--no-commit", "side")
    place.git("rm", "-q", file)
    place.commit("merge notes", who="alice")

    assert place.judge().agent["verdict"] == "blocked"


def test_a_withdrawal_that_somebody_deleted_does_not_bring_the_approval_back(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    place.approve("carla")
    file = place.approve("carla", "--withdraw", now=LATER)
    place.git("rm", "-q", file)
    place.commit("tidy up", who="alice", at=LATER)

    assert place.judge(now=LATER).code == 1


def test_a_deleted_veto_put_back_by_anybody_can_be_lifted_by_its_author(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    file = place.approve("dina", "--reject")
    place.approve("carla")
    place.git("rm", "-q", file)
    place.commit("tidy up", who="alice")
    place.git("checkout", "-q", "HEAD^", "--", file)
    place.commit("put it back", who="alice")
    place.approve("dina", "--withdraw", now=LATER)

    assert place.judge(now=LATER).agent["verdict"] == "allowed"


def test_an_approval_that_its_author_deleted_is_simply_gone(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    file = place.approve("carla")
    place.git("rm", "-q", file)
    place.commit("no", who="carla")

    result = place.judge()

    assert result.agent["verdict"] == "pending"


def test_an_approval_copied_to_another_agent_stops_instead_of_counting(tmp_path: Path) -> None:
    place = new_fleet(tmp_path, agents=("desk", "door"))
    file = place.approve("carla")
    copy = place.path / file.replace("/desk/", "/door/")
    copy.parent.mkdir(parents=True)
    shutil.copy(place.path / file, copy)
    place.commit("same for the door", who="carla")

    result = place.judge(agent="door")

    assert result.agent["verdict"] == "blocked"
    assert "belongs at" in result.reasons()


def test_an_approval_of_a_fork_counts_for_nothing_here(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    file = place.approve("carla", commit=False)
    place.rewrite(file, repository="mallory/agents")
    place.commit("decide", who="carla")

    result = place.judge()

    assert result.agent["verdict"] == "pending"
    assert "another repository" in result.reasons()


def test_an_approval_of_an_earlier_generation_is_not_taken_twice(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change("two\n", at="2026-11-03T12:00:00Z")
    place.approve("carla", now="2026-11-03T13:00:00Z")
    assert place.apply(now="2026-11-03T14:00:00Z").code == 0
    place.change("You answer the phone.\n", at="2026-11-04T12:00:00Z")
    place.approve("carla", now="2026-11-04T13:00:00Z")
    assert place.apply(now="2026-11-04T14:00:00Z").code == 0
    place.change("two\n", at="2026-11-05T12:00:00Z")

    result = place.judge(now="2026-11-05T13:00:00Z")

    assert result.agent["verdict"] == "pending"
    assert "generation 2" in result.reasons()


def test_a_statement_in_a_folder_below_stops_instead_of_hiding(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    file = place.path / place.approve("dina", "--reject", commit=False)
    below = file.parent / "old"
    below.mkdir()
    file.rename(below / file.name)
    place.commit("decide", who="dina")
    place.approve("carla")

    assert place.judge().agent["verdict"] == "blocked"


def test_a_note_with_terminal_codes_reaches_no_terminal(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.change()
    place.approve("dina", "--reject", "--note", "\x1b[2J\x1b]0;allowed\x07 [bold]allowed[/]")

    result = place.fleet("promote", "desk", "--to", "production")

    assert "\x1b" not in result.output
    assert "\x07" not in result.output
    assert "[bold]allowed[/]" in result.output


def test_the_next_promotion_may_be_approved_by_who_merged(tmp_path: Path) -> None:
    place = running_fleet(tmp_path)
    place.git("checkout", "-q", "-b", "topic")
    place.change()
    place.git("checkout", "-q", "main")
    place.git(
        "merge", "-q", "--no-ff", "-m", "merge topic", "topic", who="carla", committer="noreply@github.com"
    )

    place.approve("carla")

    assert place.judge().agent["verdict"] == "allowed", NOW
