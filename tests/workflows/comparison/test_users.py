"""A change of a connector, a model, a team or a person names the agents that use it."""

from __future__ import annotations

from tests.end_to_end.repositories import DESK, FLEET, MANIFEST, repository

PEOPLE = FLEET["governance/people.yaml"]
CONNECTORS = """\
apiVersion: fleetward/v1
kind: Connectors
connectors:
  crm: {description: Customers, owner: OWNER, status: active}
"""
MODELS = """\
apiVersion: fleetward/v1
kind: Models
checkedAt: 2026-11-01
models:
  - {provider: openai, name: gpt-4.1-2025-04-14, allowed: true, retiresAt: 2027-06-30}
  - {provider: anthropic, name: claude-sonnet-4-6, allowed: true, retiresAt: DATE}
"""
TOOL = """\
  tools:
    - {name: crm, kind: mcp, connector: crm, server: {ref: example.acme/crm, version: 2.1.0}, allow: [read],
       access: read, reversible: true, approval: never, identity: svc-desk}
  prompts:
"""


def test_whoever_uses_what_changes_is_named(tmp_path):
    fleet = repository(tmp_path)
    files = {path: text for path, text in FLEET.items() if path.startswith(DESK)}
    other = {path.replace("desk-bot", "help-bot"): text for path, text in files.items()}
    manifest = MANIFEST.replace("desk-bot", "help-bot").replace("carla", '"c\\u0061rla"')
    other["environments/staging/help-bot/agent.yaml"] = manifest.replace("  prompts:\n", TOOL).replace(
        "claude-sonnet-4-6", "claude-opus-4-6"
    )
    governance = {"governance/connectors.yaml": CONNECTORS, "governance/models.yaml": MODELS}
    fleet.commit("more", files={**other, **governance})
    fleet.commit(
        "changes",
        files={
            "governance/connectors.yaml": CONNECTORS.replace("OWNER", "desk"),
            "governance/models.yaml": MODELS.replace("DATE", "2027-09-30"),
            "governance/people.yaml": PEOPLE.replace("Carla Ferri", "Carla F").replace(
                "Alice Roe", "Alice R").replace("[carla, dina]", "[carla]"),
        },
    )  # fmt: skip

    ran = fleet.fleet("diff", "HEAD~1", "--json")
    text = fleet.fleet("diff", "HEAD~1").out

    users = {change["path"]: change["usedBy"] for change in ran.data["changes"]}
    assert users == {
        "connectors.crm.owner": ["staging/help-bot"],
        "models[claude-sonnet-4-6].retiresAt": ["staging/desk-bot"],
        "people.carla.name": ["staging/desk-bot", "staging/help-bot"],
        "people.alice.name": [],
        "teams.desk.members": ["staging/desk-bot", "staging/help-bot"],
    }
    assert "      used by staging/desk-bot, staging/help-bot\n" in text
    assert "      used by no agent\n" in text
    for form in ("markdown", "github"):
        assert "used by staging/help-bot" in fleet.fleet("diff", "HEAD~1", "-o", form).out
