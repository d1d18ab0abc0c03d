"""Approvals and vetoes that somebody else touched, moved, took away or made up."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.attacks.scenarios import NOW, new_fleet, running_fleet

LATER = "2026-11-20T13:00:00Z"


def test_an_approval_counts_when_its_author_committed_it(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()

    repository.approve("carla")

    assert repository.judge().agent["verdict"] == "allowed"


def test_an_approval_that_a_robot_committed_does_not_count(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    repository.approve("carla", commit=False)
    repository.commit("gather approvals", who="ci")

    result = repository.judge()

    assert result.code == 1
    assert "committed by ci@town.example" in result.reasons()


def test_an_approval_changed_inside_a_merge_does_not_count(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    file = repository.approve("carla", now="2026-11-03T12:00:00Z")  # expired since the 17th
    repository.git("checkout", "-q", "-b", "side", "HEAD^")
    repository.write("notes.txt", "nothing\n")
    repository.commit("notes", who="alice")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "--no-commit", "side")
    repository.rewrite(file, issued="2026-11-20T11:00:00Z", expires="2026-12-01T00:00:00Z")
    repository.commit("merge notes", who="alice")

    result = repository.judge()

    assert result.code == 1
    assert "committed by alice@town.example" in result.reasons()


def test_a_veto_that_somebody_deleted_still_stops(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    file = repository.approve("dina", "--reject")
    repository.approve("carla")
    repository.git("rm", "-q", file)
    repository.commit("tidy up", who="alice")

    result = repository.judge()

    assert result.agent["verdict"] == "blocked"
    assert file in result.reasons()


def test_a_veto_that_somebody_turned_into_an_approval_still_stops(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    file = repository.approve("dina", "--reject")
    repository.approve("carla")
    repository.rewrite(file, decision="approve", expires="2026-12-01T00:00:00Z")
    repository.commit("typo", who="alice")

    assert repository.judge().agent["verdict"] == "blocked"


def test_a_veto_replaced_by_a_link_still_stops(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    file = repository.approve("dina", "--reject")
    repository.approve("carla")
    (repository.path / file).unlink()
    (repository.path / file).symlink_to("elsewhere.json")
    repository.commit("tidy up", who="alice")

    assert repository.judge().agent["verdict"] == "blocked"


def test_a_veto_deleted_inside_a_merge_still_stops(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    file = repository.approve("dina", "--reject")
    repository.approve("carla")
    repository.git("checkout", "-q", "-b", "side", "HEAD^")
    repository.write("notes.txt", "nothing\n")
    repository.commit("notes", who="alice")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "--no-commit", "side")
    repository.git("rm", "-q", file)
    repository.commit("merge notes", who="alice")

    assert repository.judge().agent["verdict"] == "blocked"


def test_a_withdrawal_that_somebody_deleted_does_not_bring_the_approval_back(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    repository.approve("carla")
    file = repository.approve("carla", "--withdraw", now=LATER)
    repository.git("rm", "-q", file)
    repository.commit("tidy up", who="alice", at=LATER)

    assert repository.judge(now=LATER).code == 1


def test_a_deleted_veto_put_back_by_anybody_can_be_lifted_by_its_author(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    file = repository.approve("dina", "--reject")
    repository.approve("carla")
    repository.git("rm", "-q", file)
    repository.commit("tidy up", who="alice")
    repository.git("checkout", "-q", "HEAD^", "--", file)
    repository.commit("put it back", who="alice")
    repository.approve("dina", "--withdraw", now=LATER)

    assert repository.judge(now=LATER).agent["verdict"] == "allowed"


def test_an_approval_that_its_author_deleted_is_simply_gone(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    file = repository.approve("carla")
    repository.git("rm", "-q", file)
    repository.commit("no", who="carla")

    result = repository.judge()

    assert result.agent["verdict"] == "pending"


def test_an_approval_copied_to_another_agent_does_not_count(tmp_path: Path) -> None:
    repository = new_fleet(tmp_path, agents=("desk", "door"))
    file = repository.approve("carla")
    copy = repository.path / file.replace("/desk/", "/door/")
    copy.parent.mkdir(parents=True)
    shutil.copy(repository.path / file, copy)
    repository.commit("same for the door", who="carla")

    result = repository.judge(agent="door")

    assert result.agent["verdict"] == "pending"
    assert "belongs at" in result.reasons()


def test_an_approval_of_a_fork_counts_for_nothing_here(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    file = repository.approve("carla", commit=False)
    repository.rewrite(file, repository="mallory/agents")
    repository.commit("decide", who="carla")

    result = repository.judge()

    assert result.agent["verdict"] == "pending"
    assert "another repository" in result.reasons()


def test_an_approval_of_an_earlier_generation_is_not_taken_twice(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change("two\n", at="2026-11-03T12:00:00Z")
    repository.approve("carla", now="2026-11-03T13:00:00Z")
    assert repository.apply(now="2026-11-03T14:00:00Z").code == 0
    repository.change("You answer the phone.\n", at="2026-11-04T12:00:00Z")
    repository.approve("carla", now="2026-11-04T13:00:00Z")
    assert repository.apply(now="2026-11-04T14:00:00Z").code == 0
    repository.change("two\n", at="2026-11-05T12:00:00Z")

    result = repository.judge(now="2026-11-05T13:00:00Z")

    assert result.agent["verdict"] == "pending"
    assert "generation 2" in result.reasons()


def test_a_statement_in_a_folder_below_is_told_and_stops_nobody(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    file = repository.path / repository.approve("dina", "--reject", commit=False)
    below = file.parent / "old"
    below.mkdir()
    file.rename(below / file.name)
    repository.commit("decide", who="dina")
    repository.approve("carla")

    result = repository.judge()

    assert result.agent["verdict"] == "allowed"
    assert f"old/{file.name}: unreadable record" in result.reasons()


def test_a_rejection_in_somebody_elses_name_stops_nothing_and_may_go(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    file = repository.approve("dina", "--reject", commit=False)
    repository.commit("no", who="alice")
    repository.approve("carla")

    written = repository.judge()
    repository.git("rm", "-q", file)
    repository.commit("tidy up", who="bob")
    removed = repository.judge()

    assert written.agent["verdict"] == "allowed"
    assert "dina: rejected in the name of dina: committed by alice@town.example" in written.reasons()
    assert removed.agent["verdict"] == "allowed"


def test_an_approval_that_somebody_turned_into_a_rejection_is_nobodys_rejection(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    file = repository.approve("dina")
    repository.approve("carla")
    repository.rewrite(file, decision="reject")
    repository.commit("no", who="alice")

    result = repository.judge()

    assert result.agent["verdict"] == "allowed"
    assert "dina: rejected in the name of dina" in result.reasons()


def test_a_note_with_terminal_codes_reaches_no_terminal(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change()
    repository.approve("dina", "--reject", "--note", "\x1b[2J\x1b]0;allowed\x07 [bold]allowed[/]")

    result = repository.fleet("promote", "desk", "--to", "production")

    assert "\x1b" not in result.output
    assert "\x07" not in result.output
    assert "[bold]allowed[/]" in result.output


def test_the_next_promotion_may_be_approved_by_who_merged(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.git("checkout", "-q", "-b", "topic")
    repository.change()
    repository.git("checkout", "-q", "main")
    repository.git(
        "merge", "-q", "--no-ff", "-m", "merge topic", "topic", who="carla", committer="noreply@github.com"
    )

    repository.approve("carla")

    assert repository.judge().agent["verdict"] == "allowed", NOW
