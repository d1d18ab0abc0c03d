"""Which exit criteria of a pilot are met: the newest value, where the pilot runs, on the right side."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fleetward.domain.manifest import Manifest
from fleetward.domain.retirement_plan import CriterionResult, CriterionStatus, MetricValue
from fleetward.survey import exit_criteria_results
from tests.build import manifest

MET, MISSED, UNKNOWN = CriterionStatus.DUE, CriterionStatus.NOT_DUE, CriterionStatus.UNKNOWN
GOOD = {"metric": "pass-rate", "min": 0.92}


def value(
    number: float,
    day: int = 19,
    environment: str | None = None,
    agent: str = "bot",
    metric: str = "pass-rate",
) -> MetricValue:
    return MetricValue(
        day=date(2026, 11, day),
        agent=agent,
        metric=metric,
        value=number,
        line=day,
        environment=environment,
        file="m.csv",
    )


def pilot(*criteria: Any) -> Manifest:
    return manifest("bot", {"lifecycle": "pilot", "pilot": {"exit": list(criteria)}})


def results(*manifests: Manifest, figures: tuple[MetricValue, ...]) -> tuple[CriterionResult, ...]:
    return exit_criteria_results(
        manifests,
        figures,
        names={"bot", "old-bot"},
        environments=("production",),
        today=date(2026, 11, 20),
        source="m.csv",
    )


@pytest.mark.parametrize(
    ("criterion", "figures", "status", "detail"),
    [
        (GOOD, (value(0.95),), MET, "0.95 on 2026-11-19 (m.csv:19)"),
        (GOOD, (value(0.92, 20),), MET, "0.92 on 2026-11-20 (m.csv:20)"),
        (GOOD, (value(0.91999999),), MISSED, "0.91999999 on 2026-11-19 (m.csv:19)"),
        (GOOD, (), UNKNOWN, "no value in m.csv"),
        # the newest counts, whatever came before
        (GOOD, (value(0.99, 18), value(0.5, 19)), MISSED, "0.5 on 2026-11-19 (m.csv:19)"),
        (GOOD, (value(0.5, 18), value(0.99, 19)), MET, "0.99 on 2026-11-19 (m.csv:19)"),
        (GOOD, (value(0.99, agent="other"), value(0.99, metric="volume")), UNKNOWN, "no value in m.csv"),
        (GOOD, (value(0.99, agent="old-bot"),), MET, "0.99 on 2026-11-19 (m.csv:19)"),
        (GOOD, (value(0.99, 21),), UNKNOWN, "no value in m.csv"),
        # where it runs
        (GOOD, (value(0.99, environment="staging"),), UNKNOWN, "no value in m.csv"),
        (GOOD, (value(0.99), value(0.5, environment="production")), MISSED, "0.5 on 2026-11-19 (m.csv:19)"),
        ({"metric": "pass-rate", "max": 0.1}, (value(0.1),), MET, "0.1 on 2026-11-19 (m.csv:19)"),
        (
            {"metric": "pass-rate", "min": 0, "max": 0.1},
            (value(0.2),),
            MISSED,
            "0.2 on 2026-11-19 (m.csv:19)",
        ),
        ({"metric": "pass-rate"}, (value(0.2),), UNKNOWN, "it names no number"),
        ({"metric": "pass-rate", "min": "TODO"}, (value(0.2),), UNKNOWN, "it names no number"),
    ],
)
def test_the_newest_value_decides(
    criterion: dict[str, Any], figures: tuple[MetricValue, ...], status: CriterionStatus, detail: str
) -> None:
    [result] = results(pilot(criterion), figures=figures)

    assert (result.status, result.detail) == (status, detail)


def test_what_runs_holds_beside_the_candidate_and_each_criterion_is_told_once() -> None:
    softer = {"metric": "pass-rate", "min": 0.5, "max": 1}

    both = results(pilot(GOOD), pilot(softer, GOOD), figures=(value(0.9),))

    assert [(result.condition, result.status) for result in both] == [
        ("pass-rate at least 0.92", MISSED),
        ("pass-rate at least 0.5 and at most 1", MET),
    ]
