"""Budgets and disclosure: edges that the cases leave out."""

import pytest

from fleetward.domain.period import parse_period
from tests.build import policy
from tests.rules.usual_fleet import findings_of, fleet_of_one


@pytest.mark.parametrize(("alert", "halt", "count"), [(59, 60, 0), (60, 60, 1), (60.5, 60, 1), (None, 60, 0)])
def test_the_alert_comes_before_the_halt(alert: float | None, halt: float, count: int) -> None:
    budget = {"window": "day", "currency": "EUR", "alertAt": alert, "haltAt": halt}

    assert len(findings_of("budget-alert-above-halt", fleet_of_one({"budgets": [budget]}))) == count


@pytest.mark.parametrize("visibility", ["partners", "customers", "public"])
def test_an_agent_that_people_outside_see_has_to_disclose_that_it_is_an_ai(visibility: str) -> None:
    met = {"risk": {"tier": "medium", "factors": {"externalVisibility": visibility}}}

    assert len(findings_of("disclosure-missing", fleet_of_one(met))) == 1
    assert findings_of("disclosure-missing", fleet_of_one({**met, "disclosure": {"aiDisclosed": True}})) == []


@pytest.mark.parametrize(
    ("kept", "least", "count"),
    [
        ("P6M", "P6M", 0),
        ("P180D", "P6M", 1),
        ("P181D", "P6M", 0),
        ("P6M", "P180D", 0),
        ("P365D", "P1Y", 0),
        ("P12M", "P1Y", 0),
        ("P11M", "P1Y", 1),
        ("P6M", "P200D", 1),
        ("a while", "P6M", 1),
    ],
)
def test_months_of_retention_are_taken_at_their_shortest(kept: str, least: str, count: int) -> None:
    high = {"risk": {"tier": "high"}, "observability": {"traces": "otel", "retention": kept}}
    fleet = fleet_of_one(high, policy=policy(limits={"retention": parse_period(least)}))

    assert len(findings_of("retention-short", fleet)) == count
