"""Which commits an audit replays: hidden and partial histories, ranges, merges and pull requests."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from fleetward.cli import main as cli
from tests.attacks.scenarios import FleetRepository
from tests.forked import CLOCK
from tests.workflows.audit.histories import (
    DESK,
    LEDGER,
    NOW,
    PROMPT,
    at,
    audit,
    forge_promotion,
    promote,
    record,
)
from tests.workflows.audit.test_tampered import supporting_records, withdraw_veto

LATE = at(10, 12)


def head(place: FleetRepository) -> str:
    return place.git("rev-parse", "HEAD")


def edit_production(place: FleetRepository) -> str:
    place.write(PROMPT, "You answer everything, at once.\n")
    return place.commit("quick fix", at=LATE)


# Hidden and partial histories


def test_a_replace_ref_is_reported_and_hides_no_commit(place: FleetRepository) -> None:
    honest = head(place)
    commit = edit_production(place)
    place.git("replace", commit, honest)

    result = audit(place)

    assert ("unledgered-change", commit, PROMPT) in result.errors
    [warning] = [finding for finding in result.data["breaks"] if finding["rule"] == "history-replaced"]
    assert (warning["severity"], warning["commit"]) == ("warning", commit)
    assert warning["file"] == f"refs/replace/{commit}"


def test_a_graft_is_reported_and_hides_no_commit(place: FleetRepository) -> None:
    commit = edit_production(place)
    place.write("notes.txt", "more\n")
    last = place.commit("notes", at=LATE)
    (place.path / ".git/info/grafts").write_text(f"{last} {place.git('rev-parse', 'HEAD~2')}\n")

    result = audit(place)

    assert result.errors == {("unledgered-change", commit, PROMPT)}
    assert "history-replaced" in result.messages()


def test_a_shallow_clone_is_refused(
    place: FleetRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shallow = tmp_path / "shallow"
    place.git("clone", "-q", "--depth", "2", f"file://{place.path}", str(shallow))

    assert cli.run(["audit", "-C", str(shallow)]) == 2
    assert "git fetch --unshallow" in capsys.readouterr().err


def test_a_fleet_without_a_gated_environment_is_refused(tmp_path: Path, place: FleetRepository) -> None:
    ungated = FleetRepository(tmp_path / "other")
    ungated.path.mkdir()
    ungated.git("init", "-q", "-b", "main")
    text = "apiVersion: fleetward/v1\nkind: FleetConfig\nrepository: a/b\nenvironments: [{name: staging}]\n"
    ungated.write("fleet-config.yaml", text)
    ungated.commit()

    assert cli.run(["audit", "-C", str(ungated.path)]) == 2


def test_a_gated_environment_without_a_ledger_has_to_be_adopted(
    tmp_path: Path, place: FleetRepository
) -> None:
    place.git("rm", "-q", LEDGER)
    place.git("checkout", "-q", "--orphan", "fresh")
    commit = place.commit("all of it, without its past", at=LATE)

    result = audit(place)

    assert result.errors == {("never-adopted", commit, "environments/production/desk/agent.yaml")}
    assert result.data["breaks"][0]["hint"] == "fleet adopt --to production --apply"


# Ranges


def test_a_range_starts_after_its_first_commit(place: FleetRepository) -> None:
    commit = edit_production(place)
    place.write(PROMPT, "You answer nothing.\n")
    later = place.commit("quicker", at=LATE)

    assert audit(place).errors == {("unledgered-change", edit, PROMPT) for edit in (commit, later)}
    assert audit(place, f"{commit}..HEAD").errors == {("unledgered-change", later, PROMPT)}
    assert audit(place, f"{commit}~1").code == 0


def test_a_restored_folder_is_a_note_in_a_range_that_starts_after_the_edit(place: FleetRepository) -> None:
    commit = edit_production(place)
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
def test_a_folder_that_differs_from_its_last_entry_is_not_restored(place: FleetRepository, how: str) -> None:
    was, older = head(place), place.git("rev-list", "--first-parent", "HEAD", "--", PROMPT).split()[1]
    place.write(f"{DESK}/prompts/more.md", "And more.\n")
    edit_production(place)
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


def test_a_retired_agent_added_by_hand_may_be_removed_by_hand(place: FleetRepository) -> None:
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


def test_an_empty_range_compares_folders_with_the_ledger(place: FleetRepository) -> None:
    commit = edit_production(place)

    result = audit(place, f"{commit}..")

    assert result.errors == {("state-mismatch", commit, "environments/production/desk/agent.yaml")}


def test_a_range_that_starts_on_a_side_branch_is_refused(
    place: FleetRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["audit", "-C", str(place.path), "kinder..main"]) == 2
    assert "first-parent" in capsys.readouterr().err


# Merges and squashes of promotions


def test_a_merged_promotion_is_clean(place: FleetRepository) -> None:
    place.git("checkout", "-q", "-b", "side")
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.write("notes.txt", "more\n")
    place.commit("notes", at=at(7, 14))
    place.git("merge", "-q", "--no-ff", "side", "-m", "merge", at=at(7, 15))

    assert audit(place).messages(notes=False) == ""


def test_a_squashed_promotion_is_clean_if_its_commit_is_kept(place: FleetRepository) -> None:
    place.git("checkout", "-q", "-b", "side")
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--squash", "side")
    place.commit("promote (#9)", who="alice", committer="noreply@github.com", at=at(7, 15))

    assert audit(place).messages(notes=False) == ""


@pytest.mark.parametrize(
    ("committer", "expected"),
    [("noreply@github.com", []), ("bob@town.example", [("actor-unlike", "warning")])],
    ids=["by a forge", "by somebody who merged it for its author"],
)
def test_a_promotion_with_another_committer_is_at_most_a_warning(
    place: FleetRepository, committer: str, expected: list[tuple[str, str]]
) -> None:
    withdraw_veto(place)
    place.git("checkout", "-q", "-b", "side")
    promote(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--squash", "side")
    place.commit("promote (#9)", who="alice", committer=committer, at=at(7, 15))

    result = audit(place)

    assert result.code == 0, result.messages()
    # beside the note on a rebase of the history that both have
    told = [(finding["rule"], finding["severity"]) for finding in result.data["breaks"]]
    assert [item for item in told if item != ("author-uncompared", "note")] == expected


def test_a_rebased_promotion_is_clean(place: FleetRepository) -> None:
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))
    place.git("commit", "-q", "--amend", "--no-edit", "--date", at(7, 13), who="bob", at=at(7, 13))

    assert place.git("log", "-1", "--format=%ae %ce") == "erin@town.example bob@town.example"
    assert audit(place).messages(notes=False) == ""


def test_a_promotion_that_is_merged_days_later_is_a_warning(place: FleetRepository) -> None:
    place.git("checkout", "-q", "-b", "side")
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "side", "-m", "merge", at=at(10, 9))

    result = audit(place)

    [late] = [finding for finding in result.data["breaks"] if finding["severity"] != "note"]
    assert (result.code, late["rule"], late["severity"], late["commit"]) == (
        0,
        "landed-late",
        "warning",
        head(place),
    )


def test_a_deleted_ledger_signature_is_an_error(place: FleetRepository) -> None:
    place.write("ledger/production.sigs/4.sig", "signed\n")
    place.commit("sealed", at=LATE)
    assert audit(place).code == 0
    place.git("rm", "-q", "ledger/production.sigs/4.sig")
    commit = place.commit("unsealed", at=LATE)

    assert audit(place).errors == {("record-deleted", commit, "ledger/production.sigs/4.sig")}


# Pull requests


def pull(place: FleetRepository) -> None:
    place.git("checkout", "-q", "-b", "pull")


def test_a_pull_request_that_leaves_production_alone_is_clean(place: FleetRepository) -> None:
    pull(place)
    place.change("You answer slowly.\n", at=LATE)

    result = audit(place, "--base", "main")

    assert (result.code, result.messages(), result.data["summary"]["commits"]) == (0, "", 1)


def test_a_pull_request_that_edits_production_is_refused(place: FleetRepository) -> None:
    pull(place)
    commit = edit_production(place)

    assert audit(place, "--base", "main").errors == {("unledgered-change", commit, PROMPT)}


def test_a_pull_request_that_reverts_its_edit_of_production_is_clean(
    place: FleetRepository,
) -> None:
    pull(place)
    edit_production(place)
    place.git("revert", "--no-edit", "HEAD", at=LATE)

    assert audit(place, "--base", "main").code == 0


def test_a_pull_request_with_a_promotion_that_the_base_allows_is_clean(place: FleetRepository) -> None:
    pull(place)
    withdraw_veto(place)
    promote(place, "desk", at(7, 13))

    result = audit(place, "--base", "main")

    assert (result.code, result.messages(), result.data["summary"]["promotions"]) == (0, "", 1)


def test_a_pull_request_with_a_promotion_under_its_own_policy_is_refused(place: FleetRepository) -> None:
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

    assert audit(place, "--base", "main").rules == {"policy-not-in-force", "verdict-not-allowed"}


def test_a_pull_request_is_refused_if_the_base_has_promoted_since(place: FleetRepository) -> None:
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


def test_a_pull_request_that_changes_governance_needs_its_approvals(place: FleetRepository) -> None:
    pull(place)
    policy = place.path / "governance/policy.yaml"
    policy.write_text(policy.read_text().replace("version: 2", "version: 3"))
    commit = place.commit("newer", at=at(10, 9))

    assert audit(place, "--base", "main").errors == {
        ("governance-unapproved", commit, "governance/policy.yaml")
    }
    place.agree("carla", now=at(10, 10))
    assert audit(place, "--base", "main").code == 0


def test_a_base_without_common_history_is_refused(
    place: FleetRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    place.git("checkout", "-q", "--orphan", "other")
    place.commit("another beginning", at=LATE)

    assert cli.run(["audit", "-C", str(place.path), "--base", "main"]) == 2


# Reading only


def test_an_audit_writes_nothing_into_the_repository(place: FleetRepository) -> None:
    def all_files() -> dict[str, bytes]:
        files = (file for file in place.path.rglob("*") if file.is_file())
        return {str(file): file.read_bytes() for file in files}

    before = all_files()

    audit(place)
    audit(place, "--base", "HEAD~3")

    assert all_files() == before


def test_a_bare_clone_can_be_audited(place: FleetRepository, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(place.path), str(bare)], check=True)

    assert cli.run(["audit", "-C", str(bare)]) == 0


def test_entries_of_the_test_clock_are_errors_for_an_audit_by_the_real_one(
    place: FleetRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CLOCK)

    cli.run(["audit", "-C", str(place.path), "-o", f"json={tmp_path / 'out.json'}", "--now", NOW])

    breaks = json.loads((tmp_path / "out.json").read_bytes())["breaks"]
    assert {finding["rule"] for finding in breaks if finding["severity"] == "error"} == {"entry-test-clock"}
    assert len([finding for finding in breaks if finding["severity"] == "error"]) == 4
