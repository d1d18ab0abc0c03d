"""The docstring is the documentation, so it has to hold what a reader needs."""

import inspect

import pytest
import yaml

from fleetward import rules
from fleetward.domain.finding import Severity
from fleetward.domain.names import is_name
from fleetward.rules import documentation
from fleetward.rules.documentation import SECTIONS, rule_section, sections

WARNINGS = {
    "owner-alone",
    "assessment-stale",
    "model-unverified",
    "model-retiring",
    "connector-deprecated",
    "identity-shared",
    "dependency-lower-tier",
    "dependency-retired",
    "escalation-untested",
    "escalation-no-context",
    "kill-switch-untested",
    "output-review-missing",
    "retention-short",
    "review-overdue",
    "heartbeat-too-slow",
    "pilot-overdue",
    "retirement-due",
    "environment-skipped",
    "waiver-unused",
    "policy-dead-rule",
}


@pytest.mark.parametrize("rule", rules.CATALOGUE, ids=lambda rule: rule.id)
def test_a_rule_says_why_shows_bad_and_good_and_how_to_cure_it(rule: rules.Rule) -> None:
    said = sections(rule)

    assert tuple(said) == SECTIONS
    assert all(said.values())
    assert rule.summary.endswith(".")


@pytest.mark.parametrize("rule", rules.CATALOGUE, ids=lambda rule: rule.id)
def test_the_examples_are_yaml_and_differ(rule: rules.Rule) -> None:
    said = sections(rule)

    for name in ("Bad", "Good"):
        yaml.safe_load(said[name])
    assert said["Bad"] != said["Good"]


@pytest.mark.parametrize("rule", rules.CATALOGUE, ids=lambda rule: rule.id)
def test_the_default_severity_is_the_contract_s(rule: rules.Rule) -> None:
    wanted = Severity.WARNING if rule.id in WARNINGS else Severity.ERROR

    assert rule.severity == (Severity.NOTE if rule.id == "model-no-fallback" else wanted)


def test_a_rule_is_called_like_its_function() -> None:
    for rule in rules.CATALOGUE:
        assert rule.check.__name__ == rule.id.replace("-", "_")
        assert is_name(rule.id)


def test_no_id_is_used_twice() -> None:
    assert len({rule.id for rule in rules.CATALOGUE}) == len(rules.CATALOGUE)


def test_a_check_has_no_state_of_its_own() -> None:
    for rule in rules.CATALOGUE:
        assert list(inspect.signature(rule.check).parameters) == ["fleet", "now"]
        assert rule.check.__closure__ is None


def test_explain_finds_a_rule_and_nothing_for_a_stranger() -> None:
    found = rules.find_rule("owner-unknown")

    assert found is not None
    assert found.id == "owner-unknown"
    assert rules.find_rule("owner-unkown") is None


def test_the_page_holds_every_rule_with_its_examples() -> None:
    text = documentation.reference_page()

    for rule in documentation.DOCUMENTED_RULES:
        assert f"\n## {rule.id}\n" in text
        assert rule_section(rule) in text
    assert {rule.id for rule in documentation.DOCUMENTED_RULES} >= {rule.id for rule in rules.CATALOGUE}
    assert text.count("```") == 4 * len(documentation.DOCUMENTED_RULES)
    assert "Severity: error, warning for the lowest tier." in text
