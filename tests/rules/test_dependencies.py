"""Dependencies and shared state between agents: edges that the cases leave out."""

from typing import Any

from fleetward.domain.fleet import Snapshot
from fleetward.rules.dependencies import cycles
from tests.build import fleet, manifest, policy
from tests.rules.usual_fleet import TEAMS, USUAL, findings_of


class TestDependencies:
    def calling(self, **calls: tuple[str, ...]) -> Snapshot:
        manifests = [
            manifest(name, {**USUAL, "dependsOn": [{"agent": needed} for needed in needs]})
            for name, needs in calls.items()
        ]
        return fleet(*manifests, people=TEAMS, policy=policy())

    def test_an_agent_of_another_environment_does_not_meet_a_dependency(self) -> None:
        lookup = manifest("lookup", USUAL)
        caller = manifest("caller", {**USUAL, "dependsOn": [{"agent": "lookup"}]}, environment="production")

        assert (
            len(findings_of("dependency-missing", fleet(lookup, caller, people=TEAMS, policy=policy()))) == 1
        )

    def test_a_circle_of_three_is_one_finding_that_shows_all_three(self) -> None:
        [finding] = findings_of("dependency-cycle", self.calling(c=("a",), a=("b",), b=("c",), d=("a",)))

        assert "a -> b -> c -> a" in finding.message
        assert finding.agent == "a"
        assert len(finding.related) == 2

    def test_an_agent_that_depends_on_itself_is_a_cycle(self) -> None:
        [finding] = findings_of("dependency-cycle", self.calling(a=("a",)))

        assert "a -> a" in finding.message

    def test_a_diamond_is_no_circle(self) -> None:
        assert findings_of("dependency-cycle", self.calling(a=("b", "c"), b=("d",), c=("d",), d=())) == []

    def test_two_circles_are_two_findings(self) -> None:
        calls = {"a": {"b": ""}, "b": {"a": "", "c": ""}, "c": {"d": ""}, "d": {"c": ""}}

        assert list(cycles(calls)) == [("a", "b"), ("c", "d")]

    def test_a_chain_longer_than_any_stack_is_walked(self) -> None:
        chain = {str(n): {str(n + 1): ""} for n in range(5_000)} | {"5000": {"0": ""}}

        [circle] = cycles(chain)

        assert len(circle) == 5_001

    def test_owners_that_are_not_agents_are_not_compared(self) -> None:
        def claim(name: str, owner: str) -> Any:
            return manifest(name, {**USUAL, "sharedState": [{"name": "queue", "owner": owner}]})

        subject = fleet(claim("a", "ghost"), claim("b", "b"), people=TEAMS, policy=policy())

        assert len(findings_of("state-without-owner", subject)) == 1
        assert findings_of("state-two-owners", subject) == []
