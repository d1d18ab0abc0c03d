"""Retired releases and suspensions: what leaves an environment, and what blocks it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end import repositories
from tests.end_to_end.repositories import APPLY, DESK, FLEET, MANIFEST, Repository
from tests.schemas.reading import schema

PRODUCTION = DESK.replace("staging", "production")
PROPOSAL = "proposals/production/desk-bot/overrides.yaml"
RETIRED = MANIFEST.replace("lifecycle: production", "lifecycle: retired").replace(
    "  retirement: {", "  retirement: {retiredAt: 2026-11-20, "
)


def retiring(repo: Repository) -> Repository:
    """desk-bot is retired in staging, and dina says yes to that."""
    repo.commit("desk-bot goes", at="2026-11-20T09:00:00+00:00", files={f"{DESK}/agent.yaml": RETIRED})
    repo.approve("desk-bot", "dina", now="2026-11-20T10:00:00Z")
    return repo


def test_a_retired_release_removes_the_agent_from_production(running: Repository) -> None:
    ran = retiring(running).fleet(*APPLY, "--json")

    assert ran.code == 0, ran.err
    [promotion] = ran.data["promotions"]
    assert (promotion["kind"], promotion["release"]) == ("retire", None)
    assert not (running.root / PRODUCTION).exists()
    assert (running.root / DESK / "agent.yaml").exists()
    last = json.loads((running.root / "ledger/production.jsonl").read_text().splitlines()[-1])
    assert (last["kind"], last["agents"][0]["to"]) == ("retire", None)


def test_a_retired_manifest_may_stay_in_staging(
    running: Repository,
) -> None:
    retiring(running).fleet(*APPLY)
    before = running.state

    again = running.fleet(*APPLY)

    assert running.fleet("validate").code == 0
    assert again.code == 0
    assert "UNCHANGED desk-bot (nothing to promote)" in again.out
    assert "runs" not in again.out
    assert running.state == before


def test_the_name_of_a_retired_agent_cannot_be_used_again(running: Repository) -> None:
    retiring(running).fleet(*APPLY)
    running.commit("once more", files={f"{DESK}/agent.yaml": MANIFEST}, at="2026-11-20T13:00:00+00:00")

    validated, promoted = running.fleet("validate"), running.fleet(*APPLY)

    assert (validated.code, promoted.code) == (1, 1)
    assert "name-retired" in validated.out
    assert "was retired from production" in promoted.out


def test_an_agent_retired_before_its_first_promotion_is_not_created(tmp_path: Path) -> None:
    repo = repositories.repository(tmp_path, {**FLEET, f"{DESK}/agent.yaml": RETIRED})

    ran = repo.fleet("promote", "desk-bot", "--to", "production", "--json")

    assert ran.code == 0, ran.err
    assert [(promotion["kind"], promotion["verdict"]) for promotion in ran.data["promotions"]] == [
        (None, "unchanged")
    ]


def test_overrides_can_neither_retire_nor_revive_an_agent(tmp_path: Path) -> None:
    config = FLEET["fleet-config.yaml"].replace("[spec.budgets]", "[spec.lifecycle]")
    repo = repositories.running(tmp_path)
    repo.commit(
        "by the back door",
        files={"fleet-config.yaml": config, PROPOSAL: "spec: {lifecycle: retired}\n"},
    )

    ends = repo.fleet("promote", "desk-bot", "--to", "production")
    repo.commit(
        "the other way", files={f"{DESK}/agent.yaml": RETIRED, PROPOSAL: "spec: {lifecycle: draft}\n"}
    )
    lives = repo.fleet("promote", "desk-bot", "--to", "production", "--json")

    assert ends.code == 1
    assert "lifecycle 'retired' cannot come from overrides" in ends.out
    assert lives.data["promotions"][0]["kind"] == "retire"


def test_a_required_agent_is_retired_only_together_with_the_change_of_its_dependent(tmp_path: Path) -> None:
    needs = MANIFEST.replace("desk-bot", "front-bot") + "  dependsOn: [{agent: desk-bot}]\n"
    front = {
        path.replace("desk-bot", "front-bot").replace("staging", env): text
        for env in ("staging", "production")
        for path, text in {**FLEET, f"{DESK}/agent.yaml": needs}.items()
        if path.startswith(DESK)
    }
    stands = {path.replace("staging", "production"): FLEET[path] for path in FLEET if path.startswith(DESK)}
    repo = repositories.repository(tmp_path, {**FLEET, **stands, **front})
    assert repo.fleet("adopt", "--to", "production", "--apply", now="2026-11-17T09:00:00Z").code == 0
    retiring(repo)

    alone = repo.fleet(*APPLY)
    free = needs.replace("  dependsOn: [{agent: desk-bot}]\n", "")
    repo.commit("front-bot does without", files={f"{DESK.replace('desk', 'front')}/agent.yaml": free})
    repo.approve("front-bot", "dina")
    together = repo.fleet("promote", "desk-bot", "front-bot", "--to", "production", "--apply")

    assert alone.code == 1
    assert "no agent 'desk-bot' in 'production'" in alone.out
    assert together.code == 0, together.out
    assert not (repo.root / PRODUCTION).exists()


def test_a_suspension_is_promoted_without_the_waiting_release(
    running: Repository,
) -> None:
    prompt = (running.root / PRODUCTION / "prompts/system.md").read_text()
    running.commit("stop it", files={PROPOSAL: "spec: {suspended: true}\n"}, at="2026-11-20T09:00:00+00:00")
    running.approve("desk-bot", "dina", now="2026-11-20T10:00:00Z")

    ran = running.fleet(*APPLY, "--json")
    later = running.fleet("promote", "desk-bot", "--to", "production", "--json")

    assert ran.code == 0, ran.err
    assert ran.data["promotions"][0]["kind"] == "override"
    assert (running.root / PRODUCTION / "prompts/system.md").read_text() == prompt
    assert (running.root / PRODUCTION / "overrides.yaml").read_text() == "spec: {suspended: true}\n"
    assert later.data["promotions"][0]["kind"] == "update"


def test_a_proposal_with_more_than_a_suspension_takes_the_release_along(running: Repository) -> None:
    budget = "{window: day, currency: EUR, alertAt: 1, haltAt: 2}"
    running.commit("stop it, and more", files={PROPOSAL: f"spec: {{suspended: true, budgets: [{budget}]}}\n"})

    ran = running.fleet("promote", "desk-bot", "--to", "production", "--json")

    assert ran.data["promotions"][0]["kind"] == "update"


def test_an_agent_removed_from_staging_can_be_suspended_before_its_retirement(running: Repository) -> None:
    running.git("rm", "-rq", DESK)
    running.commit("stop it", files={PROPOSAL: "spec: {suspended: true}\n"})

    ran = running.fleet("promote", "desk-bot", "--to", "production", "--json")

    assert ran.data["promotions"][0]["kind"] == "override"


@pytest.mark.parametrize("removed", [True, False])
def test_a_later_retirement_replaces_a_pending_suspension(running: Repository, removed: bool) -> None:
    stop = ("suspend", "desk-bot", "--env", "production", "--reason", "it leaks", "--apply")
    assert running.fleet(*stop, now="2026-11-20T09:00:00Z").code == 1
    if removed:
        running.git("rm", "-rq", DESK)
    running.commit("desk-bot goes", files={} if removed else {f"{DESK}/agent.yaml": RETIRED})
    running.approve("desk-bot", "dina")

    again = running.fleet(*stop)
    ran = running.fleet(*APPLY, "--json")

    assert again.code == 2
    assert "desk-bot was retired in staging after" in again.err
    assert ran.code == 0, ran.err
    assert ran.data["promotions"][0]["kind"] == "retire"
    assert not (running.root / PRODUCTION).exists()
    assert not (running.root / PROPOSAL).exists()
    assert running.fleet("audit").code == 0


def test_an_agent_can_be_suspended_before_its_waiting_retirement(
    running: Repository,
) -> None:
    running.commit("desk-bot goes", files={f"{DESK}/agent.yaml": RETIRED})
    stop = ("suspend", "desk-bot", "--env", "production", "--reason", "it leaks")

    preview = running.fleet(*stop, "--json")
    running.fleet(*stop, "--apply")
    judged = running.fleet("promote", "desk-bot", "--to", "production")

    assert preview.data["promotion"]["kind"] == "override"
    assert "PENDING desk-bot (override, " in judged.out
    assert "the change of desk-bot in staging will wait" in judged.out


def test_an_agent_adopted_as_retired_is_retired_not_suspended(tmp_path: Path) -> None:
    stands = {path.replace("staging", "production"): FLEET[path] for path in FLEET if path.startswith(DESK)}
    ended = {f"{DESK}/agent.yaml": RETIRED, f"{PRODUCTION}/agent.yaml": RETIRED}
    repo = repositories.repository(tmp_path, {**FLEET, **stands, **ended})
    assert repo.fleet("adopt", "--to", "production", "--apply", now="2026-11-17T09:00:00Z").code == 0
    repo.commit("stop it", files={PROPOSAL: "spec: {suspended: true}\n"})

    ran = repo.fleet("promote", "desk-bot", "--to", "production", "--json")

    assert ran.data["promotions"][0]["kind"] == "retire"


def test_a_stage_edited_by_hand_does_not_block_a_suspension(
    tmp_path: Path,
) -> None:
    stages = {
        path.replace("staging", env): FLEET[path]
        for env in ("canary", "production")
        for path in FLEET
        if path.startswith(DESK)
    }
    config = FLEET["fleet-config.yaml"].replace(
        "  - name: production\n    from: staging",
        "  - name: canary\n    from: staging\n  - name: production\n    from: canary",
    )
    repo = repositories.repository(tmp_path, {**FLEET, **stages, "fleet-config.yaml": config})
    both = ("adopt", "--to", "canary", "--to", "production", "--apply")
    assert repo.fleet(*both, now="2026-11-17T09:00:00Z").code == 0
    repo.commit("by hand", files={f"{DESK.replace('staging', 'canary')}/prompts/system.md": "Anything.\n"})

    release = repo.fleet("promote", "desk-bot", "--to", "production", "--json")
    repo.commit("stop it", files={PROPOSAL: "spec: {suspended: true}\n"})
    brake = repo.fleet("promote", "desk-bot", "--to", "production", "--json")

    [moved], [stopped] = release.data["promotions"], brake.data["promotions"]
    assert "validation" in {requirement["kind"] for requirement in moved["requirements"]}
    assert stopped["kind"] == "override"
    assert {requirement["kind"] for requirement in stopped["requirements"]} == {"approvals"}


def test_a_release_that_only_says_retired_is_refused_and_told_the_way(running: Repository) -> None:
    undecided = MANIFEST.replace("lifecycle: production", "lifecycle: retired")
    running.commit("it says so", at="2026-11-20T09:00:00+00:00", files={f"{DESK}/agent.yaml": undecided})

    refused = running.fleet("promote", "desk-bot", "--to", "production")
    running.fleet("retire", "desk-bot", "--write")
    running.commit("planned", at="2026-11-20T09:30:00+00:00")
    running.approve("desk-bot", "dina", now="2026-11-20T10:00:00Z")

    assert refused.code == 1
    assert "lifecycle-not-ready" in refused.out
    assert "fleet retire desk-bot --write" in refused.out
    assert running.fleet(*APPLY).code == 0
    assert not (running.root / PRODUCTION).exists()


def test_list_and_status_say_who_is_suspended_and_who_leaves(running: Repository) -> None:
    stop = ("suspend", "desk-bot", "--env", "production", "--reason", "it leaks", "--write")
    before = running.fleet("status", "--json")
    running.fleet(*stop)
    running.commit("stop it", at="2026-11-20T09:00:00+00:00")
    running.approve("desk-bot", "dina", now="2026-11-20T10:00:00Z")
    assert running.fleet(*APPLY).code == 0

    listed, status = running.fleet("list", "--json"), running.fleet("status", "desk-bot", "--json")

    for verb, ran in (("list", listed), ("status", status)):
        Draft202012Validator(schema(f"output/{verb}-output")).validate(ran.data)
    assert before.data["summary"]["ahead"] == 1
    assert listed.data["rows"][0]["environments"]["production"]["suspended"] is True
    assert [agent["state"] for agent in status.data["agents"]] == ["suspended"]
    assert "suspended" in running.fleet("status").out
    assert "suspended" in running.fleet("list").out
    assert running.fleet("status", "desk-bto").code == 2
