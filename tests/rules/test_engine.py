"""What a fleet makes of the rules: severities by tier and environment, and dated exceptions."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from fleetward import rules
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import FleetConfig, RuleSetting, Snapshot, Waiver
from fleetward.domain.manifest import Agent
from tests.build import PRODUCTION, STAGING, agent, fleet, manifest, people, policy
from tests.rules.usual_fleet import USUAL, findings_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEAMS = people({"desk": ["carla", "dina"]})


def without_owner(environment: str = "staging", tier: str = "medium") -> Snapshot:
    lost = manifest("lost", {"owner": {"team": "nobody"}, "risk": {"tier": tier}}, environment=environment)
    return fleet(lost, people=TEAMS, policy=policy())


def setting(severity: Severity | None, **scope: Any) -> FleetConfig:
    settings = {"owner-unknown": RuleSetting(severity=severity, **scope)}
    return FleetConfig(repository="acme/agents", environments=(STAGING, PRODUCTION), rules=settings)


def waiver(**changed: Any) -> Waiver:
    usual = {
        "rule": "owner-unknown",
        "agent": "lost",
        "environment": None,
        "reason": "the team is being founded",
        "approved_by": "carla",
        "expires": date(2026, 11, 20),
        "place": Place(file="governance/waivers.yaml", line=4, path="waivers[0]"),
    }
    return Waiver(**{**usual, **changed})


def of_rule(findings: tuple[Finding, ...], rule: str) -> list[Finding]:
    return [finding for finding in findings if finding.rule == rule]


def test_the_default_severity_applies_without_a_setting() -> None:
    [finding] = of_rule(rules.findings(without_owner(), NOW), "owner-unknown")

    assert finding.severity is Severity.ERROR
    assert (finding.environment, finding.agent) == ("staging", "lost")


def test_a_setting_changes_the_severity() -> None:
    fleet_ = replace(without_owner(), config=setting(Severity.NOTE))

    [finding] = of_rule(rules.findings(fleet_, NOW), "owner-unknown")

    assert finding.severity is Severity.NOTE


def test_a_rule_that_is_off_finds_nothing() -> None:
    assert of_rule(rules.findings(replace(without_owner(), config=setting(None)), NOW), "owner-unknown") == []


@pytest.mark.parametrize(("tier", "severity"), [("high", Severity.NOTE), ("medium", Severity.ERROR)])
def test_a_setting_for_a_tier_leaves_the_default_elsewhere(tier: str, severity: Severity) -> None:
    fleet_ = replace(without_owner(tier=tier), config=setting(Severity.NOTE, tiers=frozenset({"high"})))

    [finding] = of_rule(rules.findings(fleet_, NOW), "owner-unknown")

    assert finding.severity is severity


@pytest.mark.parametrize(("environment", "count"), [("staging", 0), ("production", 1)])
def test_off_in_one_environment_leaves_the_other(environment: str, count: int) -> None:
    off = setting(None, environments=frozenset({"staging"}))

    findings = rules.findings(replace(without_owner(environment), config=off), NOW)

    assert len(of_rule(findings, "owner-unknown")) == count


def test_a_waived_finding_is_included_and_marked() -> None:
    findings = rules.findings(replace(without_owner(), waivers=(waiver(),)), NOW)

    [finding] = of_rule(findings, "owner-unknown")
    assert finding.waived
    assert not [finding for finding2 in findings if finding2.waived and finding2.rule != "owner-unknown"]
    assert of_rule(findings, "waiver-unused") == []


def test_a_waiver_ends_with_its_last_day_and_not_before() -> None:
    excused = replace(without_owner(), waivers=(waiver(),))

    [last] = of_rule(rules.findings(excused, datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)), "owner-unknown")
    [after] = of_rule(rules.findings(excused, datetime(2026, 11, 21, tzinfo=UTC)), "owner-unknown")

    assert last.waived
    assert not after.waived


def test_an_expired_waiver_is_an_error_and_not_also_unused() -> None:
    expired = replace(without_owner(), waivers=(waiver(expires=date(2026, 11, 19)),))

    findings = rules.findings(expired, NOW)

    [finding] = of_rule(findings, "waiver-expired")
    assert finding.severity is Severity.ERROR
    assert finding.place.line == 4
    assert of_rule(findings, "waiver-unused") == []


@pytest.mark.parametrize(
    "changed", [{"agent": "other"}, {"rule": "owner-left"}, {"environment": "production"}]
)
def test_a_waiver_that_matches_no_finding_is_unused(changed: dict[str, str]) -> None:
    findings = rules.findings(replace(without_owner(), waivers=(waiver(**changed),)), NOW)

    [finding] = of_rule(findings, "owner-unknown")
    assert not finding.waived
    [left_over] = of_rule(findings, "waiver-unused")
    assert left_over.severity is Severity.WARNING


def test_findings_come_worst_first_and_the_same_each_time() -> None:
    findings = rules.findings(without_owner(), NOW)

    assert list(findings) == sorted(findings, key=lambda finding: finding.sort_key)
    assert findings == rules.findings(without_owner(), NOW)
    assert findings[0].severity is Severity.ERROR


def test_an_empty_manifest_raises_no_exception_in_any_rule() -> None:
    bare = fleet(manifest("bare", {}))

    assert {finding.rule for finding in rules.findings(bare, NOW)} >= {"owner-unknown", "retirement-missing"}


def test_an_unreadable_agent_does_not_stop_the_rules_for_others() -> None:
    broken = Agent(
        environment="staging", name="broken", folder="environments/staging/broken", files=(), manifest=None
    )
    lost = agent(manifest("lost", {**USUAL, "owner": {"team": "nobody"}}))

    [finding] = findings_of("owner-unknown", fleet(broken, lost, people=TEAMS, policy=policy()))

    assert finding.agent == "lost"
