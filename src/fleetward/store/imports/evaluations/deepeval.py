"""DeepEval: the test run it saves, and what ``evaluate()`` returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import Measured
from fleetward.store.formats import strict_json
from fleetward.store.imports.evaluations import counting
from fleetward.store.imports.evaluations.counting import Averages, Outcome

NAME = "deepeval"
_SAVED = ("testCases", "conversationalTestCases")


def holds(data: Mapping[str, Any]) -> bool:
    """Does this look like DeepEval's?"""
    return (
        "testRunData" in data or "test_results" in data or ("testCases" in data and "metricsScores" in data)
    )


def of(data: Mapping[str, Any], name: str) -> Measured:
    """
    The measurement in a saved run (bare, or under ``testRunData``) or in a returned one.

    A returned one has neither hyperparameters nor times: it names no model and no release.
    Errors: FleetError when cases are missing or malformed.
    """
    run = counting.mapping(data["testRunData"], f"{name}: testRunData") if "testRunData" in data else data
    cases = list(_cases(run, name))
    counts = counting.counted(_outcome(case, name) for case in cases)
    parameters = counting.optional(run.get("hyperparameters"), f"{name}: hyperparameters")
    return counting.measured(
        NAME,
        counts,
        metrics=_metrics(cases, name),
        model=counting.label(parameters.get("model")),
        release=counting.tag(parameters, f"{name}: hyperparameters"),
        faults=_contradicted(run, counts.total, counts.passed, name),
    )


def _cases(run: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    lists = ("test_results",) if "test_results" in run else _SAVED
    if not any(key in run for key in lists):
        raise FleetError(
            f"{name}: no test cases of DeepEval in it",
            hint="give the test run that DeepEval saves, or what evaluate() returned, as JSON",
        )
    for key in lists:
        for case in counting.sequence(run.get(key) or [], f"{name}: {key}"):
            yield counting.mapping(case, f"{name}: {key}")


def _judgements(case: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = case.get("metricsData", case.get("metrics_data"))
    where = f"{name}: metricsData"
    return [counting.mapping(one, where) for one in counting.sequence(found or [], where)]


def _outcome(case: Mapping[str, Any], name: str) -> Outcome:
    judged = _judgements(case, name)
    if any(one.get("error") for one in judged):
        return Outcome.ERRORED
    if not judged:
        # nothing judged it, whatever it says of itself
        return Outcome.SKIPPED
    passed = case.get("success") is True and all(one.get("success") is True for one in judged)
    return Outcome.PASSED if passed else Outcome.FAILED


def _metrics(cases: list[Mapping[str, Any]], name: str) -> dict[str, float]:
    """Means by metric; a judgement that ended in an error, or without a score, is a zero."""
    averages = Averages()
    for case in cases:
        for one in _judgements(case, name):
            metric = counting.label(one.get("name"))
            score = strict_json.real(one.get("score"))
            if metric is not None:
                averages.add(metric, 0.0 if score is None or one.get("error") else score)
    return averages.means()


def _contradicted(run: Mapping[str, Any], total: int, passed: int, name: str) -> tuple[str, ...]:
    """The run's own sums: cases that were taken out, or turned into passes, no longer fit them."""
    if run.get("testPassed") is None or run.get("testFailed") is None:
        return ()
    said = counting.whole(run["testPassed"], f"{name}: testPassed")
    failed = counting.whole(run["testFailed"], f"{name}: testFailed")
    if said >= passed and said + failed <= total:
        return ()
    return (f"the run counts {said} of {said + failed} passed, its cases {passed} of {total}",)
