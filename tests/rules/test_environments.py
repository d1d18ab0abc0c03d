"""Overrides and triggers: edges that the cases leave out."""

from collections.abc import Mapping
from typing import Any

import pytest

from fleetward.domain.finding import Place
from fleetward.domain.fleet import Environment, FleetConfig, Snapshot
from fleetward.domain.manifest import Agent
from fleetward.rules.environments import overridden_paths
from tests.build import agent, fleet, manifest, policy
from tests.rules.usual_fleet import TEAMS, USUAL, findings_of


class TestOverrides:
    def overriding(self, patch: Mapping[str, Any], *overridable: str) -> Snapshot:
        base = manifest("desk-bot", USUAL, environment="production")
        production_agent = agent(base)
        with_patch = Agent(
            environment="production",
            name="desk-bot",
            folder=production_agent.folder,
            files=production_agent.files,
            manifest=base,
            overrides=patch,
            locate_overrides=lambda path: Place(
                file=f"{production_agent.folder}/overrides.yaml", line=2, path=path
            ),
        )
        production = Environment(name="production", sources=("staging",), overridable=overridable)
        config = FleetConfig(repository="acme/agents", environments=(production,))
        return fleet(with_patch, config=config, people=TEAMS, policy=policy())

    def test_a_path_is_covered_from_its_beginning_and_by_whole_words(self) -> None:
        patch = {"spec": {"budgets": [], "budgetsExtra": 1}}

        [finding] = findings_of("override-not-allowed", self.overriding(patch, "spec.budgets"))

        assert finding.place.path == "spec.budgetsExtra"
        assert finding.place.line == 2

    def test_removing_a_whole_group_is_more_than_setting_a_part_of_it(self) -> None:
        findings = findings_of(
            "override-not-allowed", self.overriding({"spec": {"review": None}}, "spec.review.heartbeat")
        )

        assert [finding.place.path for finding in findings] == ["spec.review"]

    def test_suspending_is_always_allowed(self) -> None:
        assert findings_of("override-not-allowed", self.overriding({"spec": {"suspended": True}})) == []

    @pytest.mark.parametrize(
        ("patch", "paths"),
        [
            ({}, ()),
            ({"spec": {}}, ()),
            ({"spec": None}, ("spec",)),
            ({"spec": {"tools": {}}}, ("spec.tools",)),
            ({"metadata": {"name": "other"}}, ("metadata.name",)),
        ],
    )
    def test_the_paths_that_a_patch_overrides(self, patch: Mapping[str, Any], paths: tuple[str, ...]) -> None:
        assert overridden_paths(patch) == paths
