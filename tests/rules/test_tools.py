"""Tools: edges that the cases leave out."""

from typing import Any

import pytest

from fleetward.domain.finding import Severity
from tests.build import fleet, manifest, policy, register
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

    @pytest.mark.parametrize(
        ("server", "floats"),
        [
            ({"ref": "example.acme/crm", "version": "2.1.0"}, False),
            ({"ref": "example.acme/crm", "digest": f"sha256:{'0' * 64}"}, False),
            ({"ref": "ghcr.io/acme/crm:2.1.0"}, False),
            ({"ref": f"ghcr.io/acme/crm@sha256:{'0' * 64}"}, False),
            ({"url": "https://mcp.acme.example/crm"}, True),
            ({"ref": "ghcr.io/acme/crm:latest"}, True),
            *(
                ({"ref": "crm", "version": version}, True)
                for version in ("latest", "main", "^2.1.0", "2.x", "*", ">=2")
            ),
        ],
    )
    def test_a_server_floats_without_one_version(self, server: dict[str, str], floats: bool) -> None:
        assert len(findings_of("server-floating", fleet_of_one(self.crm(server=server)))) == floats

    def test_a_floating_server_is_an_error_from_high(self) -> None:
        spec = self.crm(server={"ref": "crm"})

        severities = [
            finding.severity
            for tier in ("medium", "high")
            for finding in findings_of("server-floating", fleet_of_one({**spec, "risk": {"tier": tier}}))
        ]

        assert severities == [Severity.WARNING, Severity.ERROR]

    @pytest.mark.parametrize(
        ("operations", "tool", "count"),
        [
            ({}, {}, 1),
            ({}, {"access": "read"}, 0),
            ({"reading": ["frobnicate"]}, {}, 0),
            ({"irreversible": ["frobnicate"]}, {"access": "read"}, 1),
            ({"irreversible": ["frobnicate"]}, {"reversible": True}, 1),
        ],
    )
    def test_what_no_table_knows_is_not_reading_unless_the_tool_only_reads(
        self, operations: dict[str, Any], tool: dict[str, Any], count: int
    ) -> None:
        connectors = register({"operations": operations}, "governance/connectors.yaml")
        subject = fleet_of_one(self.crm(allow=["frobnicate"], **tool), connectors=connectors)

        assert len(findings_of("irreversible-without-review", subject)) == count

    def test_the_finding_says_that_reversible_is_left_out_and_offers_it(self) -> None:
        unsaid = self.crm(allow=["order.read", "order.cancel", "order.frobnicate"])
        spec = {**unsaid, "guardrails": {"humanReview": {"required": ["crm.order.cancel"]}}}

        [finding] = findings_of("irreversible-without-review", fleet_of_one(spec))
        [said] = findings_of("irreversible-without-review", fleet_of_one(self.crm(reversible=False)))

        assert finding.message.startswith(
            "'order.frobnicate' counts as irreversible, because reversible is left out"
        )
        assert finding.hint.startswith(
            "add reversible: true if it can be undone, set approval: always, or list crm.ord"
        )
        assert "operations: {reading: [order.frobnicate]}" in finding.hint
        assert said.message.startswith("'order.cancel' cannot be undone")
