"""The governance files of a tree become one value, each read after those that it refers to."""

from __future__ import annotations

from typing import Any

import pytest

from fleetward.domain.errors import FleetError, NotAFleet
from fleetward.store.fleet.governance.load import Governance, load_governance
from tests.store.fleet.trees import MemoryTree

CONFIG = (
    "apiVersion: fleetward/v1\nkind: FleetConfig\nrepository: acme/agents\nenvironments: [{name: staging}]\n"
)
PEOPLE = """\
apiVersion: fleetward/v1
kind: People
people: {ann: {name: Ann, emails: [ann@acme.example]}}
teams: {risk: {members: [ann]}}
"""
POLICY = """\
apiVersion: fleetward/v1
kind: Policy
version: 1
tiers: [low, high]
rules: [{id: all, when: {to: production}, require: [{approvals: 1, from: risk}]}]
"""
FILES = {"fleet-config.yaml": CONFIG, "governance/people.yaml": PEOPLE, "governance/policy.yaml": POLICY}


def load(files: dict[str, str], **options: Any) -> Governance:
    tree = MemoryTree(files)
    return load_governance(tree, tree.entries(), version="0.1.0", **options)


def rules(governance: Governance) -> set[tuple[str, str]]:
    return {(finding.rule, finding.place.file) for finding in governance.findings}


def test_files_without_findings_are_valid_governance() -> None:
    governance = load(FILES)

    assert governance.findings == ()
    assert governance.is_valid
    assert governance.policy is not None
    assert set(governance.contents) == set(FILES)


def test_a_policy_is_checked_against_the_teams_of_people_yaml() -> None:
    governance = load({**FILES, "governance/people.yaml": PEOPLE.replace("risk:", "legal:")})

    assert rules(governance) == {("policy-unsatisfiable", "governance/policy.yaml")}
    assert governance.policy is None


def test_an_unreadable_people_yaml_is_the_only_finding_and_leaves_no_policy() -> None:
    governance = load({**FILES, "governance/people.yaml": "people: &a {}\n"})

    assert rules(governance) == {("yaml-not-allowed", "governance/people.yaml")}
    assert governance.policy is None
    assert not governance.is_valid


def test_without_people_yaml_a_policy_is_checked_against_no_teams() -> None:
    governance = load({path: text for path, text in FILES.items() if "people" not in path})

    assert rules(governance) == {("policy-unsatisfiable", "governance/policy.yaml")}


def test_a_credential_is_an_error_and_leaves_governance_valid() -> None:
    governance = load({**FILES, "governance/policy.yaml": POLICY + f"# ghp_{'a1B2' * 9}\n"})

    assert rules(governance) == {("secret-in-manifest", "governance/policy.yaml")}
    assert governance.is_valid


def test_a_fleet_without_configuration_is_refused() -> None:
    with pytest.raises(NotAFleet):
        load({"governance/policy.yaml": POLICY})


def test_another_version_of_the_tool_is_refused() -> None:
    with pytest.raises(FleetError, match="requires fleetward >=7"):
        load({**FILES, "fleet-config.yaml": CONFIG + 'requires: ">=7"\n'})


def test_documents_that_were_read_before_give_the_same_value_and_places() -> None:
    documents: dict[str, list[Any]] = {}
    first = load(FILES, documents=documents)
    assert first.policy is not None
    [rule] = first.policy.rules

    again = load(FILES, documents=documents)

    assert len(documents) == len(FILES)
    assert again.policy == first.policy
    assert again.policy.rules[0].place == rule.place
