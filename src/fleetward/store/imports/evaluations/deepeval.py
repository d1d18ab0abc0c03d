"""DeepEval: the test run it saves, and what ``evaluate()`` returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult
from fleetward.store.formats import strict_json
from fleetward.store.imports.evaluations import counting
from fleetward.store.imports.evaluations.counting import Averages, Outcome

NAME = "deepeval"
_SAVED = ("testCases", "conversationalTestCases")


def recognises(data: Mapping[str, Any]) -> bool:
    """Does this look like DeepEval's?"""
    return (
        "testRunData" in data or "test_results" in data or ("testCases" in data and "metricsScores" in data)
    )


def read_run(data: Mapping[str, Any], file: str) -> EvaluationResult:
    """
    The measurement in a saved run (bare, or under ``testRunData``) or in a returned one.

    A returned one has neither hyperparameters nor times: it names no model and no release.
    Errors: FleetError when cases are missing or malformed.
    """
    run = counting.mapping(data["testRunData"], f"{file}: testRunData") if "testRunData" in data else data
    cases = list(_cases(run, file))
    counts = counting.count_outcomes(_outcome(case, file) for case in cases)
    parameters = counting.optional_mapping(run.get("hyperparameters"), f"{file}: hyperparameters")
    return counting.measurement(
        NAME,
        counts,
        metrics=_metrics(cases, file),
        model=counting.label(parameters.get("model")),
        release=counting.release_tag(parameters, f"{file}: hyperparameters"),
        faults=_total_faults(run, counts.total, counts.passed, file),
    )


def _cases(run: Mapping[str, Any], file: str) -> Iterator[Mapping[str, Any]]:
    lists = ("test_results",) if "test_results" in run else _SAVED
    if not any(key in run for key in lists):
        raise FleetError(
            f"{file}: no test cases of DeepEval in it",
            hint="give the test run that DeepEval saves, or what evaluate() returned, as JSON",
        )
    for key in lists:
        for case in counting.sequence(run.get(key) or [], f"{file}: {key}"):
            yield counting.mapping(case, f"{file}: {key}")


def _metric_results(case: Mapping[str, Any], file: str) -> list[Mapping[str, Any]]:
    results = case.get("metricsData", case.get("metrics_data"))
    where = f"{file}: metricsData"
    return [counting.mapping(result, where) for result in counting.sequence(results or [], where)]


def _outcome(case: Mapping[str, Any], file: str) -> Outcome:
    results = _metric_results(case, file)
    if any(result.get("error") for result in results):
        return Outcome.ERRORED
    if not results:
        # nothing judged it, whatever it says of itself
        return Outcome.SKIPPED
    passed = case.get("success") is True and all(result.get("success") is True for result in results)
    return Outcome.PASSED if passed else Outcome.FAILED


def _metrics(cases: list[Mapping[str, Any]], file: str) -> dict[str, float]:
    """Means by metric; a judgement that ended in an error, or without a score, is a zero."""
    averages = Averages()
    for case in cases:
        for result in _metric_results(case, file):
            metric = counting.label(result.get("name"))
            score = strict_json.finite_number(result.get("score"))
            if metric is not None:
                averages.add(metric, 0.0 if score is None or result.get("error") else score)
    return averages.means()


def _total_faults(run: Mapping[str, Any], total: int, passed: int, file: str) -> tuple[str, ...]:
    """The run's own sums: cases that were taken out, or turned into passes, no longer fit them."""
    if run.get("testPassed") is None or run.get("testFailed") is None:
        return ()
    reported_passed = counting.whole(run["testPassed"], f"{file}: testPassed")
    reported_failed = counting.whole(run["testFailed"], f"{file}: testFailed")
    if reported_passed >= passed and reported_passed + reported_failed <= total:
        return ()
    return (
        f"the run counts {reported_passed} of {reported_passed + reported_failed} passed, its cases {passed} of {total}",
    )
