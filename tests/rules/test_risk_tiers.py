"""Tiers, floors and required fields: edges that the cases leave out."""

from collections.abc import Mapping
from typing import Any

from fleetward.domain.fleet import Snapshot
from tests.build import policy
from tests.rules.usual_fleet import findings_of, fleet_of_one


class TestTier:
    FLOORS: Mapping[str, Any] = {
        "medium": ({"dataSensitivity": "confidential"}, {"toolAccess": "write"}),
        "high": ({"reversibility": "irreversible", "autonomy": "act"},),
    }

    def risky(self, tier: str, **spec: Any) -> Snapshot:
        return fleet_of_one(
            {"risk": {"tier": tier, "factors": spec.pop("factors", {})}, **spec}, policy=self.floors()
        )

    def floors(self) -> Any:
        return policy(floors=self.FLOORS)

    def test_a_factor_above_the_line_counts_as_reaching_it(self) -> None:
        calm = {"dataSensitivity": "restricted", "reversibility": "reversible", "autonomy": "suggest"}

        [finding] = findings_of("tier-below-floor", self.risky("low", factors=calm))

        assert "'medium'" in finding.message

    def test_a_line_holds_only_when_all_of_it_holds(self) -> None:
        half = {"dataSensitivity": "public", "reversibility": "irreversible", "autonomy": "act-with-review"}

        assert findings_of("tier-below-floor", self.risky("low", factors=half)) == []

    def test_a_factor_left_out_of_written_factors_counts_as_its_highest(self) -> None:
        [finding] = findings_of("tier-below-floor", self.risky("low", factors={"dataSensitivity": "public"}))

        assert "'high'" in finding.message

    def test_without_factors_the_tools_still_count(self) -> None:
        writing = {"tools": [{"name": "crm", "access": "write"}]}

        assert len(findings_of("tier-below-floor", self.risky("low", **writing))) == 1
        assert findings_of("tier-below-floor", self.risky("low")) == []
        assert findings_of("tier-below-floor", self.risky("medium", **writing)) == []

    def test_an_undefined_tier_is_one_finding(self) -> None:
        subject = fleet_of_one(
            {"risk": {"tier": "moderate"}}, policy=policy(required={"low": ("spec.purpose",)})
        )

        assert len(findings_of("tier-undefined", subject)) == 1
        assert findings_of("required-for-tier", subject) == []
        assert findings_of("tier-below-floor", subject) == []

    def test_a_tier_requires_the_fields_of_lower_tiers_but_not_of_higher_ones(self) -> None:
        required = {"low": ("spec.purpose.summary",), "high": ("spec.guardrails.killSwitch",)}

        [finding] = findings_of("required-for-tier", fleet_of_one({}, policy=policy(required=required)))

        assert "spec.purpose.summary" in finding.message
        assert "'low'" in finding.message

    def test_an_empty_list_does_not_meet_a_required_field(self) -> None:
        required = {"low": ("spec.slos",)}

        assert (
            len(
                findings_of("required-for-tier", fleet_of_one({"slos": []}, policy=policy(required=required)))
            )
            == 1
        )
