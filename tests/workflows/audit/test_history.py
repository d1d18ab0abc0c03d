"""Histories that were rewritten, hidden or cut; parts of them; and what a pull request would bring."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from fleetward.cli import main as cli
from tests.attacks.scenarios import FleetRepository
from tests.workflows.audit.histories import DESK, LEDGER, PROMPT, at, audit, forge_promotion, promote, record
from tests.workflows.audit.test_tampered import supporting_records, withdraw_veto

LATE = at(10, 12)


def head(place: FleetRepository) -> str:
    return place.git("rev-parse", "HEAD")


def quick_fix(place: FleetRepository) -> str:
    place.write(PROMPT, "You answer everything, at once.\n")
    return place.commit("quick fix", at=LATE)


# What was seen before


def test_a_clean_audit_is_remembered_and_the_next_one_goes_on_from_there(
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


def test_a_branch_that_was_put_back_is_noticed(place: FleetRepository, tmp_path: Path) -> None:
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


def test_a_branch_without_its_last_commit_is_noticed_though_the_ledger_is_whole(
    place: FleetRepository, tmp_path: Path
) -> None:
    memo = tmp_path / "seen.json"
    audit(place, "--head-file", str(memo))
    last = head(place)
    place.git("reset", "-q", "--hard", "HEAD~1")  # dina's veto

    result = audit(place, "--head-file", str(memo))

    assert result.rules == {"history-rewritten"}
    assert last in result.messages()


def test_a_broken_audit_is_not_remembered(place: FleetRepository, tmp_path: Path) -> None:
    quick_fix(place)

    assert audit(place, "--head-file", str(tmp_path / "seen.json")).code == 1
    assert not (tmp_path / "seen.json").exists()


@pytest.mark.parametrize("what", ["folder", "link", "inside", "inside .git"])
def test_only_a_file_outside_the_repository_remembers(
    place: FleetRepository, tmp_path: Path, what: str
) -> None:
    memo = {"inside": place.path / "seen.json", "inside .git": place.path / ".git/seen.json"}.get(what)
    memo = memo or tmp_path / "seen.json"
    if what == "folder":
        memo.mkdir()
    if what == "link":
        memo.symlink_to(tmp_path / "elsewhere.json")

    assert cli.run(["audit", "-C", str(place.path), "--head-file", str(memo)]) == 2
    assert not (tmp_path / "elsewhere.json").exists()


def test_a_memory_that_is_none_is_no_answer(
    place: FleetRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    memo = tmp_path / "seen.json"
    memo.write_text('{"format": "fleetward.heads/1", "commit": "x", "heads": [], "more": 1}')

    assert cli.run(["audit", "-C", str(place.path), "--head-file", str(memo)]) == 2
    assert "more" in capsys.readouterr().err


# What git shows, and what there is


def test_a_replacement_hides_nothing_and_is_told(place: FleetRepository) -> None:
    honest = head(place)
    commit = quick_fix(place)
    place.git("replace", commit, honest)

    result = audit(place)

    assert ("unledgered-change", commit, PROMPT) in result.errors
    [warning] = [finding for finding in result.data["breaks"] if finding["rule"] == "history-replaced"]
    assert (warning["severity"], warning["commit"]) == ("warning", commit)
    assert warning["file"] == f"refs/replace/{commit}"


def test_a_graft_hides_nothing_and_is_told(place: FleetRepository) -> None:
    commit = quick_fix(place)
    place.write("notes.txt", "more\n")
    last = place.commit("notes", at=LATE)
    (place.path / ".git/info/grafts").write_text(f"{last} {place.git('rev-parse', 'HEAD~2')}\n")

    result = audit(place)

    assert result.errors == {("unledgered-change", commit, PROMPT)}
    assert "history-replaced" in result.messages()


def test_half_a_history_is_no_answer(
    place: FleetRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shallow = tmp_path / "shallow"
    place.git("clone", "-q", "--depth", "2", f"file://{place.path}", str(shallow))

    assert cli.run(["audit", "-C", str(shallow)]) == 2
    assert "git fetch --unshallow" in capsys.readouterr().err


def test_a_fleet_that_gates_nothing_has_nothing_to_audit(tmp_path: Path, place: FleetRepository) -> None:
    ungated = FleetRepository(tmp_path / "other")
    ungated.path.mkdir()
    ungated.git("init", "-q", "-b", "main")
    text = "apiVersion: fleetward/v1\nkind: FleetConfig\nrepository: a/b\nenvironments: [{name: staging}]\n"
    ungated.write("fleet-config.yaml", text)
    ungated.commit()

    assert cli.run(["audit", "-C", str(ungated.path)]) == 2


def test_a_gated_environment_without_a_ledger_is_named_with_the_way_out(
    tmp_path: Path, place: FleetRepository
) -> None:
    place.git("rm", "-q", LEDGER)
    place.git("checkout", "-q", "--orphan", "fresh")
    commit = place.commit("all of it, without its past", at=LATE)

    result = audit(place)

    assert result.errors == {("never-adopted", commit, "environments/production/desk/agent.yaml")}
    assert result.data["breaks"][0]["hint"] == "fleet adopt --to production --apply"


# Parts


def test_a_range_looks_only_at_what_came_after_its_first_commit(place: FleetRepository) -> None:
    commit = quick_fix(place)
    place.write(PROMPT, "You answer nothing.\n")
    later = place.commit("quicker", at=LATE)

    assert audit(place).errors == {("unledgered-change", edit, PROMPT) for edit in (commit, later)}
    assert audit(place, f"{commit}..HEAD").errors == {("unledgered-change", later, PROMPT)}
    assert audit(place, f"{commit}~1").code == 0


def test_what_was_put_back_is_named_once_and_a_range_after_it_is_clean(place: FleetRepository) -> None:
    commit = quick_fix(place)
    (place.path / PROMPT).chmod(0o755)
    place.commit("run", at=LATE)
    place.git("checkout", "-q", f"{commit}~1", "--", DESK)
    back = place.commit("as it was", at=LATE)

    result = audit(place, f"{commit}~1..HEAD")
    since = audit(place, f"{back}~1..HEAD")

    assert {rule for rule, _, _ in result.errors} == {"unledgered-change", "mode-changed"}
    assert back not in {commit_id for _, commit_id, _ in result.errors}
    [note] = since.data["breaks"]
    assert (since.code, note["severity"], note["commit"]) == (0, "note", back)
    assert note["message"] == "desk was restored in production to the state of entry 3"


@pytest.mark.parametrize("how", ["mode", "older", "part", "ledger"])
def test_what_is_not_wholly_what_the_last_entry_left_is_no_way_back(place: FleetRepository, how: str) -> None:
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

    assert ("unledgered-change", back) in {(rule, commit) for rule, commit, _ in audit(place).errors}


def test_a_retired_agent_that_came_back_by_hand_may_be_taken_out_again(place: FleetRepository) -> None:
    place.approve("dina", "--withdraw", now=at(7, 10))
    place.git("rm", "-qr", "environments/staging/till")
    place.commit("till is over", at=at(7, 11))
    place.approve("bob", agent="till", now=at(7, 12))
    promote(place, "till", at(7, 13))
    place.git("checkout", "-q", "HEAD~1", "--", "environments/production/till")
    commit = place.commit("till again", at=LATE)
    place.git("rm", "-qr", "environments/production/till")
    place.commit("no till", at=LATE)

    assert {commit_id for _, commit_id, _ in audit(place).errors} == {commit}


def test_what_a_range_leaves_behind_is_held_against_the_ledger(place: FleetRepository) -> None:
    commit = quick_fix(place)

    result = audit(place, f"{commit}..")

    assert result.errors == {("state-mismatch", commit, "environments/production/desk/agent.yaml")}


def test_a_range_that_begins_beside_the_branch_is_no_answer(
    place: FleetRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["audit", "-C", str(place.path), "kinder..main"]) == 2
    assert "first-parent" in capsys.readouterr().err


# Merges and squashes of promotions


def test_a_promotion_that_comes_by_a_merge_is_clean(place: FleetRepository) -> None:
    place.git("checkout", "-q", "-b", "side")
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.write("notes.txt", "more\n")
    place.commit("notes", at=at(7, 14))
    place.git("merge", "-q", "--no-ff", "side", "-m", "merge", at=at(7, 15))

    assert audit(place).messages() == ""


def test_a_promotion_that_is_squashed_is_clean_while_its_commit_is_kept(place: FleetRepository) -> None:
    place.git("checkout", "-q", "-b", "side")
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--squash", "side")
    place.commit("promote (#9)", who="alice", committer="noreply@github.com", at=at(7, 15))

    assert audit(place).messages() == ""


@pytest.mark.parametrize(
    ("committer", "found"),
    [("noreply@github.com", []), ("bob@town.example", [("actor-unlike", "warning")])],
    ids=["by a forge", "by somebody who merged it for its author"],
)
def test_a_promotion_that_another_committed_for_its_author_breaks_nothing(
    place: FleetRepository, committer: str, found: list[tuple[str, str]]
) -> None:
    withdraw_veto(place)
    place.git("checkout", "-q", "-b", "side")
    promote(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--squash", "side")
    place.commit("promote (#9)", who="alice", committer=committer, at=at(7, 15))

    result = audit(place)

    assert result.code == 0, result.messages()
    assert [(finding["rule"], finding["severity"]) for finding in result.data["breaks"]] == found


def test_a_promotion_that_is_rebased_keeps_its_author_and_is_clean(place: FleetRepository) -> None:
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))
    place.git("commit", "-q", "--amend", "--no-edit", "--date", at(7, 13), who="bob", at=at(7, 13))

    assert place.git("log", "-1", "--format=%ae %ce") == "erin@town.example bob@town.example"
    assert audit(place).messages() == ""


def test_a_promotion_that_lands_days_later_is_told_of(place: FleetRepository) -> None:
    place.git("checkout", "-q", "-b", "side")
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "side", "-m", "merge", at=at(10, 9))

    result = audit(place)

    [late] = result.data["breaks"]
    assert (result.code, late["rule"], late["severity"], late["commit"]) == (
        0,
        "landed-late",
        "warning",
        head(place),
    )


def test_signed_lines_are_clean_and_their_signatures_only_grow(place: FleetRepository) -> None:
    place.write("ledger/production.sigs/4.sig", "signed\n")
    place.commit("sealed", at=LATE)
    assert audit(place).code == 0
    place.git("rm", "-q", "ledger/production.sigs/4.sig")
    commit = place.commit("unsealed", at=LATE)

    assert audit(place).errors == {("record-deleted", commit, "ledger/production.sigs/4.sig")}


# Before it lands


def pull(place: FleetRepository) -> None:
    place.git("checkout", "-q", "-b", "pull")


def test_a_pull_request_without_a_word_about_production_is_clean(place: FleetRepository) -> None:
    pull(place)
    place.change("You answer slowly.\n", at=LATE)

    result = audit(place, "--base", "main")

    assert (result.code, result.messages(), result.data["summary"]["commits"]) == (0, "", 1)


def test_a_pull_request_that_edits_production_is_refused(place: FleetRepository) -> None:
    pull(place)
    commit = quick_fix(place)

    assert audit(place, "--base", "main").errors == {("unledgered-change", commit, PROMPT)}


def test_a_pull_request_that_edits_production_and_takes_it_back_is_judged_by_its_result(
    place: FleetRepository,
) -> None:
    pull(place)
    quick_fix(place)
    place.git("revert", "--no-edit", "HEAD", at=LATE)

    assert audit(place, "--base", "main").code == 0


def test_a_pull_request_may_bring_a_promotion_that_the_base_would_allow(place: FleetRepository) -> None:
    pull(place)
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))

    result = audit(place, "--base", "main")

    assert (result.code, result.messages(), result.data["summary"]["promotions"]) == (0, "", 1)


def test_a_pull_request_may_not_bring_a_promotion_under_a_law_of_its_own(place: FleetRepository) -> None:
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
    forge_promotion(place, when=at(7, 13), approvals=(record(place, statement, "carla"),))
    policy.write_text(text)
    place.commit("as it was", at=at(7, 14))

    assert audit(place, "--base", "main").rules == {"policy-not-in-force"}


def test_a_promotion_is_refused_when_the_base_has_promoted_meanwhile(place: FleetRepository) -> None:
    pull(place)
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.change("You answer all.\n", at=at(7, 11))
    records = supporting_records(place)
    forge_promotion(place, when=at(7, 14), **records)
    place.git("checkout", "-q", "pull")

    result = audit(place, "--base", "main")

    assert ("entry-elsewhere", head(place), LEDGER) in result.errors


def test_a_pull_request_that_changes_the_law_needs_its_approvals(place: FleetRepository) -> None:
    pull(place)
    policy = place.path / "governance/policy.yaml"
    policy.write_text(policy.read_text().replace("version: 2", "version: 3"))
    commit = place.commit("newer", at=at(10, 9))

    assert audit(place, "--base", "main").errors == {
        ("governance-unapproved", commit, "governance/policy.yaml")
    }
    place.agree("carla", now=at(10, 10))
    assert audit(place, "--base", "main").code == 0


def test_a_base_that_shares_no_history_is_no_answer(
    place: FleetRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    place.git("checkout", "-q", "--orphan", "other")
    place.commit("another beginning", at=LATE)

    assert cli.run(["audit", "-C", str(place.path), "--base", "main"]) == 2


# Looking changes nothing


def test_an_audit_writes_nothing_into_the_repository(place: FleetRepository) -> None:
    def all_of_it() -> dict[str, bytes]:
        files = (file for file in place.path.rglob("*") if file.is_file())
        return {str(file): file.read_bytes() for file in files}

    before = all_of_it()

    audit(place)
    audit(place, "--base", "HEAD~3")

    assert all_of_it() == before


def test_a_bare_clone_is_audited_as_well(place: FleetRepository, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(place.path), str(bare)], check=True)

    assert cli.run(["audit", "-C", str(bare)]) == 0
