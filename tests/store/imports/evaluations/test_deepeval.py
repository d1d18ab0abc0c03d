"""Results of DeepEval: cases are counted, and contradictions are faults."""

from __future__ import annotations

from datetime import UTC, datetime

from fleetward.domain.evidence import SampleCounts
from tests.store.imports.evaluations.samples import changed, read_content, read_sample


def test_deepeval_means_count_an_errored_judgement_as_zero() -> None:
    place = "testCases/0/metricsData/0/error"

    measurement = read_content(changed("deepeval/test_run.json", (place, "no answer")))

    assert measurement.counts == SampleCounts(total=2, failed=1, errored=1)
    assert measurement.metrics == {"Contains": 0.0, "pass-rate": 0.0}


def test_deepeval_case_that_nothing_judged_is_skipped() -> None:
    measurement = read_content(changed("deepeval/test_run.json", ("testCases/0/metricsData", None)))

    assert measurement.counts == SampleCounts(total=2, failed=1, skipped=1)


def test_deepeval_case_with_a_failed_judgement_is_no_pass_whatever_it_says() -> None:
    measurement = read_content(changed("deepeval/test_run.json", ("testCases/1/success", True)))

    assert measurement.counts.passed == 1


def test_deepeval_sums_that_contradict_the_cases_are_a_fault() -> None:
    measurement = read_content(changed("deepeval/test_run.json", ("testFailed", 4)))

    assert measurement.faults == ("the run counts 1 of 5 passed, its cases 1 of 2",)


def test_deepeval_run_has_the_time_that_its_hyperparameters_name() -> None:
    edit = ("testRunData/hyperparameters", {"fleet.finished": "2026-11-20T10:00:00Z"})

    tagged = read_content(changed("deepeval/latest_test_run.json", edit))

    assert tagged.finished == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert read_sample("deepeval/latest_test_run.json").finished is None
