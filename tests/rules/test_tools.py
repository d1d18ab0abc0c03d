"""Tools: edges that the cases leave out."""

from typing import Any

import pytest

from tests.build import fleet, manifest, policy
from tests.rules.usual_fleet import TEAMS, USUAL, findings_of, fleet_of_one


class TestTools:
    def crm(self, **changed: Any) -> dict[str, Any]:
        usual = {"name": "crm", "connector": "crm", "allow": ["order.cancel"], "access": "write"}
        return {"tools": [{**usual, **changed}]}

    def test_without_a_register_no_connector_is_known(self) -> None:
        assert len(findings_of("connector-unknown", fleet_of_one(self.crm()))) == 1
        assert (
            findings_of("connector-unknown", fleet_of_one({"tools": [{"name": "clock", "kind": "function"}]}))
            == []
        )

    @pytest.mark.parametrize(
        "safe",
        [
            {"reversible": True},
            {"approval": "always"},
            {"approval": "on-irreversible"},
            {"access": "read", "allow": ["order.frobnicate"]},
            {"allow": ["order.read", "orders.search"]},
            {"allow": []},
        ],
    )
    def test_a_review_or_a_reversible_tool_or_reading_is_enough(self, safe: dict[str, Any]) -> None:
        assert len(findings_of("irreversible-without-review", fleet_of_one(self.crm()))) == 1
        assert findings_of("irreversible-without-review", fleet_of_one(self.crm(**safe))) == []

    def test_each_operation_that_changes_something_needs_a_review(self) -> None:
        tools = self.crm(allow=["order.read", "order.cancel", "order.refund"])
        reviewed = {"guardrails": {"humanReview": {"required": ["crm.order.cancel"]}}}

        [finding] = findings_of("irreversible-without-review", fleet_of_one({**tools, **reviewed}))

        assert "'order.refund'" in finding.message
        assert "order.cancel" not in finding.message

    def test_reviewing_the_whole_tool_covers_its_operations(self) -> None:
        reviewed = {"guardrails": {"humanReview": {"required": ["crm"]}}}

        assert findings_of("irreversible-without-review", fleet_of_one({**self.crm(), **reviewed})) == []

    def test_the_same_agent_in_two_environments_shares_its_account_with_nobody(self) -> None:
        spec = {**USUAL, **self.crm(identity="svc-desk-bot")}
        manifests = [
            manifest("desk-bot", spec, environment=environment) for environment in ("staging", "production")
        ]

        assert findings_of("identity-shared", fleet(*manifests, people=TEAMS, policy=policy())) == []
