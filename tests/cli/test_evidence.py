"""``fleet evidence add``: what a run says of its own making, and what nobody may say for it twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end.repositories import DESK, POLICY, CommandResult, Repository, running
from tests.schemas.reading import schema

EVALS = POLICY.replace("version: 1", "version: 2").replace(
    "{approvals: 1, from: owner}", "{approvals: 1, from: owner}, {evals: passed}"
)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    repo = running(tmp_path)
    repo.commit("evaluated before every change", files={"governance/policy.yaml": EVALS})
    repo.agree("carla", now="2026-11-18T10:00:00Z")
    return repo


def promptfoo(release: str | None = None) -> str:
    """Results of one passed test, tagged or not."""
    rows = [{"success": True, "failureReason": 0, "gradingResult": {"pass": True}}]
    config = {"tags": {"fleet.release": release}} if release else {}
    return json.dumps({"config": config, "results": {"results": rows, "stats": {"successes": 1}}})


def add(repo: Repository, text: str, *options: str) -> CommandResult:
    (repo.root / "results.json").write_text(text)
    words = ("evidence", "add", "desk-bot", "results.json", "--suite", "quality", *options)
    ran = repo.fleet(*words, identity="alice")
    (repo.root / "results.json").unlink()
    return ran


def release(repo: Repository) -> str:
    return str(repo.fleet("release", "desk-bot", "--json").data["release"])


def detail(repo: Repository) -> str:
    [promotion] = repo.fleet("promote", "desk-bot", "--to", "production", "--json").data["promotions"]
    [text] = [
        requirement["detail"] for requirement in promotion["requirements"] if requirement["kind"] == "evals"
    ]
    return str(text)


def test_a_run_without_a_tag_is_recorded_as_claimed_and_the_verdict_says_so(repo: Repository) -> None:
    ran = add(repo, promptfoo(), "--json")
    repo.commit("evidence")

    assert ran.code == 0, ran.err
    assert list(Draft202012Validator(schema("output/evidence-output")).iter_errors(ran.data)) == []
    assert (ran.data["claimed"], ran.data["dirty"]) == (True, False)
    assert "its file names no release, so this release is only claimed" in detail(repo)


def test_a_tagged_run_is_not_claimed(repo: Repository) -> None:
    ran = add(repo, promptfoo(release(repo)), "--json")
    repo.commit("evidence")

    assert ran.data["claimed"] is False
    assert "claimed" not in detail(repo)


@pytest.mark.parametrize("committed", [True, False])
def test_one_run_without_a_tag_is_no_evidence_for_two_releases(repo: Repository, committed: bool) -> None:
    first = release(repo)
    assert add(repo, promptfoo()).code == 0
    if committed:
        repo.commit("evidence")
        shutil.rmtree(repo.root / "evidence")
    (repo.root / DESK / "prompts" / "system.md").write_text("You answer.\n")
    repo.git("commit", "-q", "-m", "shorter", "--", DESK)

    ran = add(repo, promptfoo())

    assert ran.code == 2
    assert f"'results.json' carries no tag fleet.release and is recorded for {first[7:19]} already" in ran.err
    assert "tagged with what 'fleet release desk-bot' prints" in ran.err
    assert add(repo, promptfoo(release(repo))).code == 0


def test_the_same_run_again_for_the_same_release_is_recorded_already(repo: Repository) -> None:
    assert add(repo, promptfoo()).code == 0

    again = add(repo, promptfoo())

    assert again.code == 0
    assert "already recorded in" in again.out


def test_the_last_line_commits_a_record_once_and_then_goes_on_to_what_it_is_for(repo: Repository) -> None:
    lasts = [add(repo, promptfoo()).out.splitlines()[-1] for _ in range(2)]
    repo.commit("evaluated")

    again = add(repo, promptfoo()).out.splitlines()[-1]

    assert {text.split(" evidence/")[0] for text in lasts} == {"git add"}
    assert again == "fleet promote desk-bot --to production"


def test_a_record_of_where_nothing_is_promoted_from_ends_with_a_command_that_works(repo: Repository) -> None:
    add(repo, promptfoo(), "--env", "production")
    repo.commit("evaluated")

    last = add(repo, promptfoo(), "--env", "production").out.splitlines()[-1]

    assert last == "fleet release desk-bot --env production"
    assert repo.fleet(*last.split()[1:]).code == 0


def test_a_run_in_a_dirty_work_tree_is_recorded_and_the_verdict_says_so(repo: Repository) -> None:
    manifest = (repo.root / DESK / "agent.yaml").read_text().replace("promptfoo", "fleetward")
    repo.commit("another tool", files={f"{DESK}/agent.yaml": manifest})
    run = {"format": "fleetward.evaluation/1", "counts": {"total": 1, "passed": 1}, "dirty": True}

    ran = add(repo, json.dumps({**run, "release": release(repo)}))
    repo.commit("evidence")

    assert "ran in a work tree with uncommitted changes" in ran.out
    assert detail(repo).endswith("; ran in a work tree with uncommitted changes")


@pytest.mark.parametrize(
    "words",
    [
        ("evidence", "add", "desk-bto", "results.json", "--suite", "quality"),
        ("release", "desk-bto"),
        ("log", "desk-bto"),
        ("log", "new-bto"),
    ],
)
def test_an_unknown_agent_is_refused_with_the_nearest_name(repo: Repository, words: tuple[str, ...]) -> None:
    text = (repo.root / DESK / "agent.yaml").read_text().replace("desk-bot", "new-bot")
    repo.commit("another, never promoted", files={"environments/staging/new-bot/agent.yaml": text})

    ran = repo.fleet(*words)

    assert ran.code == 2
    nearest = "new-bot" if "new-bto" in words else "desk-bot"
    assert f"did you mean {nearest!r}?" in ran.err


def test_the_log_of_an_agent_that_was_never_promoted_names_the_way_there(repo: Repository) -> None:
    text = (repo.root / DESK / "agent.yaml").read_text().replace("desk-bot", "desk-bots")
    repo.commit("another", files={"environments/staging/desk-bots/agent.yaml": text})

    ran = repo.fleet("log", "desk-bots")

    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "fleet promote desk-bots --to production"
