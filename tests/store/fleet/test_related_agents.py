"""With its related agents alone, an agent has the same findings as in the whole fleet."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleetward import rules
from fleetward.domain.finding import Finding
from fleetward.store.fleet.load import read_fleet
from fleetward.store.fleet.related_agents import related_keys
from fleetward.store.git.fleet_root import find_fleet_root
from tests.end_to_end.repositories import DESK, FLEET
from tests.rule_cases import write_all

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WHOLE = {
    *("name-retired", "unpromoted-state", "waiver-unused", "waiver-expired"),
    *("policy-dead-rule", "environment-skipped", "people-pattern"),
}
"""Rules that ask ledgers, waivers, the policy or other environments; a promotion asks these in its own way."""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_all(tmp_path_factory.mktemp("fleets") / "cases")


def finding_texts(findings: tuple[Finding, ...], environment: str, agent: str) -> set[str]:
    mine = (finding for finding in findings if (finding.environment, finding.agent) == (environment, agent))
    return {f"{finding.fingerprint} {finding.message}" for finding in mine if finding.rule not in WHOLE}


@pytest.mark.parametrize("rule_id", sorted({rule.id for rule in rules.CATALOGUE} - WHOLE))
def test_every_rule_finds_the_same_among_related_agents(cases: Path, rule_id: str) -> None:
    ids = [rule.id for rule in rules.CATALOGUE]
    tree = find_fleet_root(cases / rule_id / "bad", os.environ).work_tree()
    fleet = read_fleet(tree, version="0.1.0", rules=ids).snapshot
    assert fleet is not None
    findings = rules.findings(fleet, NOW)

    for environment, agent in fleet.agents:
        keys = related_keys(tree, fleet.config, environment, [agent])
        narrow = read_fleet(tree, version="0.1.0", rules=ids, only=keys).snapshot
        assert narrow is not None
        assert finding_texts(rules.findings(narrow, NOW), environment, agent) == finding_texts(
            findings, environment, agent
        )


def related(tmp_path: Path, *neighbours: tuple[str, str]) -> set[str]:
    """The agents of production that are loaded with desk-bot (state ``order-book``); *neighbours*: name and lines."""
    manifest = (
        FLEET[f"{DESK}/agent.yaml"] + "  sharedState: [{name: order-book, access: write, owner: desk-bot}]\n"
    )
    written = {"desk-bot": manifest}
    for name, appended in neighbours:
        written[name] = FLEET[f"{DESK}/agent.yaml"].replace("desk-bot", name) + appended
    for name, text in written.items():
        folder = tmp_path / "environments" / "production" / name
        folder.mkdir(parents=True)
        (folder / "agent.yaml").write_text(text)
    (tmp_path / "fleet-config.yaml").write_text(FLEET["fleet-config.yaml"])
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    tree = find_fleet_root(tmp_path, os.environ).work_tree()
    fleet = read_fleet(tree, version="0.1.0", only=()).snapshot
    assert fleet is not None
    return {name for _, name in related_keys(tree, fleet.config, "production", ["desk-bot"])} - {"desk-bot"}


@pytest.mark.parametrize(
    "appended",
    [
        "  dependsOn: [{agent: desk-bot}]\n",
        "  sharedState: [{name: order-book, access: read, owner: desk-bot}]\n",
        "  sharedState: [{name: order-book, access: read, owner: other-bot}]\n",
        f"  dependsOn: [{{agent: {json.dumps('desk-bot').replace('d', chr(92) + 'x64')}}}]\n",
    ],
    ids=["calls it", "shares its state", "says another owner", "spells it with an escape"],
)
def test_an_agent_that_names_it_or_its_state_is_related(tmp_path: Path, appended: str) -> None:
    assert related(tmp_path, ("other-bot", appended)) == {"other-bot"}


def test_dependencies_are_related_however_deep(tmp_path: Path) -> None:
    first = ("first-bot", "  dependsOn: [{agent: desk-bot}, {agent: second-bot}]\n")
    second, third = ("second-bot", "  dependsOn: [{agent: third-bot}]\n"), ("third-bot", "")

    assert related(tmp_path, first, second, third) == {"first-bot", "second-bot", "third-bot"}


def test_an_unrelated_agent_is_not_loaded(tmp_path: Path) -> None:
    assert related(tmp_path, ("other-bot", ""), ("lone-bot", "  dependsOn: [{agent: other-bot}]\n")) == set()
