"""Law that the judged brings along, ledgers that shrink, folders that nobody promoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.scenarios import (
    CONFIG,
    EVALS,
    MANIFEST,
    NOW,
    PEOPLE,
    POLICY,
    agent_files,
    new_fleet,
    running_fleet,
)

LEDGER = "ledger/production.jsonl"
WAIVERS = """\
apiVersion: fleetward/v1
kind: Waivers
waivers:
  - {rule: escalation-nobody, agent: desk, reason: no queue yet, approvedBy: dina, expires: 2026-12-31}
"""


def test_a_weaker_policy_in_the_same_pull_request_does_not_apply(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.git("checkout", "-q", "-b", "topic")
    repository.write(
        "governance/policy.yaml", POLICY.replace("unknownAuthors: refuse", "unknownAuthors: ignore")
    )
    repository.change(who="mallory@elsewhere.example")

    result = repository.judge("--base", "main")

    assert "mallory@elsewhere.example" in result.reasons()


def test_an_author_who_becomes_somebody_else_in_the_same_pull_request_is_still_the_author(
    tmp_path: Path,
) -> None:
    repository = running_fleet(tmp_path)
    repository.git("checkout", "-q", "-b", "topic")
    people = PEOPLE.replace("[carla@town.example]", "[carla@home.example, alice@town.example]")
    repository.write("governance/people.yaml", people.replace("[alice@town.example]", "[alice@new.example]"))
    repository.change(who="alice")
    repository.git("checkout", "-q", "main")
    repository.git("branch", "-q", "judged", "topic")
    repository.git("checkout", "-q", "judged")

    result = repository.judge("--base", "main")

    assert result.agent["unblock"]["people"] == ["bob", "carla"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("governance/waivers.yaml", WAIVERS),
        ("fleet-config.yaml", CONFIG + "rules: {escalation-nobody: off}\n"),
    ],
)
def test_a_pull_request_does_not_excuse_its_own_errors(tmp_path: Path, file: str, text: str) -> None:
    repository = running_fleet(tmp_path)
    repository.git("checkout", "-q", "-b", "topic")
    repository.write(file, text)
    repository.write("environments/staging/desk/agent.yaml", (MANIFEST % "desk").replace("queue: desk, ", ""))
    repository.commit("no queue")

    result = repository.judge("--base", "main")

    assert result.agent["verdict"] == "blocked"
    assert "escalation-nobody" in result.reasons()


def test_a_pull_request_does_not_widen_what_may_be_overridden(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("fleet-config.yaml", CONFIG.replace("[spec.budgets]", "[spec.budgets, spec.model]"))
    repository.write(
        "proposals/production/desk/overrides.yaml", "spec: {model: {name: gpt-4.1-2025-04-14}}\n"
    )
    repository.commit("another pin")

    result = repository.judge("--base", "main")

    assert "override-not-allowed" in result.reasons()


def test_a_pull_request_that_writes_production_and_ledger_itself_is_not_unchanged(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.git("checkout", "-q", "-b", "topic")
    repository.change()
    repository.approve("carla")
    assert repository.apply().code == 0

    result = repository.judge("--base", "main")

    assert result.code == 2
    assert LEDGER in result.err


def test_reading_errors_cannot_be_waived(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write("governance/waivers.yaml", WAIVERS.replace("escalation-nobody", "hidden-characters"))
    repository.change("You answer\u200b the phone.\n")

    # the waiver waits for agreement, so it waives nothing, and the error stays one
    assert "hidden-characters" in repository.judge().reasons()
    assert repository.fleet("validate").code == 1


def test_hidden_characters_in_a_prompt_stop_the_promotion(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change("You answer\u200b the phone.\n")
    repository.approve("carla")

    assert "hidden-characters" in repository.judge().reasons()


def test_a_policy_version_below_the_last_used_names_its_line(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write("governance/policy.yaml", POLICY.replace("version: 2", "version: 1"))
    repository.change()

    assert repository.judge().data["policy"]["version"] == 2
    result = repository.fleet("approve", "--governance", "--json", who="dina")
    assert result.code == 2, result.output
    assert "governance/policy.yaml:3: " in result.err


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("governance/people.yaml", PEOPLE.replace("members: [dina]", "members: [nobody]")),
        ("governance/people.yaml", PEOPLE.replace("[dina@town.example]", "[carla@town.example]")),
        ("governance/people.yaml", PEOPLE.replace("[dina@town.example]", '["*@town.example"]')),
        ("governance/people.yaml", "a: [\n"),
        ("governance/policy.yaml", POLICY.replace("from: owner", "from: ownr")),
        ("governance/policy.yaml", POLICY.replace("approvals: 1", "approvals: 1, sometimes: yes")),
        ("governance/policy.yaml", POLICY.replace("version: 2", "version: 2\nversion: 3")),
        ("governance/policy.yaml", POLICY.replace("approvals: 1, from: owner", "approvals: 9, from: risk")),
        (
            "governance/policy.yaml",
            POLICY.replace(
                "to: production}, require: [{approvals: 1, from: owner}]", "tier: high}, require: []"
            ),
        ),
        ("governance/waivers.yaml", WAIVERS.replace("escalation-nobody", "no-such-rule")),
        ("governance/connectors.yaml", "[" * 50_000),
        ("fleet-config.yaml", CONFIG.replace("from: staging", "from: stagin")),
        ("fleet-config.yaml", CONFIG + "rules: {yaml-syntax: off}\n"),
    ],
)
def test_invalid_governance_decides_nothing_and_is_a_finding_for_validate(
    tmp_path: Path, file: str, text: str
) -> None:
    repository = running_fleet(tmp_path)
    repository.write(file, text)
    repository.change()

    result = repository.judge()
    assert (result.code, result.data["policy"]["version"]) == (1, 2), result.output
    assert len(result.data["policy"]["pending"]) == 1
    result = repository.fleet("approve", "--governance", who="dina")
    assert result.code == 2, result.output
    assert f"{file}:" in result.err
    result = repository.fleet("validate", "--json")
    assert result.code == 1, result.output
    assert file in {finding["file"] for finding in result.data["findings"]}
    assert repository.git("status", "--porcelain") == ""


def test_a_ledger_that_lost_its_last_line_gives_no_answer(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.change("two\n", at="2026-11-03T12:00:00Z")
    repository.approve("carla", now="2026-11-03T13:00:00Z")
    assert repository.apply(now="2026-11-03T14:00:00Z").code == 0
    repository.git(
        "revert", "--no-edit", "HEAD", at="2026-11-03T15:00:00Z"
    )  # old approvals would count again

    result = repository.apply(now="2026-11-03T16:00:00Z")

    assert result.code == 2
    assert LEDGER in result.err


def test_reverting_the_revert_of_a_promotion_brings_the_answer_back(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.git("revert", "--no-edit", "HEAD")
    assert repository.judge().code == 2

    repository.git("revert", "--no-edit", "HEAD")

    assert repository.judge().agent["verdict"] == "unchanged"


def test_a_last_line_that_was_edited_gives_no_answer(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    ledger = repository.path / LEDGER
    ledger.write_text(
        ledger.read_text(encoding="utf-8").replace('"version":2', '"version":1'), encoding="utf-8"
    )
    repository.change()

    assert repository.judge().code == 2


@pytest.mark.parametrize("how", ["gone", "empty", "a link"])
def test_a_ledger_that_went_away_cannot_be_begun_again(tmp_path: Path, how: str) -> None:
    repository = running_fleet(tmp_path)
    ledger = repository.path / LEDGER
    ledger.unlink()
    if how == "empty":
        ledger.write_bytes(b"")
    if how == "a link":
        ledger.symlink_to("other.jsonl")
    repository.write("environments/production/desk/prompts/system.md", "You answer everything.\n")
    repository.commit("start over")

    result = repository.fleet("adopt", "--to", "production", "--apply")

    assert result.code == 2
    assert LEDGER in result.err


def test_nothing_new_goes_beside_agents_that_were_never_adopted(tmp_path: Path) -> None:
    repository = new_fleet(tmp_path, agents=("desk", "door"))
    for file, text in agent_files("door", "production").items():
        repository.write(file, text)
    repository.commit("was always there")

    result = repository.apply()

    assert result.code == 2
    assert "fleet adopt" in result.err


def test_production_written_by_hand_gives_no_answer(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write("environments/production/desk/prompts/system.md", "You answer everything.\n")
    repository.commit("quick fix")

    result = repository.judge()

    assert result.code == 2
    assert "environments/production/desk" in result.err


def test_an_agent_put_into_production_by_hand_gives_no_answer(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    for env in ("staging", "production"):
        for file, text in agent_files("door", env).items():
            repository.write(file, text)
    repository.commit("quick agent")

    assert repository.judge(agent="door").code == 2


def test_a_unit_with_one_blocked_member_writes_nothing(tmp_path: Path) -> None:
    repository = new_fleet(tmp_path, agents=("desk", "door"))
    repository.approve("carla")
    repository.approve("carla", agent="door")
    repository.approve("dina", "--reject", agent="door")
    head = repository.git("rev-parse", "HEAD")

    result = repository.apply("door")

    assert result.code == 1
    assert repository.git("rev-parse", "HEAD") == head
    assert not (repository.path / "environments/production").exists()


def test_a_release_that_would_collide_with_its_overrides_is_not_promoted(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write("environments/staging/desk/Overrides.yaml", "{}\n")
    repository.write(
        "proposals/production/desk/overrides.yaml",
        "spec: {budgets: [{window: day, currency: EUR, alertAt: 4, haltAt: 6}]}\n",
    )
    repository.commit("one file on some systems")
    repository.approve("carla")

    assert "path-collision" in repository.judge().reasons()


@pytest.mark.parametrize("odd", ["link", "second file"])
def test_an_invalid_proposal_blocks_the_promotion(tmp_path: Path, odd: str) -> None:
    repository = running_fleet(tmp_path)
    folder = "proposals/production/desk"
    if odd == "link":
        repository.write("proposals/cheaper.yaml", "spec: {}\n")
        (repository.path / folder).mkdir(parents=True)
        (repository.path / folder / "overrides.yaml").symlink_to("../../cheaper.yaml")
    else:
        repository.write(f"{folder}/overrides.yaml", "spec: {suspended: true}\n")
        repository.write(f"{folder}/notes.md", "why\n")
    repository.change()
    repository.approve("carla")

    result = repository.judge()

    assert result.agent["verdict"] == "blocked"
    assert folder in result.reasons()


def test_an_override_of_a_guarded_path_is_refused_whoever_approves(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write(
        "proposals/production/desk/overrides.yaml", "spec: {model: {name: gpt-4.1-2025-04-14}}\n"
    )
    repository.commit("another pin", who="alice")
    repository.approve("carla")

    assert "override-not-allowed" in repository.judge().reasons()


def test_a_proposal_swapped_after_the_approval_is_another_state(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    proposal = "proposals/production/desk/overrides.yaml"
    repository.write(proposal, "spec: {budgets: [{window: day, currency: EUR, alertAt: 4, haltAt: 6}]}\n")
    repository.commit("cheaper")
    repository.approve("carla")
    repository.write(proposal, "spec: {budgets: [{window: day, currency: EUR, alertAt: 400, haltAt: 600}]}\n")
    repository.commit("dearer")

    result = repository.judge()

    assert result.agent["verdict"] == "pending"
    assert "another state" in result.reasons()


def test_a_new_owner_does_not_wave_the_takeover_through(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    text = (MANIFEST % "desk").replace(
        "{team: desk, accountable: alice, backup: bob}", "{team: risk, accountable: dina, backup: dina}"
    )
    repository.write(
        "environments/staging/desk/agent.yaml", text.replace("responsible: desk", "responsible: risk")
    )
    repository.commit("ours now")
    repository.approve("dina")

    assert "dina: not in owner" in repository.judge().reasons()


def test_a_lowered_tier_is_judged_by_the_higher(tmp_path: Path) -> None:
    repository = new_fleet(tmp_path)
    low = MANIFEST % "desk"
    repository.write("environments/staging/desk/agent.yaml", low.replace("tier: low", "tier: high"))
    repository.commit("high", at="2026-11-02T09:00:00Z")
    repository.approve("carla", now="2026-11-02T12:00:00Z")
    assert repository.apply(now="2026-11-02T13:00:00Z").code == 0
    repository.write("environments/staging/desk/agent.yaml", low)
    repository.commit("low")

    assert repository.judge().agent["tier"] == "high"


def test_a_retired_name_does_not_come_back(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.git("rm", "-r", "-q", "environments/staging/desk")
    repository.commit("retire", at="2026-11-03T12:00:00Z")
    repository.approve("carla", now="2026-11-03T13:00:00Z")
    assert repository.apply(now="2026-11-03T14:00:00Z").code == 0
    assert not (repository.path / "environments/production/desk").exists()
    for file, text in agent_files("desk").items():
        repository.write(file, text)
    repository.commit("back again")
    repository.approve("carla")

    assert "was retired" in repository.judge().reasons()


def test_a_deleted_failing_record_is_missed(tmp_path: Path) -> None:
    repository = running_fleet(tmp_path)
    repository.write(
        "governance/policy.yaml", POLICY.replace("veto:", EVALS).replace("version: 2", "version: 3")
    )
    repository.change()
    repository.agree("carla")
    for number, outcome in ((1, ""), (2, "<failure/>")):
        repository.write(f"run{number}.xml", junit(outcome))
        result = repository.fleet(
            "evidence", "add", "desk", "--suite", "quality", f"run{number}.xml", "--json",
            now=f"2026-11-20T0{number}:00:00Z",
        )  # fmt: skip
        assert result.code == 0, result.output
    repository.commit("evidence", who="ci")
    repository.approve("carla")
    assert "below 0.9" in repository.judge().reasons()
    repository.git("rm", "-q", result.data["files"][0]["file"])
    repository.commit("flaky", who="ci")

    assert repository.judge().agent["verdict"] == "blocked"


@pytest.mark.parametrize(
    "text",
    [
        '<testsuite name="t" tests="0"/>',
        '<testsuite name="t" tests="1"><testcase name="a"><skipped/></testcase></testsuite>',
    ],
)
def test_a_run_without_a_test_proves_nothing(tmp_path: Path, text: str) -> None:
    repository = running_fleet(tmp_path)
    repository.write(
        "governance/policy.yaml", POLICY.replace("veto:", EVALS).replace("version: 2", "version: 3")
    )
    repository.change()
    repository.agree("carla")
    repository.write("run.xml", text)
    repository.fleet("evidence", "add", "desk", "--suite", "quality", "run.xml", now="2026-11-20T01:00:00Z")
    repository.commit("evidence", who="ci")
    repository.approve("carla")

    assert repository.judge().code == 1, NOW


def junit(outcome: str) -> str:
    """One test with this outcome."""
    return f'<testsuite name="t" tests="1"><testcase name="a">{outcome}</testcase></testsuite>'
