"""An absent field that two rules speak of is one finding; a waiver or a setting of one leaves the other."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from fleetward import rules
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import FleetConfig, RuleSetting, Snapshot, Waiver
from tests.build import PRODUCTION, STAGING, policy
from tests.rules.usual_fleet import NOW, fleet_of_one

FIELDS = {
    "budget-missing": "spec.budgets",
    "eval-missing": "spec.evals",
    "output-review-missing": "spec.observability.outputReview",
    "model-no-fallback": "spec.model.fallbacks",
    "retirement-missing": "spec.retirement.criteria",
}


def fleet_that_requires(*paths: str, **changed: Any) -> Snapshot:
    spec = {"risk": {"tier": "high", "assessedAt": "2026-09-01"}, "retirement": {"dataDisposition": "delete"}}
    subject = fleet_of_one(spec, policy=policy(required={"low": paths}))
    return replace(subject, **changed)


def of_rules(subject: Snapshot, *names: str) -> list[Finding]:
    return [finding for finding in rules.findings(subject, NOW) if finding.rule in names]


def waiver(rule: str) -> Waiver:
    place = Place(file="governance/waivers.yaml", line=4, path="waivers[0]")
    return Waiver(
        rule=rule,
        agent="desk-bot",
        environment=None,
        reason="it is being written",
        approved_by="carla",
        expires=date(2026, 12, 20),
        place=place,
    )


@pytest.mark.parametrize(
    ("exact", "stays"),
    [
        ("budget-missing", "budget-missing"),
        ("eval-missing", "eval-missing"),
        ("retirement-missing", "retirement-missing"),
        # a warning or a note must not hide what the policy asks
        ("output-review-missing", "required-for-tier"),
        ("model-no-fallback", "required-for-tier"),
    ],
)
def test_an_absent_field_is_told_once_by_the_more_severe_or_the_more_exact_rule(
    exact: str, stays: str
) -> None:
    [finding] = of_rules(fleet_that_requires(FIELDS[exact]), exact, "required-for-tier")

    assert finding.rule == stays
    assert finding.severity is Severity.ERROR
    assert finding.hint.startswith(("add ", "write retirement.criteria"))


def test_a_group_that_is_absent_as_a_whole_is_told_once() -> None:
    subject = fleet_of_one({}, policy=policy(required={"low": ("spec.retirement",)}))

    [finding] = of_rules(subject, "retirement-missing", "required-for-tier")

    assert finding.rule == "required-for-tier"


@pytest.mark.parametrize("exact", FIELDS)
def test_a_waiver_of_either_leaves_the_other(exact: str) -> None:
    for waived, stays in ((exact, "required-for-tier"), ("required-for-tier", exact)):
        subject = fleet_that_requires(FIELDS[exact], waivers=(waiver(waived),))

        found = of_rules(subject, exact, "required-for-tier", "waiver-unused")

        assert {finding.rule: finding.waived for finding in found} == {waived: True, stays: False}


def test_waivers_of_both_are_used() -> None:
    both = (waiver("budget-missing"), waiver("required-for-tier"))

    found = of_rules(
        fleet_that_requires("spec.budgets", waivers=both),
        "budget-missing",
        "required-for-tier",
        "waiver-unused",
    )

    assert [finding.waived for finding in found] == [True, True]


def test_a_rule_that_is_off_or_only_a_note_does_not_hide_what_the_policy_asks() -> None:
    for severity in (None, Severity.NOTE):
        settings = {"budget-missing": RuleSetting(severity=severity)}
        config = FleetConfig(repository="acme/agents", environments=(STAGING, PRODUCTION), rules=settings)

        [finding] = of_rules(
            fleet_that_requires("spec.budgets", config=config), "budget-missing", "required-for-tier"
        )

        assert finding.rule == "required-for-tier"
