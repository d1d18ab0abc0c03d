"""DeepEval: the test run it saves, and what ``evaluate()`` returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult
from fleetward.store.formats import strict_json
from fleetward.store.imports.evaluations import counting
from fleetward.store.imports.evaluations.adapter import EvaluationFile
from fleetward.store.imports.evaluations.counting import Averages, Outcome

FORMAT = "deepeval"
_FINISHED_TAG = "fleet.finished"
_SAVED = ("testCases", "conversationalTestCases")


def recognises(evaluation: EvaluationFile) -> bool:
    """A JSON object with ``testRunData``, with ``test_results``, or with ``testCases`` and ``metricsScores``."""
    keys = evaluation.json or {}
    return (
        "testRunData" in keys or "test_results" in keys or ("testCases" in keys and "metricsScores" in keys)
    )


def read(evaluation: EvaluationFile) -> EvaluationResult:
    """
    A test run as DeepEval saves it, or what ``evaluate()`` returned.

    A case passes when it and all of its metrics succeeded; one that no metric judged is skipped. Metrics are means,
    with 0 for an error. Model and release come from ``hyperparameters``, which a returned run does not have. So does
    the time, as ``fleet.finished``: DeepEval writes none.
    """
    data, file = evaluation.json_object(), evaluation.name
    run = counting.mapping(data["testRunData"], f"{file}: testRunData") if "testRunData" in data else data
    cases = list(_cases(run, file))
    counts = counting.count_outcomes(_outcome(case, file) for case in cases)
    parameters = counting.optional_mapping(run.get("hyperparameters"), f"{file}: hyperparameters")
    finished = counting.run_time(parameters.get(_FINISHED_TAG))
    return counting.measurement(
        FORMAT,
        counts,
        finished=finished.earliest,
        finished_latest=finished.latest,
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
        # no metric judged it, even if it reports success
        return Outcome.SKIPPED
    passed = case.get("success") is True and all(result.get("success") is True for result in results)
    return Outcome.PASSED if passed else Outcome.FAILED


def _metrics(cases: list[Mapping[str, Any]], file: str) -> dict[str, float]:
    """Means by metric; a metric with an error or without a score counts as 0."""
    averages = Averages()
    for case in cases:
        for result in _metric_results(case, file):
            metric = counting.label(result.get("name"))
            score = strict_json.finite_number(result.get("score"))
            if metric is not None:
                averages.add(metric, 0.0 if score is None or result.get("error") else score)
    return averages.means()


def _total_faults(run: Mapping[str, Any], total: int, passed: int, file: str) -> tuple[str, ...]:
    """The run's own sums contradict its cases: cases were removed, or turned into passes."""
    if run.get("testPassed") is None or run.get("testFailed") is None:
        return ()
    run_passed = counting.whole(run["testPassed"], f"{file}: testPassed")
    run_total = run_passed + counting.whole(run["testFailed"], f"{file}: testFailed")
    if run_passed >= passed and run_total <= total:
        return ()
    return (f"the run counts {run_passed} of {run_total} passed, its cases {passed} of {total}",)
