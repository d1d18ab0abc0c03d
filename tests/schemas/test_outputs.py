"""The JSON output of commands matches the output schemas."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fleetward.changes import compare
from fleetward.domain.approval import Binding
from fleetward.domain.batch_verdict import BatchVerdict
from fleetward.domain.change import Unreadable
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import PolicyRule, RequiredApprovals, RequiredEvals, RequiredSoak, RuleCondition
from fleetward.domain.validation import Validation
from fleetward.gate import PromotionRequest, decide
from fleetward.report import changes_json, findings_json, verdicts_json
from tests.build import agent, manifest, people, policy
from tests.schemas.reading import outputs, schema

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COMMIT = "a" * 40


def violations(verb: str, data: dict[str, Any]) -> list[str]:
    judge = Draft202012Validator(schema(f"output/{verb}-output"))
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(data)]


def diff() -> dict[str, Any]:
    owner = {"owner": {"team": "payments"}, "risk": {"tier": "medium"}}
    tool = {"name": "crm", "allow": ["customer.read"], "access": "read"}
    before = agent(manifest("desk", {**owner, "suspended": True}))
    after = agent(manifest("desk", {**owner, "suspended": False, "tools": [tool]}))
    comparisons = [
        compare(before, after, schema=schema("agent")),
        compare(None, after, schema=schema("agent")),
        compare(before, None, schema=schema("agent"), dependents=("other",)),
    ]
    return changes_json.render(
        FleetDiff(
            base=("origin/main", COMMIT),
            head=("HEAD", COMMIT),
            agents=tuple(comparison for comparison in comparisons if comparison is not None),
            unreadable=(_unreadable(),),
        )
    )


def _unreadable() -> Unreadable:
    place = Place(file="environments/staging/broken/agent.yaml", line=3, column=5)
    finding = Finding(rule="yaml-syntax", severity=Severity.ERROR, message="no end of text", place=place)
    return Unreadable(environment="staging", agent="broken", side="head", finding=finding)


def validate() -> dict[str, Any]:
    place = Place(file="environments/staging/desk/agent.yaml", line=3, column=5, end_line=3, end_column=9)
    finding = Finding(
        rule="owner-unknown",
        severity=Severity.ERROR,
        message="no team named 'nobody'",
        place=place,
        related=(Place(file="governance/people.yaml"),),
    )
    return findings_json.render(Validation(findings=(finding,), agents=1, files=2))


def promote() -> dict[str, Any]:
    candidate = manifest("desk", {"owner": {"team": "payments"}, "risk": {"tier": "medium"}})
    requirements = (
        RequiredApprovals(count=1, teams=frozenset({"owner"})),
        RequiredEvals(),
        RequiredSoak(span=NOW - NOW),
    )
    active_policy = policy(rules=(PolicyRule(id="every-change", when=RuleCondition(), require=requirements),))
    binding = Binding(
        repository="acme/agents",
        environment="production",
        agent="desk",
        from_state=None,
        to_state="sha256:" + "b" * 64,
        generation=1,
    )
    question = PromotionRequest(
        binding=binding,
        kind=PromotionKind.CREATE,
        release="sha256:" + "c" * 64,
        candidate=candidate,
        comparison=compare(None, agent(candidate), schema=schema("agent")),
    )
    verdict = decide(question, policy=active_policy, people=people({"payments": ["carla"]}), now=NOW)
    return verdicts_json.render(
        BatchVerdict(
            promotions=(verdict,),
            target="production",
            sources=("staging",),
            commit=COMMIT,
            policy=active_policy,
        )
    )


@pytest.mark.parametrize(
    ("verb", "data"), [("validate", validate()), ("diff", diff()), ("promote", promote())]
)
def test_an_answer_is_what_its_schema_promises(verb: str, data: dict[str, Any]) -> None:
    assert violations(verb, data) == []


@pytest.mark.parametrize(
    ("verb", "data"), [("validate", validate()), ("diff", diff()), ("promote", promote())]
)
def test_an_answer_that_lacks_a_promised_field_is_refused(verb: str, data: dict[str, Any]) -> None:
    for key in schema(f"output/{verb}-output")["required"]:
        assert violations(verb, {k: v for k, v in data.items() if k != key}) != [], key


def test_the_answers_above_show_something_of_every_kind() -> None:
    assert diff()["changes"]
    assert {row["status"] for row in diff()["agents"]} == {"added", "retired", "changed"}
    assert promote()["promotions"][0]["requirements"]


@pytest.mark.parametrize("name", outputs())
def test_an_answer_names_its_format_and_may_have_more_fields(name: str) -> None:
    verb = name.removeprefix("output/").removesuffix("-output")
    output_schema = schema(name)

    assert output_schema["properties"]["format"]["const"] == f"fleetward.{verb}/1"
    assert "format" in output_schema["required"]


def test_a_further_field_is_accepted() -> None:
    assert violations("validate", {**validate(), "later": {"than": "today"}}) == []
