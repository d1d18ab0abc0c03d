"""`fleet new`, run as it is installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from tests.cli.outside import Terminal, terminal
from tests.paths import CHECKOUT, SAMPLES

MANIFEST = "environments/staging/mail-bot/agent.yaml"


@pytest.fixture
def zoe(tmp_path: Path) -> Terminal:
    return terminal(tmp_path)


@pytest.fixture
def user(zoe: Terminal) -> Terminal:
    """What `fleet init` makes, committed."""
    zoe.fleet("init", "--yes")
    zoe.commit("start")
    return zoe


def copied(who: Terminal, source: Path) -> Terminal:
    shutil.copytree(source, who.folder, dirs_exist_ok=True)
    who.git("init", "-q")
    who.commit("start")
    return who


def spec(who: Terminal, path: str = MANIFEST) -> dict:
    return yaml.safe_load((who.folder / path).read_text(encoding="utf-8"))["spec"]


@pytest.mark.parametrize("source", ["init", "acme", "example"])
def test_a_new_agent_is_valid_at_once_wherever_it_is_made(zoe: Terminal, source: str) -> None:
    if source == "init":
        zoe.fleet("init", "--yes")
    else:
        copied(zoe, SAMPLES / "acme" if source == "acme" else CHECKOUT / "example-fleet")
    before = zoe.fleet("validate", "--json").data["summary"]

    ran = zoe.fleet("new", "mail-bot")
    after = zoe.fleet("validate", "--json").data

    assert ran.code == 0, ran.err
    assert (after["summary"]["errors"], after["summary"]["warnings"]) == (0, before["warnings"] + 3)
    assert after["summary"]["agents"] == before["agents"] + 1
    found = [
        (finding["rule"], finding["file"]) for finding in after["findings"] if finding["agent"] == "mail-bot"
    ]
    folder = "environments/staging/mail-bot"
    assert found == [
        ("placeholder-text", f"{folder}/agent.yaml"),
        ("placeholder-text", f"{folder}/evals/quality.yaml"),
        ("placeholder-text", f"{folder}/prompts/system.md"),
        ("practice-missing", f"{folder}/agent.yaml"),
    ]


@pytest.mark.parametrize("name", ["null", "true", "007", "1e5", "on", "a", "x" * 63])
def test_every_name_that_an_agent_may_have_works(user: Terminal, name: str) -> None:
    ran = user.fleet("new", name)

    judged = user.fleet("validate", "--json")

    assert ran.code == 0, ran.err
    assert judged.data["summary"]["errors"] == 0
    assert {finding["rule"] for finding in judged.data["findings"] if finding["agent"] == name} == {
        "placeholder-text",
        "practice-missing",
    }


@pytest.mark.parametrize(
    "name", ["Mail-Bot", "-x", "x-", "a_b", "..", "a/b", "", "x" * 64, "bot\n", "bоt", ".git"]
)
def test_an_invalid_agent_name_is_refused(user: Terminal, name: str) -> None:
    before = user.contents()

    refused = user.fleet("new", "--", name) if name.startswith("-") else user.fleet("new", name)

    assert refused.code == 2
    assert "is not a valid agent name" in refused.err
    assert user.contents() == before


def test_the_owner_is_the_team_of_the_person_at_the_keyboard(tmp_path: Path) -> None:
    hugo = copied(terminal(tmp_path, "Hugo Meyer", "HUGO@acme.example"), SAMPLES / "acme")

    hugo.fleet("new", "mail-bot")

    assert spec(hugo)["owner"] == {"team": "platform", "accountable": "hugo", "backup": "erin"}


def test_a_stranger_gets_the_first_team_with_people_in_it(tmp_path: Path) -> None:
    zoe = copied(terminal(tmp_path), SAMPLES / "acme")
    people = zoe.folder / "governance/people.yaml"
    people.write_text(people.read_text().replace("teams:\n", "teams:\n  ghosts: {members: []}\n"))

    zoe.fleet("new", "mail-bot")

    assert spec(zoe)["owner"] == {"team": "payments", "accountable": "alice", "backup": "carla"}


def test_without_anybody_in_a_team_there_is_no_owner_and_no_agent(user: Terminal) -> None:
    people = user.folder / "governance/people.yaml"
    people.write_text(
        "apiVersion: fleetward/v1\nkind: People\npeople:\n  a: {name: A, emails: [a@acme.example]}\n"
        "teams:\n  ghosts: {members: []}\n"
    )
    (user.folder / "governance/policy.yaml").unlink()

    refused = user.fleet("new", "mail-bot")

    assert refused.code == 2
    assert "no team has an active member" in refused.err
    assert not (user.folder / MANIFEST).exists()


def models(who: Terminal, *entries: str) -> None:
    listed = "".join(f"  - {{{entry}}}\n" for entry in entries)
    text = f"apiVersion: fleetward/v1\nkind: Models\nmodels:\n{listed}"
    (who.folder / "governance/models.yaml").write_text(text)


def test_the_model_is_the_first_that_is_allowed_pinned_and_stays(user: Terminal) -> None:
    models(
        user,
        "provider: openai, name: gpt-4.1, allowed: true",
        "provider: openai, name: gpt-4o-2024-05-13, allowed: false",
        "provider: openai, name: gpt-4.1-2025-04-14, allowed: true, retiresAt: 2026-12-01",
        "provider: openai, name: gpt-4.1-mini-2025-04-14, allowed: true",
        "provider: openai, name: gpt-4.1-nano-2025-04-14, allowed: true",
        "provider: anthropic, name: claude-sonnet-4-6, allowed: true",
    )

    user.fleet("new", "mail-bot")

    assert spec(user)["model"] == {
        "provider": "openai",
        "name": "gpt-4.1-mini-2025-04-14",
        "fallbacks": [{"provider": "anthropic", "name": "claude-sonnet-4-6"}],
    }


def test_without_an_allowed_pinned_model_no_agent_is_created(user: Terminal) -> None:
    models(user, "provider: openai, name: gpt-4.1, allowed: true")

    refused = user.fleet("new", "mail-bot")

    assert refused.code == 2
    assert "allows no pinned model" in refused.err
    assert not (user.folder / MANIFEST).exists()


def test_the_tier_is_the_lowest_that_the_floors_allow(user: Terminal) -> None:
    policy = user.folder / "governance/policy.yaml"
    policy.write_text(policy.read_text().replace("{toolAccess: write}", "{toolAccess: read}"))

    data = user.fleet("new", "mail-bot", "--json").data

    assert spec(user)["risk"]["tier"] == "medium"
    assert {finding["rule"] for finding in data["toDo"]} == {"placeholder-text"}
    assert user.fleet("validate", MANIFEST).code == 0


def test_fields_that_the_policy_requires_beyond_the_template_are_listed(user: Terminal) -> None:
    policy = user.folder / "governance/policy.yaml"
    policy.write_text(policy.read_text().replace("low: [", "low: [spec.guardrails.killSwitch, "))

    ran = user.fleet("new", "mail-bot")

    assert ran.code == 0
    assert "to do required-for-tier: " in ran.out
    assert "spec.guardrails.killSwitch" in ran.out


def test_a_gated_environment_takes_no_new_agent(user: Terminal) -> None:
    refused = user.fleet("new", "mail-bot", "--env", "production")

    assert refused.code == 2
    assert "gated" in refused.err
    assert "fleet promote" in refused.err
    assert not (user.folder / "environments/production").exists()


def test_an_unknown_environment_is_refused_with_the_nearest(user: Terminal) -> None:
    refused = user.fleet("new", "mail-bot", "--env", "stagin")

    assert refused.code == 2
    assert "'staging'" in refused.err


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_an_agent_that_exists_in_any_environment_is_refused(user: Terminal, environment: str) -> None:
    user.write({f"environments/{environment}/mail-bot/notes.md": "mine"})
    before = user.contents()

    refused = user.fleet("new", "mail-bot")

    assert refused.code == 2
    assert f"environments/{environment}/mail-bot exists already" in refused.err
    assert user.contents() == before


def test_a_name_that_a_ledger_retired_stays_taken(tmp_path: Path) -> None:
    zoe, bo = terminal(tmp_path), terminal(tmp_path, "Bo Lind", "bo@acme.example")
    zoe.fleet("init", "--yes")
    people = zoe.folder / "governance/people.yaml"
    people.write_text(people.read_text().replace("colleague@example.invalid", "bo@acme.example"))
    manifest = zoe.folder / "environments/staging/handbook-lookup/agent.yaml"
    manifest.write_text(manifest.read_text().replace("lifecycle: draft", "lifecycle: production"))
    zoe.commit("start")
    for _ in ("create", "retire"):
        approved = bo.run("fleet", "approve", "handbook-lookup", "--to", "production")
        assert approved.code == 0, approved.err
        bo.commit("approve")
        applied = zoe.run("fleet", "promote", "handbook-lookup", "--to", "production", "--apply")
        assert applied.code == 0, applied.out + applied.err
        shutil.rmtree(zoe.folder / "environments/staging/handbook-lookup", ignore_errors=True)
        if zoe.git("status", "--porcelain"):
            zoe.commit("stop it")

    refused = zoe.run("fleet", "new", "handbook-lookup")

    assert not (zoe.folder / "environments/production/handbook-lookup").exists()
    assert refused.code == 2
    assert "retired from production" in refused.err
    assert "name-retired" in refused.err
    assert not (zoe.folder / "environments/staging/handbook-lookup").exists()


def test_broken_governance_gives_no_agent(user: Terminal) -> None:
    (user.folder / "governance/people.yaml").write_text("people: [\n")

    refused = user.fleet("new", "mail-bot")

    assert refused.code == 2
    assert "governance/people.yaml" in refused.err
    assert not (user.folder / MANIFEST).exists()


@pytest.mark.parametrize(
    ("schemas", "root", "line"),
    [
        ("schemas", ".", "../../../schemas/agent.schema.json"),
        ("schemas", "teams/ai", "../../../../../schemas/agent.schema.json"),
        ("teams/ai/schemas", "teams/ai", "../../../schemas/agent.schema.json"),
        (None, ".", None),
    ],
)
def test_the_modeline_points_at_the_nearest_schema_in_the_repository(
    zoe: Terminal, schemas: str | None, root: str, line: str | None
) -> None:
    shutil.copytree(SAMPLES / "acme", zoe.folder / root, dirs_exist_ok=True)
    if schemas:
        zoe.write({f"{schemas}/agent.schema.json": "{}"})
    zoe.write({"../schemas/agent.schema.json": "{}"})  # outside the repository
    zoe.git("init", "-q")

    zoe.fleet("new", "mail-bot", at=root)

    first = (zoe.folder / root / MANIFEST).read_text(encoding="utf-8").splitlines()[0]
    if line is None:
        assert "$schema" not in first
    else:
        assert first == f"# yaml-language-server: $schema={line}"
        assert (zoe.folder / root / MANIFEST).parent.joinpath(line).is_file()


@pytest.mark.parametrize(
    ("where", "chdir"), [(".", ()), ("environments/staging", ()), ("governance", ("-C", ".."))]
)
def test_the_last_line_validates_the_agent_from_the_current_folder(
    user: Terminal, where: str, chdir: tuple[str, ...]
) -> None:
    ran = user.fleet("new", "mail-bot", *chdir, at=where)

    following = user.run("sh", "-c", ran.out.splitlines()[-1], at=where)

    assert following.code == 0, following.err


def test_json_lists_what_was_written(user: Terminal) -> None:
    before = set(user.contents())

    data = user.fleet("new", "mail-bot", "--json").data

    new = {path for path in set(user.contents()) - before if (user.folder / path).is_file()}
    assert (data["format"], data["environment"], data["agent"]) == ("fleetward.new/1", "staging", "mail-bot")
    assert set(data["written"]) == new != set()
