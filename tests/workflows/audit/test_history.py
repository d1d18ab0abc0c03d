"""Histories that were rewritten, hidden or cut; parts of them; and what a pull request would bring."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from fleetward.cli import app as cli
from tests.attacks.scenarios import Town
from tests.workflows.audit.histories import DESK, LEDGER, PROMPT, at, audited, forged, promoted, record
from tests.workflows.audit.test_tampered import allowed, shows

LATE = at(10, 12)


def head(place: Town) -> str:
    return place.git("rev-parse", "HEAD")


def quick_fix(place: Town) -> str:
    place.write(PROMPT, "You answer everything, at once.\n")
    return place.commit("quick fix", at=LATE)


# What was seen before


def test_a_clean_audit_is_remembered_and_the_next_one_goes_on_from_there(place: Town, tmp_path: Path) -> None:
    memo = tmp_path / "seen.json"

    assert audited(place, "--head-file", str(memo)).code == 0
    [kept] = json.loads(memo.read_bytes())["heads"]
    assert (kept["environment"], kept["seq"], kept["commit"]) == ("production", 4, head(place))
    allowed(place)
    promoted(place, "desk", at(7, 13))

    assert audited(place, "--head-file", str(memo)).code == 0
    assert json.loads(memo.read_bytes())["heads"][0]["seq"] == 5


def test_a_branch_that_was_put_back_is_noticed(place: Town, tmp_path: Path) -> None:
    memo = tmp_path / "seen.json"
    audited(place, "--head-file", str(memo))
    before = memo.read_bytes()
    place.git(
        "reset", "-q", "--hard", place.git("rev-list", "--first-parent", "HEAD", "--", LEDGER).split()[1]
    )

    said = audited(place, "--head-file", str(memo))

    assert said.code == 1
    assert said.rules == {"history-rewritten"}
    assert {file for _, _, file in said.wrong} == {"fleet-config.yaml", LEDGER}
    assert memo.read_bytes() == before


def test_a_branch_without_its_last_commit_is_noticed_though_the_ledger_is_whole(
    place: Town, tmp_path: Path
) -> None:
    memo = tmp_path / "seen.json"
    audited(place, "--head-file", str(memo))
    last = head(place)
    place.git("reset", "-q", "--hard", "HEAD~1")  # dina's veto

    said = audited(place, "--head-file", str(memo))

    assert said.rules == {"history-rewritten"}
    assert last in said.told()


def test_a_broken_audit_is_not_remembered(place: Town, tmp_path: Path) -> None:
    quick_fix(place)

    assert audited(place, "--head-file", str(tmp_path / "seen.json")).code == 1
    assert not (tmp_path / "seen.json").exists()


@pytest.mark.parametrize("what", ["folder", "link", "inside", "inside .git"])
def test_only_a_file_outside_the_repository_remembers(place: Town, tmp_path: Path, what: str) -> None:
    memo = {"inside": place.path / "seen.json", "inside .git": place.path / ".git/seen.json"}.get(what)
    memo = memo or tmp_path / "seen.json"
    if what == "folder":
        memo.mkdir()
    if what == "link":
        memo.symlink_to(tmp_path / "elsewhere.json")

    assert cli.run(["audit", "-C", str(place.path), "--head-file", str(memo)]) == 2
    assert not (tmp_path / "elsewhere.json").exists()


def test_a_memory_that_is_none_is_no_answer(
    place: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    memo = tmp_path / "seen.json"
    memo.write_text('{"format": "fleetward.heads/1", "commit": "x", "heads": [], "more": 1}')

    assert cli.run(["audit", "-C", str(place.path), "--head-file", str(memo)]) == 2
    assert "more" in capsys.readouterr().err


# What git shows, and what there is


def test_a_replacement_hides_nothing_and_is_told(place: Town) -> None:
    honest = head(place)
    commit = quick_fix(place)
    place.git("replace", commit, honest)

    said = audited(place)

    assert ("unledgered-change", commit, PROMPT) in said.wrong
    [warned] = [one for one in said.data["breaks"] if one["rule"] == "history-replaced"]
    assert (warned["severity"], warned["commit"]) == ("warning", commit)
    assert warned["file"] == f"refs/replace/{commit}"


def test_a_graft_hides_nothing_and_is_told(place: Town) -> None:
    commit = quick_fix(place)
    place.write("notes.txt", "more\n")
    last = place.commit("notes", at=LATE)
    (place.path / ".git/info/grafts").write_text(f"{last} {place.git('rev-parse', 'HEAD~2')}\n")

    said = audited(place)

    assert said.wrong == {("unledgered-change", commit, PROMPT)}
    assert "history-replaced" in said.told()


def test_half_a_history_is_no_answer(place: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shallow = tmp_path / "shallow"
    place.git("clone", "-q", "--depth", "2", f"file://{place.path}", str(shallow))

    assert cli.run(["audit", "-C", str(shallow)]) == 2
    assert "git fetch --unshallow" in capsys.readouterr().err


def test_a_fleet_that_gates_nothing_has_nothing_to_audit(tmp_path: Path, place: Town) -> None:
    other = Town(tmp_path / "other")
    other.path.mkdir()
    other.git("init", "-q", "-b", "main")
    text = "apiVersion: fleetward/v1\nkind: FleetConfig\nrepository: a/b\nenvironments: [{name: staging}]\n"
    other.write("fleet-config.yaml", text)
    other.commit()

    assert cli.run(["audit", "-C", str(other.path)]) == 2


def test_a_gated_environment_without_a_ledger_is_named_with_the_way_out(tmp_path: Path, place: Town) -> None:
    place.git("rm", "-q", LEDGER)
    place.git("checkout", "-q", "--orphan", "fresh")
    commit = place.commit("all of it, without its past", at=LATE)

    said = audited(place)

    assert said.wrong == {("never-adopted", commit, "environments/production/desk/agent.yaml")}
    assert said.data["breaks"][0]["hint"] == "fleet adopt --to production --apply"


# Parts


def test_a_range_looks_only_at_what_came_after_its_first_commit(place: Town) -> None:
    commit = quick_fix(place)
    place.write(PROMPT, "You answer nothing.\n")
    later = place.commit("quicker", at=LATE)

    assert audited(place).wrong == {("unledgered-change", one, PROMPT) for one in (commit, later)}
    assert audited(place, f"{commit}..HEAD").wrong == {("unledgered-change", later, PROMPT)}
    assert audited(place, f"{commit}~1").code == 0


def test_what_was_put_back_is_named_once_and_a_range_after_it_is_clean(place: Town) -> None:
    commit = quick_fix(place)
    (place.path / PROMPT).chmod(0o755)
    place.commit("run", at=LATE)
    place.git("checkout", "-q", f"{commit}~1", "--", DESK)
    back = place.commit("as it was", at=LATE)

    said = audited(place, f"{commit}~1..HEAD")
    since = audited(place, f"{back}~1..HEAD")

    assert {rule for rule, _, _ in said.wrong} == {"unledgered-change", "mode-changed"}
    assert back not in {one for _, one, _ in said.wrong}
    [note] = since.data["breaks"]
    assert (since.code, note["severity"], note["commit"]) == (0, "note", back)
    assert note["message"] == "desk was put back in production to what entry 3 says"


@pytest.mark.parametrize("how", ["mode", "older", "part", "ledger"])
def test_what_is_not_wholly_what_the_last_entry_left_is_no_way_back(place: Town, how: str) -> None:
    was, older = head(place), place.git("rev-list", "--first-parent", "HEAD", "--", PROMPT).split()[1]
    place.write(f"{DESK}/prompts/more.md", "And more.\n")
    quick_fix(place)
    place.git("rm", "-qr", DESK)
    place.git("checkout", "-q", older if how in ("older", "ledger") else was, "--", DESK)
    if how == "mode":
        (place.path / PROMPT).chmod(0o755)
    if how == "part":
        place.write(f"{DESK}/prompts/more.md", "And more.\n")
    if how == "ledger":
        place.write(LEDGER, place.git("show", f"{older}:{LEDGER}") + "\n")
    back = place.commit("nearly as it was", at=LATE)

    assert ("unledgered-change", back) in {(rule, one) for rule, one, _ in audited(place).wrong}


def test_a_retired_agent_that_came_back_by_hand_may_be_taken_out_again(place: Town) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.git("rm", "-qr", "environments/staging/till")
    place.commit("till is over", at=at(7, 11))
    place.approve("bob", agent="till", now=at(7, 12))
    promoted(place, "till", at(7, 13))
    place.git("checkout", "-q", "HEAD~1", "--", "environments/production/till")
    commit = place.commit("till again", at=LATE)
    place.git("rm", "-qr", "environments/production/till")
    place.commit("no till", at=LATE)

    assert {one for _, one, _ in audited(place).wrong} == {commit}


def test_what_a_range_leaves_behind_is_held_against_the_ledger(place: Town) -> None:
    commit = quick_fix(place)

    said = audited(place, f"{commit}..")

    assert said.wrong == {("state-mismatch", commit, "environments/production/desk/agent.yaml")}


def test_a_range_that_begins_beside_the_branch_is_no_answer(
    place: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["audit", "-C", str(place.path), "kinder..main"]) == 2
    assert "first-parent" in capsys.readouterr().err


# Merges and squashes of promotions


def test_a_promotion_that_comes_by_a_merge_is_clean(place: Town) -> None:
    place.git("checkout", "-q", "-b", "side")
    allowed(place)
    promoted(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.write("notes.txt", "more\n")
    place.commit("notes", at=at(7, 14))
    place.git("merge", "-q", "--no-ff", "side", "-m", "merge", at=at(7, 15))

    assert audited(place).told() == ""


def test_a_promotion_that_is_squashed_is_clean_while_its_commit_is_kept(place: Town) -> None:
    place.git("checkout", "-q", "-b", "side")
    allowed(place)
    promoted(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--squash", "side")
    place.commit("promote (#9)", who="alice", committer="noreply@github.com", at=at(7, 15))

    assert audited(place).told() == ""


@pytest.mark.parametrize(
    ("committer", "found"),
    [("noreply@github.com", []), ("bob@town.example", [("actor-unlike", "warning")])],
    ids=["by a forge", "by somebody who merged it for its author"],
)
def test_a_promotion_that_another_committed_for_its_author_breaks_nothing(
    place: Town, committer: str, found: list[tuple[str, str]]
) -> None:
    allowed(place)
    place.git("checkout", "-q", "-b", "side")
    promoted(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--squash", "side")
    place.commit("promote (#9)", who="alice", committer=committer, at=at(7, 15))

    said = audited(place)

    assert said.code == 0, said.told()
    assert [(one["rule"], one["severity"]) for one in said.data["breaks"]] == found


def test_a_promotion_that_is_rebased_keeps_its_author_and_is_clean(place: Town) -> None:
    allowed(place)
    promoted(place, "desk", at(7, 13))
    place.git("commit", "-q", "--amend", "--no-edit", "--date", at(7, 13), who="bob", at=at(7, 13))

    assert place.git("log", "-1", "--format=%ae %ce") == "erin@town.example bob@town.example"
    assert audited(place).told() == ""


def test_a_promotion_that_lands_days_later_is_told_of(place: Town) -> None:
    place.git("checkout", "-q", "-b", "side")
    allowed(place)
    promoted(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "side", "-m", "merge", at=at(10, 9))

    said = audited(place)

    [late] = said.data["breaks"]
    assert (said.code, late["rule"], late["severity"], late["commit"]) == (
        0,
        "landed-late",
        "warning",
        head(place),
    )


def test_signed_lines_are_clean_and_their_signatures_only_grow(place: Town) -> None:
    place.write("ledger/production.sigs/4.sig", "signed\n")
    place.commit("sealed", at=LATE)
    assert audited(place).code == 0
    place.git("rm", "-q", "ledger/production.sigs/4.sig")
    commit = place.commit("unsealed", at=LATE)

    assert audited(place).wrong == {("record-deleted", commit, "ledger/production.sigs/4.sig")}


# Before it lands


def pull(place: Town) -> None:
    place.git("checkout", "-q", "-b", "pull")


def test_a_pull_request_without_a_word_about_production_is_clean(place: Town) -> None:
    pull(place)
    place.change("You answer slowly.\n", at=LATE)

    said = audited(place, "--base", "main")

    assert (said.code, said.told(), said.data["summary"]["commits"]) == (0, "", 1)


def test_a_pull_request_that_edits_production_is_refused(place: Town) -> None:
    pull(place)
    commit = quick_fix(place)

    assert audited(place, "--base", "main").wrong == {("unledgered-change", commit, PROMPT)}


def test_a_pull_request_that_edits_production_and_takes_it_back_is_judged_by_its_result(place: Town) -> None:
    pull(place)
    quick_fix(place)
    place.git("revert", "--no-edit", "HEAD", at=LATE)

    assert audited(place, "--base", "main").code == 0


def test_a_pull_request_may_bring_a_promotion_that_the_base_would_allow(place: Town) -> None:
    pull(place)
    allowed(place)
    promoted(place, "desk", at(7, 13))

    said = audited(place, "--base", "main")

    assert (said.code, said.told(), said.data["summary"]["promotions"]) == (0, "", 1)


def test_a_pull_request_may_not_bring_a_promotion_under_a_law_of_its_own(place: Town) -> None:
    pull(place)
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.change("You answer all.\n", at=at(7, 11))
    policy = place.path / "governance/policy.yaml"
    text = policy.read_text()
    policy.write_text(
        text.replace("  - {id: shown, when: {to: production}, require: [{evals: passed}]}\n", "")
    )
    place.commit("easier", at=at(7, 12))
    statement = place.approve("carla", now=at(7, 12))
    forged(place, when=at(7, 13), approvals=(record(place, statement, "carla"),))
    policy.write_text(text)
    place.commit("as it was", at=at(7, 14))

    assert audited(place, "--base", "main").rules == {"policy-not-in-force"}


def test_a_promotion_is_refused_when_the_base_has_promoted_meanwhile(place: Town) -> None:
    pull(place)
    allowed(place)
    promoted(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.change("You answer all.\n", at=at(7, 11))
    more = shows(place)
    forged(place, when=at(7, 14), **more)
    place.git("checkout", "-q", "pull")

    said = audited(place, "--base", "main")

    assert ("entry-elsewhere", head(place), LEDGER) in said.wrong


def test_a_pull_request_that_changes_the_law_needs_its_approvals(place: Town) -> None:
    pull(place)
    policy = place.path / "governance/policy.yaml"
    policy.write_text(policy.read_text().replace("version: 2", "version: 3"))
    commit = place.commit("newer", at=at(10, 9))

    assert audited(place, "--base", "main").wrong == {
        ("governance-unapproved", commit, "governance/policy.yaml")
    }
    place.agree("carla", now=at(10, 10))
    assert audited(place, "--base", "main").code == 0


def test_a_base_that_shares_no_history_is_no_answer(place: Town, capsys: pytest.CaptureFixture[str]) -> None:
    place.git("checkout", "-q", "--orphan", "other")
    place.commit("another beginning", at=LATE)

    assert cli.run(["audit", "-C", str(place.path), "--base", "main"]) == 2


# Looking changes nothing


def test_an_audit_writes_nothing_into_the_repository(place: Town) -> None:
    def all_of_it() -> dict[str, bytes]:
        files = (one for one in place.path.rglob("*") if one.is_file())
        return {str(one): one.read_bytes() for one in files}

    before = all_of_it()

    audited(place)
    audited(place, "--base", "HEAD~3")

    assert all_of_it() == before


def test_a_bare_clone_is_audited_as_well(place: Town, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(place.path), str(bare)], check=True)

    assert cli.run(["audit", "-C", str(bare)]) == 0
