"""Which criteria are met: one day more or less, one figure missing, one on the line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from fleetward.domain.retirement_plan import CriterionResult, CriterionStatus, MetricValue
from fleetward.survey import criteria_results, unused_values
from tests.build import fleet, manifest

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
BELOW = {"metric": "runs", "below": 50, "for": "P10D"}


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def values(
    days: Iterable[int], value: float = 10, metric: str = "runs", agent: str = "bot"
) -> list[MetricValue]:
    return [MetricValue(day=ago(back), agent=agent, metric=metric, value=value, line=back) for back in days]


def judged(
    criterion: dict[str, object], figures: list[MetricValue], lifecycle: str = "production"
) -> CriterionResult:
    spec = {"lifecycle": lifecycle, "retirement": {"criteria": [criterion]}}
    [result] = criteria_results(fleet(manifest("bot", spec)), figures, NOW)
    return result


@pytest.mark.parametrize(
    ("criterion", "figures", "expected"),
    [
        (BELOW, values(range(1, 11)), CriterionStatus.DUE),
        (
            BELOW,
            values(range(10)),
            CriterionStatus.UNKNOWN,
        ),  # today is not over, and the tenth day is missing
        (BELOW, [*values(range(1, 11)), *values([0], 99)], CriterionStatus.DUE),
        (BELOW, [*values(range(1, 11)), *values([11], 99)], CriterionStatus.DUE),
        (
            BELOW,
            [*values(range(1, 10)), *values([10], 50)],
            CriterionStatus.NOT_DUE,
        ),  # on the line is not below it
        (
            BELOW,
            [*values(range(2, 10)), *values([10], 99)],
            CriterionStatus.NOT_DUE,
        ),  # no figure of yesterday would change it
        (BELOW, [], CriterionStatus.UNKNOWN),
        (BELOW, values(range(1, 11), metric="other"), CriterionStatus.UNKNOWN),
        (BELOW, values(range(1, 11), agent="other"), CriterionStatus.UNKNOWN),
        ({"metric": "runs", "above": 9.5, "for": "P1W"}, values(range(1, 8)), CriterionStatus.DUE),
        ({"metric": "runs", "above": 10, "for": "P1W"}, values(range(1, 8)), CriterionStatus.NOT_DUE),
        (
            {"metric": "runs", "below": 50, "for": "PT36H"},
            values([1]),
            CriterionStatus.UNKNOWN,
        ),  # two whole days
        ({"metric": "runs", "below": 50, "for": "PT36H"}, values([1, 2]), CriterionStatus.DUE),
        (
            {"metric": "runs", "below": 50},
            values([5]),
            CriterionStatus.DUE,
        ),  # without a span the newest figure
        ({"metric": "runs", "below": 50}, [*values([5]), *values([3], 60)], CriterionStatus.NOT_DUE),
        ({"metric": "runs", "below": 50}, [], CriterionStatus.UNKNOWN),
        ({"metric": "runs", "below": 50, "for": "P99999D"}, values([1]), CriterionStatus.UNKNOWN),
        ({"metric": "runs", "below": 50, "for": "P9999999D"}, values([1]), CriterionStatus.UNKNOWN),
        ({"date": "2026-11-19"}, [], CriterionStatus.DUE),
        ({"date": "2026-11-20"}, [], CriterionStatus.NOT_DUE),  # its last day
        ({"date": "2026-02-30"}, [], CriterionStatus.UNKNOWN),
    ],
)
def test_a_criterion_is_met_on_the_very_day(
    criterion: dict[str, object], figures: list[MetricValue], expected: CriterionStatus
) -> None:
    assert judged(criterion, figures).status is expected


def test_gaps_are_named_from_their_first_to_their_last_day() -> None:
    result = judged(BELOW, values([1, 2, 5, 7, 8, 9]))

    assert result.gaps == ((ago(10), ago(10)), (ago(6), ago(6)), (ago(4), ago(3)))
    assert result.detail == "no figure on 4 of 10 days"


def test_the_result_names_the_measured_values() -> None:
    result = judged(BELOW, [*values(range(1, 10)), *values([10], 41)])

    assert result.detail == "highest 41, 2026-11-10 to 2026-11-19"
    assert result.condition == "runs below 50 for P10D"


def test_criteria_are_checked_in_the_last_environment_unless_retired() -> None:
    def at(environment: str, name: str, last: str, lifecycle: str = "production"):
        spec = {"lifecycle": lifecycle, "retirement": {"criteria": [{"date": last}]}}
        return manifest(name, spec, environment=environment)

    agents = fleet(
        at("staging", "a", "2030-01-01"),
        at("production", "a", "2020-01-01"),
        at("staging", "b", "2020-01-01", "retired"),
    )

    results = criteria_results(agents, [], NOW)

    assert [(r.agent, r.environment, r.status) for r in results] == [("a", "production", CriterionStatus.DUE)]
    assert criteria_results(agents, [], NOW, "b") == ()


def test_each_unused_metric_is_named_once() -> None:
    agents = fleet(manifest("bot", {"retirement": {"criteria": [BELOW]}}))
    figures = [*values([1, 2], agent="bto"), *values([1], metric="rnus"), *values([1])]

    unmatched = unused_values(agents, figures)

    assert [(value.line, why) for value, why in unmatched] == [
        (1, "no agent 'bto'"),
        (1, "'bot' has no criterion for 'rnus'"),
    ]
