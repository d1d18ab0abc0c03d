"""What a connector fixes reaches the effective manifest, the rules and the diff, and leaves the digest alone."""

from datetime import UTC, datetime
from typing import Any

from fleetward import rules
from fleetward.changes import compare
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent, Manifest
from fleetward.store.fleet.agent_assembly import build_candidate
from fleetward.store.fleet.load import read_fleet
from fleetward.store.formats.json_schema import load_schema
from tests.end_to_end.repositories import DESK, FLEET
from tests.store.fleet.trees import MemoryTree

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONNECTORS = "governance/connectors.yaml"
FIXED = (
    "apiVersion: fleetward/v1\nkind: Connectors\nconnectors:\n  crm: {owner: desk, fixed: "
    "{kind: mcp, server: {ref: acme/crm, version: 2.1.0}, allow: [order.read, order.delete], x-note: ours}}\n"
)
MANIFEST = f"{DESK}/agent.yaml"


def read(tool: str, connectors: str = FIXED) -> Snapshot:
    files = {**FLEET, MANIFEST: f"{FLEET[MANIFEST]}  tools: [{tool}]\n", CONNECTORS: connectors}
    loaded = read_fleet(MemoryTree(files), version="0.1.0").snapshot
    assert loaded is not None
    return loaded


def desk(fleet: Snapshot) -> Agent:
    return fleet.agents["staging", "desk-bot"]


def tool_of(manifest: Manifest | None) -> dict[str, Any]:
    assert manifest is not None
    [tool] = manifest.items("spec.tools")
    return dict(tool)


def test_a_tool_inherits_what_it_leaves_out_part_by_part() -> None:
    tool = tool_of(
        desk(read('{name: crm, connector: crm, server: {url: "https://crm.acme.example"}}')).manifest
    )

    assert tool["kind"] == "mcp"
    assert tool["server"] == {"ref": "acme/crm", "version": "2.1.0", "url": "https://crm.acme.example"}
    assert tool["allow"] == ["order.read", "order.delete"]
    assert "x-note" not in tool


def test_a_candidate_of_another_environment_inherits_the_same() -> None:
    fleet = read("{name: crm, connector: crm}")

    candidate, _ = build_candidate(desk(fleet), "production", None, proposed=False)

    assert tool_of(candidate.manifest)["allow"] == ["order.read", "order.delete"]


def test_rules_judge_what_is_inherited() -> None:
    found = {finding.rule for finding in rules.findings(read("{name: crm, connector: crm}"), NOW)}

    assert "irreversible-without-review" in found


def test_the_diff_shows_what_is_inherited_and_the_release_is_the_same() -> None:
    plain = read("{name: crm, connector: crm, allow: [order.read]}", FIXED.replace("fixed: {", "x-fixed: {"))
    fixed = read("{name: crm, connector: crm}")
    same = read("{name: crm, connector: crm}", FIXED.replace("fixed: {", "x-fixed: {"))

    comparison = compare(desk(plain), desk(fixed), schema=load_schema("agent"))

    assert comparison is not None
    assert ("privilege/allow-widened", "spec.tools[crm].allow") in {
        (change.rule, change.path.partition("[order")[0]) for change in comparison.changes
    }
    assert desk(same).release == desk(fixed).release
