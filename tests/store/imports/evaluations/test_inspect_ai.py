"""Results of Inspect: samples pass with full marks, and failed runs are faults."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import SampleCounts
from tests.store.imports.evaluations.samples import changed, read_content, read_sample


def test_inspect_metrics_go_by_scorer_and_the_headline_by_its_own_name() -> None:
    measurement = read_sample("inspect_ai/invoice-triage.eval")

    assert measurement.metrics == {
        "includes/accuracy": pytest.approx(2 / 3),
        "includes/stderr": pytest.approx(1 / 3),
        "match/accuracy": 0.0,
        "match/stderr": 0.0,
        "accuracy": pytest.approx(2 / 3),
        "pass-rate": 0.0,
    }
    assert measurement.model == "mockllm/model"
    assert measurement.finished == datetime(2026, 11, 20, 21, 54, 7, tzinfo=UTC)


def test_inspect_metric_of_two_scorers_without_a_headline_has_no_short_name() -> None:
    measurement = read_content(changed("inspect_ai/invoice-triage.json", ("results/headline", None)))

    assert "accuracy" not in measurement.metrics
    assert "match/accuracy" in measurement.metrics


def test_inspect_sample_passes_when_every_scorer_gave_full_marks() -> None:
    measurement = read_content(
        changed("inspect_ai/invoice-triage.json", ("samples/0/scores/match/value", "C"))
    )

    assert measurement.counts == SampleCounts(total=3, passed=1, failed=2)


def test_inspect_error_run_is_a_fault() -> None:
    measurement = read_sample("inspect_ai/invoice-triage-error.json")

    assert measurement.faults[0].startswith("the run ended with status 'error'")
    assert "tool backend unavailable" in measurement.faults[0]
    assert measurement.metrics == {"pass-rate": 0.0}


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (("invalidated", True), "the log was invalidated"),
        (("invalidated", None), "the log was invalidated"),
        (("samples/1/invalidation", {"author": "x"}), "samples were invalidated: 's2'"),
        (("status", "cancelled"), "the run ended with status 'cancelled'"),
        (("status", "started"), "the run ended with status 'started'"),
        (("samples/0/error", {"message": "x"}), "1 of 3 samples ended without a score"),
        (("samples/0/scores", {}), "1 of 3 samples ended without a score"),
        (("results/total_samples", 5), "2 of 5 samples ended without a score"),
    ],
)
def test_inspect_log_that_is_no_evidence_says_why(edit: tuple[str, Any], fault: str) -> None:
    assert fault in read_content(changed("inspect_ai/invoice-triage.json", edit)).faults


@pytest.mark.parametrize(
    ("revision", "dirty"),
    [
        ({"dirty": True}, True),
        ({"dirty": "yes"}, True),
        ({"dirty": False}, False),
        ({"dirty": None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_inspect_tells_whether_its_work_tree_had_changes(revision: Any, dirty: bool) -> None:
    edited = changed("inspect_ai/invoice-triage-with-revision.json", ("eval/revision", revision))

    assert read_content(edited).dirty is dirty
    assert read_sample("inspect_ai/invoice-triage-with-revision.json").dirty is False


def test_inspect_log_without_its_samples_is_refused_with_what_to_do() -> None:
    with pytest.raises(FleetError, match="holds no samples") as caught:
        read_content(changed("inspect_ai/invoice-triage.json", ("samples", None)))

    assert "--log-samples" in caught.value.hint


@pytest.mark.parametrize(
    ("edit", "partial"),
    [
        (("eval/config/limit", 3), "limit 3"),
        (("eval/config/limit", [0, 2]), "limit [0, 2]"),
        (("eval/config/limit", 100), None),
        (("eval/config/sample_id", ["s1"]), "sample_id ['s1']"),
        (("eval/dataset/samples", 30), "3 of 30 samples"),
        (("eval/dataset/samples", None), None),
    ],
)
def test_inspect_run_of_chosen_samples_is_partial(edit: tuple[str, Any], partial: str | None) -> None:
    assert read_content(changed("inspect_ai/invoice-triage.json", edit)).partial == partial


def test_inspect_sample_that_was_tried_again_is_flaky() -> None:
    edit = ("samples/0/error_retries", [{"message": "timeout"}])

    assert read_content(changed("inspect_ai/invoice-triage.json", edit)).flaky == 1
