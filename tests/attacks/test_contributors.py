"""Who had a hand in a change: hidden co-authors, evil merges, squashes, stages in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.scenarios import CONFIG, NOW, agent_files, new_fleet, running_fleet

PROPOSAL = "proposals/production/desk/overrides.yaml"
CHEAPER = "spec: {budgets: [{window: day, currency: EUR, alertAt: 4, haltAt: 6}]}\n"
STAGES = CONFIG.replace(
    "  - {name: production, from: staging,",
    "  - {name: trial, from: staging}\n  - {name: production, from: trial,",
)
STAGES_POLICY = "  - {id: trial, when: {to: trial}, require: [{approvals: 1, from: owner}]}\nveto:"


@pytest.mark.parametrize(
    "trailer",
    [
        "Co-authored-by: Carla <carla@town.example>",
        "co-authored-by:carla <CARLA@town.example>",
        "Co-Authored-By : Carla <carla@town.example>",
        "  Co-authored-by: Carla <carla@town.example>",
        "Co-authored-by: carla@town.example",
        "Co-authored-by: Carla\n <carla@town.example>",
        "Co-authored-by: Bob <bob@town.example>, Carla <carla@town.example>",
    ],
)
def test_a_co_author_in_any_form_does_not_approve(tmp_path: Path, trailer: str) -> None:
    repository = running_fleet(tmp_path)
    repository.change(message=f"change\n\n{trailer}")

    repository.approve("carla")

    result = repository.judge()
    assert result.agent["verdict"] != "allowed"
    assert "co-author of the change" in result.reasons()


def test_a_co_author_without_an_address_is_unknown(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change(message="change\n\nCo-authored-by: Some Machine")
    repository.approve("carla")

    result = repository.judge()

    assert result.agent["verdict"] == "blocked"
    assert "Some Machine" in result.reasons()


def test_who_writes_inside_a_merge_does_not_approve(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.git("checkout", "-q", "-b", "side")
    repository.write("notes.txt", "nothing\n")
    repository.commit("notes", who="alice")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "--no-commit", "side")
    repository.change(who="carla", message="merge notes")

    repository.approve("carla")

    assert "carla: author of the change" in repository.judge().reasons()


def test_a_squash_by_the_forge_leaves_the_reviewer_free(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change(who="alice", committer="noreply@github.com", message="kinder (#12)")

    repository.approve("carla")

    assert repository.judge().agent["verdict"] == "allowed"


def test_a_cherry_pick_keeps_its_author_from_approving(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.git("checkout", "-q", "-b", "topic")
    picked = repository.change(who="carla")
    repository.git("checkout", "-q", "main")
    repository.git("cherry-pick", picked, committer="bob", who="bob")

    repository.approve("carla")

    assert repository.judge().agent["verdict"] == "pending"


def test_who_rebased_it_may_approve_it_and_the_audit_notes_a_missing_original(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.git("checkout", "-q", "-b", "topic")
    picked = repository.change(who="alice", at="2026-11-19T12:00:00Z")
    repository.git("checkout", "-q", "main")
    repository.git("cherry-pick", picked, who="carla")
    repository.approve("carla", now="2026-11-20T12:30:00Z")
    applied = repository.apply(now="2026-11-20T13:00:00Z")
    notes = []
    for _ in range(2):
        audit = repository.fleet("audit", "--json", now="2026-11-20T14:00:00Z")
        assert audit.code == 0, audit.output
        notes.append([b["message"] for b in audit.data["breaks"] if b["rule"] == "author-uncompared"])
        repository.git("update-ref", "-d", "refs/heads/topic")

    assert applied.code == 0, applied.output
    assert notes[0] == []
    assert "carla@town.example committed" in notes[1][0]


def test_who_applied_the_last_promotion_may_approve_the_next(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write(PROPOSAL, CHEAPER)
    repository.commit("cheaper", who="alice", at="2026-11-03T12:00:00Z")
    repository.approve("bob", now="2026-11-03T13:00:00Z")
    assert repository.apply(now="2026-11-03T14:00:00Z").code == 0  # carla applies
    repository.change(who="alice")

    repository.approve("carla")

    assert repository.judge().agent["verdict"] == "allowed"


def test_who_proposed_after_the_last_promotion_may_not_approve(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write(PROPOSAL, CHEAPER)
    repository.commit("cheaper", who="carla")

    repository.approve("carla")

    assert repository.judge().agent["verdict"] == "pending"


def test_an_author_of_the_first_stage_does_not_approve_the_last(tmp_path: Path) -> None:
    repository = new_fleet(tmp_path, config=STAGES, policy=policy_of_stages())
    result = repository.fleet("approve", "desk", "--to", "trial", who="carla", now="2026-11-02T12:00:00Z")
    assert result.code == 0, result.output
    repository.commit("decide", who="carla", at="2026-11-02T12:00:00Z")
    result = repository.fleet(
        "promote", "desk", "--to", "trial", "--apply", who="erin@town.example", now="2026-11-02T13:00:00Z"
    )
    assert result.code == 0, result.output

    repository.approve("alice")  # who wrote it

    assert "alice: author of the change" in repository.judge().reasons()


def test_who_brought_it_to_the_stage_between_may_approve_the_last(tmp_path: Path) -> None:
    repository = new_fleet(tmp_path, config=STAGES, policy=policy_of_stages())
    repository.fleet("approve", "desk", "--to", "trial", who="carla", now="2026-11-02T12:00:00Z")
    repository.commit("decide", who="carla", at="2026-11-02T12:00:00Z")
    result = repository.fleet(
        "promote", "desk", "--to", "trial", "--apply", who="bob", now="2026-11-02T13:00:00Z"
    )
    assert result.code == 0, result.output

    repository.approve("bob")

    assert repository.judge().agent["verdict"] == "allowed", NOW


def test_a_stage_between_that_nobody_promoted_goes_no_further(tmp_path: Path) -> None:
    repository = new_fleet(tmp_path, config=STAGES, policy=policy_of_stages())
    repository.fleet("approve", "desk", "--to", "trial", who="carla", now="2026-11-02T12:00:00Z")
    repository.commit("decide", who="carla", at="2026-11-02T12:00:00Z")
    repository.fleet("promote", "desk", "--to", "trial", "--apply", who="bob", now="2026-11-02T13:00:00Z")
    repository.write("environments/trial/desk/prompts/system.md", "You answer everything.\n")
    repository.commit("quick fix", who="alice")
    repository.approve("carla")

    result = repository.judge()

    assert result.code != 0
    assert "trial" in result.output


def policy_of_stages() -> str:
    """The usual policy, with a rule for the stage between."""
    from tests.attacks.scenarios import POLICY

    return POLICY.replace("veto:", STAGES_POLICY).replace("version: 2", "version: 3")


def test_who_proposes_in_the_commit_of_a_promotion_may_not_approve(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write(PROPOSAL, CHEAPER)
    repository.git("add", "-A")
    repository.git("commit", "-q", "--amend", "--no-edit", who="carla", at="2026-11-02T13:00:00Z")

    refused = repository.judge()

    # nothing is built on a line that came with other changes
    assert refused.code == 2
    assert "proposals/production/desk/overrides.yaml:1: commit" in refused.err
    assert "landing-mixed" in refused.err
    assert "landing-mixed" in repository.fleet("audit", "--json").out


def test_who_proposed_before_the_adoption_may_not_approve(tmp_path: Path) -> None:
    repository = new_fleet(tmp_path)
    for file, text in agent_files("desk", "production").items():
        repository.write(file, text)
    repository.write(PROPOSAL, CHEAPER)
    repository.commit("it runs", who="carla", at="2026-11-01T13:00:00Z")
    result = repository.fleet("adopt", "--to", "production", "--apply", now="2026-11-02T13:00:00Z")
    assert result.code == 0, result.output

    repository.approve("carla")

    result = repository.judge()
    assert result.agent["verdict"] == "pending", result.output
    assert "author of the change" in result.reasons()


def test_who_wrote_what_waited_at_the_adoption_may_not_approve(tmp_path: Path) -> None:
    repository = new_fleet(tmp_path)
    for file, text in agent_files("desk", "production").items():
        repository.write(file, text)
    repository.change(who="carla", at="2026-11-01T13:00:00Z")
    result = repository.fleet("adopt", "--to", "production", "--apply", now="2026-11-02T13:00:00Z")
    assert result.code == 0, result.output

    repository.approve("carla")

    result = repository.judge()
    assert result.agent["verdict"] == "pending", result.output
    assert "author of the change" in result.reasons()


def test_who_wrote_what_was_adopted_as_it_stood_before_may_approve_the_next(tmp_path: Path) -> None:
    repository = new_fleet(tmp_path)
    for file, text in agent_files("desk", "production").items():
        repository.write(file, text)
    repository.commit("it runs", who="carla", at="2026-11-01T13:00:00Z")
    repository.write("environments/staging/desk/prompts/system.md", "You answer the phone.\n\n")
    repository.commit("wide", who="carla", at="2026-11-01T14:00:00Z")
    repository.change("You answer the phone.\n", who="carla", at="2026-11-01T15:00:00Z")
    result = repository.fleet("adopt", "--to", "production", "--apply", now="2026-11-02T13:00:00Z")
    assert result.code == 0, result.output
    repository.change(who="alice")

    repository.approve("carla")

    assert repository.judge().agent["verdict"] == "allowed"


def test_who_wrote_what_a_stage_between_was_adopted_with_may_not_approve_the_last(tmp_path: Path) -> None:
    repository = new_fleet(tmp_path, config=STAGES, policy=policy_of_stages())
    for env in ("trial", "production"):
        for file, text in agent_files("desk", env).items():
            repository.write(file, text)
    repository.commit("it runs", at="2026-11-01T13:00:00Z")
    result = repository.fleet("adopt", "--to", "production", "--apply", now="2026-11-02T13:00:00Z")
    assert result.code == 0, result.output
    repository.write("environments/trial/desk/prompts/system.md", "You answer the phone kindly.\n")
    repository.commit("by hand", who="carla", at="2026-11-03T13:00:00Z")
    result = repository.fleet("approve", "desk", "--to", "trial", who="bob", now="2026-11-03T14:00:00Z")
    assert result.code == 0, result.output
    repository.commit("decide", who="bob", at="2026-11-03T14:00:00Z")
    result = repository.fleet("adopt", "--to", "trial", "--apply", now="2026-11-04T13:00:00Z")
    assert result.code == 0, result.output

    repository.approve("carla")

    result = repository.judge()
    assert result.agent["verdict"] == "pending", result.output
    assert "author of the change" in result.reasons()
