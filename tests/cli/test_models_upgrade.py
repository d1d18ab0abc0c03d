"""`fleet models upgrade`: one plan for every agent that is pinned to a model, written all or not at all."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.outside import Terminal, terminal
from tests.paths import SAMPLES
from tests.schemas.reading import schema

OLD, NEW = "claude-sonnet-4-6", "claude-opus-4-6"
COMMENTED = "spec: # of this site\n  model: {name: claude-sonnet-4-6, parameters: {temperature: 0}} # fixed\n"


@pytest.fixture
def zoe(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """The sample fleet, in which overrides of both environments name the model, too."""
    user = terminal(tmp_path_factory.mktemp("upgrade"))
    shutil.rmtree(user.folder)
    shutil.copytree(SAMPLES / "acme", user.folder)
    config = (user.folder / "fleet-config.yaml").read_text(encoding="utf-8")
    models = (user.folder / "governance/models.yaml").read_text(encoding="utf-8")
    user.write(
        {
            "fleet-config.yaml": config.replace("overridable: [", "overridable: [spec.model, "),
            "governance/models.yaml": f"{models}  - {{provider: anthropic, name: {NEW}, allowed: true}}\n",
            "environments/production/refund-bot/overrides.yaml": COMMENTED,
        }
    )
    user.git("init", "-q")
    user.commit("start")
    return user


def upgrade(zoe: Terminal, *arguments: str) -> Any:
    ran = zoe.fleet("models", "upgrade", *arguments, "--json")
    assert ran.err == ""
    judge = Draft202012Validator(schema("output/models-upgrade-output"))
    assert [error.message for error in judge.iter_errors(ran.data)] == []
    return ran


def test_the_plan_says_what_each_agent_repeats_and_who_is_asked_and_what_else_names_the_model(
    zoe: Terminal,
) -> None:
    before = zoe.contents()

    plan = upgrade(zoe, OLD, NEW).data

    assert {row["agent"]: (row["tier"], row["suites"]) for row in plan["agents"]} == {
        "onboarding": ("medium", ["journey"]),
        "refund-bot": ("high", ["refund-quality", "safety"]),
    }
    by_tier = {row["tier"]: [item["detail"] for item in row["requires"]] for row in plan["tiers"]}
    assert by_tier["medium"] == ["1 of owner", "1 of platform", "passed, at most 30 days old"]
    assert {"2 of risk", "1 day"} <= set(by_tier["high"])
    assert [(row["agent"], row["environment"], row["role"], row["outcome"]) for row in plan["mentions"]] == [
        ("onboarding", "staging", "model", "edit"),
        ("refund-bot", "staging", "model", "edit"),
        ("refund-bot", "production", "override", "proposal"),
        ("policy-lookup", "staging", "fallback", "open"),
        ("refund-bot", "staging", "file", "open"),
        ("refund-bot", "staging", "file", "open"),
    ]
    assert (plan["old"]["retiresAt"], plan["old"]["inDays"]) == ("2027-09-30", 314)
    [need] = plan["models"]["needs"]
    assert need["action"] == "date"
    assert (plan["written"], zoe.contents()) == (False, before)


def test_written_it_keeps_every_comment_and_the_diff_is_one_change(zoe: Terminal) -> None:
    before = zoe.contents()
    zoe.write({"governance/waivers.yaml": "apiVersion: fleetward/v1\nkind: Waivers\nwaivers: []\n"})

    ran = upgrade(zoe, f"anthropic/{OLD}", NEW, "--write")

    assert ran.code == 0
    assert ran.data["written"]
    proposal = "proposals/production/refund-bot/overrides.yaml"
    after = zoe.contents()
    changed = sorted(path for path in after if after[path] != before.get(path) and "waivers" not in path)
    assert [path for path in changed if after[path]] == sorted([*ran.data["files"]])
    for path in ran.data["files"]:
        source = before.get(path, COMMENTED.encode())
        assert after[path] == source.replace(OLD.encode(), NEW.encode(), 1), path
    assert after[proposal] == COMMENTED.replace(OLD, NEW).encode()
    # it edits, it does not commit
    assert zoe.git("log", "--oneline").count("\n") == 1

    zoe.run("sh", "-c", ran.data["next"])
    [group] = [
        row
        for row in zoe.fleet("diff", "HEAD~1..HEAD", "--json").data["groups"]
        if row["path"] == "spec.model.name" and len(row["agents"]) > 1
    ]
    assert group["agents"] == ["staging/onboarding", "staging/refund-bot"]
    assert (group["before"], group["after"]) == (OLD, NEW)


def test_where_narrows_it_and_models_yaml_is_told_what_it_needs(zoe: Terminal) -> None:
    ran = upgrade(zoe, OLD, "claude-sonnet-4-9", "--where", "tier=medium", "--write")

    assert (ran.code, ran.data["files"]) == (0, ["environments/staging/onboarding/agent.yaml"])
    assert ran.data["models"]["needs"] == [
        {
            "action": "add",
            "entry": "- {provider: anthropic, name: claude-sonnet-4-9, allowed: true}",
            "reason": "anthropic/claude-sonnet-4-9 is not listed: only models that it allows may be used",
        }
    ]


def test_what_would_cause_an_error_is_not_written(zoe: Terminal) -> None:
    before = zoe.contents()

    ran = zoe.fleet("models", "upgrade", OLD, "claude-sonnet-latest", "--write")

    assert (ran.code, zoe.contents()) == (1, before)
    assert "nothing was written" in ran.out
    assert "error model-floating" in ran.out


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["claude-sonet-4-6", NEW], "claude-sonnet-4-6"),
        ([OLD, OLD], "name another NEW"),
        ([OLD, NEW, "--where", "tiers=high"], "did you mean 'tier'?"),
        ([OLD, NEW, "--where", "tier=critical"], "fleet list"),
    ],
)
def test_what_fits_nothing_is_an_error_with_a_hint(zoe: Terminal, arguments: list[str], hint: str) -> None:
    ran = zoe.fleet("models", "upgrade", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert hint in ran.err


def test_a_version_of_the_old_model_does_not_stay_beside_the_new_one(zoe: Terminal) -> None:
    manifest = zoe.folder / "environments/staging/onboarding/agent.yaml"
    text = manifest.read_text(encoding="utf-8")
    apart = "model:\n    provider: azure\n    name: gpt-4.1\n    version: 2025-04-14 # old\n    deployment: eu-1\n"
    apart += "    upgradePolicy: no-auto-upgrade"
    manifest.write_text(
        text.replace("model: {provider: anthropic, name: claude-sonnet-4-6}", apart), encoding="utf-8"
    )
    models = zoe.folder / "governance/models.yaml"
    listed = (
        '  - {provider: azure, name: gpt-5, version: "2025-08-07", allowed: true, retiresAt: 2028-01-01}\n'
    )
    models.write_text(models.read_text(encoding="utf-8") + listed, encoding="utf-8")

    ran = upgrade(zoe, "gpt-4.1", "gpt-5", "--write")

    edited = manifest.read_text(encoding="utf-8")
    assert (ran.code, ran.data["written"]) == (0, True), ran.data["problems"]
    assert "name: gpt-5\n    version: 2025-08-07 # old\n    deployment: eu-1" in edited.replace('"', "")
    assert [row["role"] for row in ran.data["mentions"]] == ["model", "deployment"]
