"""What a fleet makes of the rules: severities by tier and environment, and dated exceptions."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from fleetward import rules
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import FleetConfig, RuleSetting, Snapshot, Waiver
from tests.build import PRODUCTION, STAGING, fleet, manifest, people, policy

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


def of(found: tuple[Finding, ...], rule: str) -> list[Finding]:
    return [one for one in found if one.rule == rule]


def test_without_a_setting_the_default_weighs() -> None:
    [found] = of(rules.findings(without_owner(), NOW), "owner-unknown")

    assert found.severity is Severity.ERROR
    assert (found.environment, found.agent) == ("staging", "lost")


def test_a_setting_changes_the_weight() -> None:
    fleet_ = replace(without_owner(), config=setting(Severity.NOTE))

    [found] = of(rules.findings(fleet_, NOW), "owner-unknown")

    assert found.severity is Severity.NOTE


def test_off_is_silence() -> None:
    assert of(rules.findings(replace(without_owner(), config=setting(None)), NOW), "owner-unknown") == []


@pytest.mark.parametrize(("tier", "severity"), [("high", Severity.NOTE), ("medium", Severity.ERROR)])
def test_a_setting_for_a_tier_leaves_the_default_elsewhere(tier: str, severity: Severity) -> None:
    fleet_ = replace(without_owner(tier=tier), config=setting(Severity.NOTE, tiers=frozenset({"high"})))

    [found] = of(rules.findings(fleet_, NOW), "owner-unknown")

    assert found.severity is severity


@pytest.mark.parametrize(("environment", "count"), [("staging", 0), ("production", 1)])
def test_off_in_one_environment_leaves_the_other(environment: str, count: int) -> None:
    off = setting(None, environments=frozenset({"staging"}))

    found = rules.findings(replace(without_owner(environment), config=off), NOW)

    assert len(of(found, "owner-unknown")) == count


def test_a_waived_finding_is_there_and_marked() -> None:
    found = rules.findings(replace(without_owner(), waivers=(waiver(),)), NOW)

    [one] = of(found, "owner-unknown")
    assert one.waived
    assert not [other for other in found if other.waived and other.rule != "owner-unknown"]
    assert of(found, "waiver-unused") == []


def test_a_waiver_ends_with_its_last_day_and_not_before() -> None:
    excused = replace(without_owner(), waivers=(waiver(),))

    [last] = of(rules.findings(excused, datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)), "owner-unknown")
    [after] = of(rules.findings(excused, datetime(2026, 11, 21, tzinfo=UTC)), "owner-unknown")

    assert last.waived
    assert not after.waived


def test_an_expired_waiver_is_an_error_and_not_unused_besides() -> None:
    expired = replace(without_owner(), waivers=(waiver(expires=date(2026, 11, 19)),))

    found = rules.findings(expired, NOW)

    [one] = of(found, "waiver-expired")
    assert one.severity is Severity.ERROR
    assert one.place.line == 4
    assert of(found, "waiver-unused") == []


@pytest.mark.parametrize(
    "changed", [{"agent": "other"}, {"rule": "owner-left"}, {"environment": "production"}]
)
def test_a_waiver_for_something_else_excuses_nothing_and_is_unused(changed: dict[str, str]) -> None:
    found = rules.findings(replace(without_owner(), waivers=(waiver(**changed),)), NOW)

    [one] = of(found, "owner-unknown")
    assert not one.waived
    [left_over] = of(found, "waiver-unused")
    assert left_over.severity is Severity.WARNING


def test_findings_come_worst_first_and_the_same_each_time() -> None:
    found = rules.findings(without_owner(), NOW)

    assert list(found) == sorted(found, key=lambda one: one.sort_key)
    assert found == rules.findings(without_owner(), NOW)
    assert found[0].severity is Severity.ERROR
