"""Real files of evaluation tools, counted by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult, SampleCounts
from fleetward.store.imports.evaluations.registry import FORMATS, read_evaluation
from tests import paths

SAMPLES = paths.SAMPLES / "evals"
RELEASE = "sha256:" + "ab" * 32


def read_sample(path: str, kind: str | None = None) -> EvaluationResult:
    return read_evaluation((SAMPLES / path).read_bytes(), format=kind, file=path)


def changed(path: str, *edits: tuple[str, Any]) -> bytes:
    """The JSON sample with values set at slash-separated paths."""
    data = json.loads((SAMPLES / path).read_bytes())
    for place, value in edits:
        *way, last = place.split("/")
        inner = data
        for step in way:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        inner[int(last) if isinstance(inner, list) else last] = value
    return json.dumps(data).encode()


def read_content(content: bytes, kind: str | None = None) -> EvaluationResult:
    return read_evaluation(content, format=kind, file="file")


@pytest.mark.parametrize(
    ("path", "kind", "total", "passed", "failed", "errored", "skipped"),
    [
        ("promptfoo/promptfoo.json", "promptfoo", 3, 2, 1, 0, 0),
        ("promptfoo/promptfoo.junit.xml", "junit", 3, 2, 1, 0, 0),
        ("junit/pytest-junit.xml", "junit", 4, 2, 1, 0, 1),
        ("inspect_ai/invoice-triage.json", "inspect", 3, 0, 3, 0, 0),
        ("inspect_ai/invoice-triage.eval", "inspect", 3, 0, 3, 0, 0),
        ("inspect_ai/invoice-triage-with-revision.json", "inspect", 3, 0, 3, 0, 0),
        ("inspect_ai/invoice-triage-error.json", "inspect", 1, 0, 0, 1, 0),
        ("deepeval/test_run.json", "deepeval", 2, 1, 1, 0, 0),
        ("deepeval/latest_test_run.json", "deepeval", 2, 1, 1, 0, 0),
        ("deepeval/evaluate-return.json", "deepeval", 2, 1, 1, 0, 0),
    ],
)
def test_a_sample_is_told_by_its_content_and_counted(
    path: str, kind: str, total: int, passed: int, failed: int, errored: int, skipped: int
) -> None:
    measurement = read_sample(path)

    assert measurement.format == kind
    assert measurement.counts == SampleCounts(
        total=total, passed=passed, failed=failed, errored=errored, skipped=skipped
    )
    assert measurement.metrics["pass-rate"] == passed / total
    assert read_sample(path, kind) == measurement


def test_promptfoo_gives_averages_of_named_metrics_its_times_and_the_model_tag() -> None:
    measurement = read_sample("promptfoo/promptfoo.json")

    assert measurement.metrics == {"grounding": 1.0, "refusal": 0.0, "pass-rate": 2 / 3}
    assert measurement.model == "gpt-4.1-2025-04-14"
    assert measurement.started == datetime(2026, 11, 20, 21, 56, 17, 119000, tzinfo=UTC)
    assert measurement.finished == datetime(2026, 11, 20, 21, 56, 17, 169000, tzinfo=UTC)
    assert measurement.faults == ()


def test_promptfoo_row_with_an_error_is_no_failure_and_drags_its_metrics_down() -> None:
    content = changed(
        "promptfoo/promptfoo.json",
        ("results/results/0/success", False),
        ("results/results/0/failureReason", 2),
        ("results/results/0/namedScores", {}),
        ("results/stats/successes", 1),
        ("results/stats/errors", 1),
    )

    measurement = read_content(content)

    assert measurement.counts == SampleCounts(total=3, passed=1, failed=1, errored=1)
    assert measurement.metrics["grounding"] == pytest.approx(2 / 3)


def test_promptfoo_test_without_assertions_is_no_pass() -> None:
    measurement = read_content(
        changed("promptfoo/promptfoo.json", ("results/results/0/gradingResult/reason", "No assertions"))
    )

    assert measurement.counts == SampleCounts(total=3, passed=1, failed=1, skipped=1)


def test_promptfoo_verdict_that_was_edited_is_refused() -> None:
    content = changed(
        "promptfoo/promptfoo.json",
        ("results/results/1/success", True),
        ("results/results/1/failureReason", 0),
        ("results/results/1/gradingResult/pass", True),
        ("results/results/1/error", None),
    )

    with pytest.raises(FleetError, match="the stats say successes 2"):
        read_content(content)


def test_promptfoo_summary_without_configuration_is_read() -> None:
    summary = json.loads((SAMPLES / "promptfoo/promptfoo.json").read_bytes())["results"]

    measurement = read_content(json.dumps(summary).encode())

    assert (measurement.counts.passed, measurement.model, measurement.release) == (2, None, None)


def test_promptfoo_older_rows_without_failure_reason_are_told_apart_by_their_grading() -> None:
    data = json.loads((SAMPLES / "promptfoo/promptfoo.json").read_bytes())
    rows = data["results"]["results"]
    for row in rows:
        del row["failureReason"]
    rows[0] = {"success": False, "error": "timeout", "gradingResult": None}
    data["results"]["stats"] = {"successes": 1, "failures": 2}

    measurement = read_content(json.dumps(data).encode())

    assert measurement.counts == SampleCounts(total=3, passed=1, failed=1, errored=1)


def test_promptfoo_sums_of_older_versions_become_averages() -> None:
    data = json.loads((SAMPLES / "promptfoo/promptfoo.json").read_bytes())
    row = data["results"]["results"][0]
    del row["gradingResult"]["namedScoreWeights"]
    row["namedScores"] = {"grounding": 2}
    row["gradingResult"]["componentResults"][1]["assertion"]["metric"] = "grounding"

    assert read_content(json.dumps(data).encode()).metrics["grounding"] == 1.0


def test_promptfoo_provider_names_the_model_and_two_of_them_are_a_fault() -> None:
    same_model = [(f"results/results/{row}/provider/id", "openai:chat:gpt-4.1") for row in range(3)]

    single = read_content(changed("promptfoo/promptfoo.json", *same_model))
    several = read_content(
        changed("promptfoo/promptfoo.json", *same_model[:2], ("results/results/2/provider/id", "openai:o3"))
    )

    assert (single.model, single.faults) == ("openai:chat:gpt-4.1", ())
    assert several.model is None
    assert several.faults == ("results of several models in one file: openai:chat:gpt-4.1, openai:o3",)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("promptfoo/promptfoo.json", "config/tags/fleet.release"),
        ("inspect_ai/invoice-triage.json", "eval/metadata/fleet.release"),
        ("deepeval/test_run.json", "hyperparameters/fleet.release"),
        ("deepeval/latest_test_run.json", "testRunData/hyperparameters/fleet.release"),
    ],
)
def test_the_release_tag_is_read_and_a_tag_that_is_no_text_is_refused(path: str, place: str) -> None:
    assert read_content(changed(path, (place, RELEASE))).release == RELEASE
    assert read_sample(path).release is None
    with pytest.raises(FleetError, match=r"fleet\.release"):
        read_content(changed(path, (place, 7)))


def test_junit_property_of_a_suite_is_the_release_tag() -> None:
    text = (SAMPLES / "junit/pytest-junit.xml").read_text()
    tagged = text.replace("fleet.agent", "fleet.release")

    assert read_content(tagged.encode()).release == "invoice-triage"
    assert read_content(text.encode()).release is None


def test_junit_of_pytest_names_model_and_times() -> None:
    measurement = read_sample("junit/pytest-junit.xml")

    assert measurement.model == "gpt-4.1-2025-04-14"
    assert measurement.started == datetime(2026, 11, 20, 21, 56, 21, 691988, tzinfo=UTC)
    assert measurement.finished == datetime(2026, 11, 20, 21, 56, 21, 731988, tzinfo=UTC)
    assert measurement.faults == ()


def test_junit_suites_of_two_releases_are_refused() -> None:
    suite = '<testsuite><properties><property name="fleet.release" value="{}"/></properties></testsuite>'

    with pytest.raises(FleetError, match="several releases: one, two"):
        read_content(f"<testsuites>{suite.format('one')}{suite.format('two')}</testsuites>".encode())


def test_junit_tests_that_are_announced_and_missing_count_as_errors() -> None:
    measurement = read_content(
        b'<testsuite tests="3" failures="0" errors="0"><testcase name="a"/></testsuite>'
    )

    assert measurement.counts == SampleCounts(total=3, passed=1, errored=2)


def test_junit_failures_that_are_counted_and_not_shown_are_a_fault() -> None:
    measurement = read_content(b'<testsuite tests="1" failures="1"><testcase name="a"/></testsuite>')

    assert measurement.faults == ("the report counts 1 failures and errors and shows 0",)


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


@pytest.mark.parametrize("path", ["promptfoo/out.csv", "promptfoo/promptfoo.jsonl"])
@pytest.mark.parametrize("kind", [None, "promptfoo"])
def test_lossy_exports_are_refused_with_what_to_export_instead(path: str, kind: str | None) -> None:
    with pytest.raises(FleetError, match="CSV and JSONL leave out") as caught:
        read_sample(path, kind)

    assert "-o results.json" in caught.value.hint


def test_a_single_row_of_jsonl_is_lossy_too() -> None:
    row = (SAMPLES / "promptfoo/promptfoo.jsonl").read_bytes().splitlines()[0]

    with pytest.raises(FleetError, match="leave out"):
        read_content(row)


def record(**fields: Any) -> bytes:
    usual = {"format": "fleetward.evaluation/1", "counts": {"total": 4, "passed": 3, "errored": 1}}
    return json.dumps({**usual, **fields}).encode()


def test_our_own_record_is_read_whole() -> None:
    measurement = read_content(
        record(metrics={"f1": 0.5}, model="m-1", finished="2026-11-20T12:00:00+02:00", release=RELEASE)
    )

    assert measurement == EvaluationResult(
        format="fleetward",
        metrics={"f1": 0.5, "pass-rate": 0.75},
        counts=SampleCounts(total=4, passed=3, errored=1),
        model="m-1",
        started=None,
        finished=datetime(2026, 11, 20, 10, tzinfo=UTC),
        release=RELEASE,
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"metrics": {"pass-rate": 1.0}}, "the counts make it 0.75"),
        ({"counts": {"total": 5, "passed": 3}}, "do not add up"),
        ({"counts": {"total": True, "passed": 1}}, "whole number"),
        ({"counts": {"total": -1, "passed": -1}}, "whole number"),
        ({"metrics": {"f1": "1"}}, "expected a number"),
        ({"metrics": {"f1": True}}, "expected a number"),
        ({"metrics": []}, "expected an object"),
        ({"format": "fleetward.evaluation/2"}, "expected 'fleetward.evaluation/1'"),
        ({"extra": 1}, "unknown key 'extra'"),
        ({"release": "abc"}, "64 hex"),
        ({"finished": "2026-11-20T12:00:00"}, "instant"),
        ({"model": ""}, "a text"),
    ],
)
def test_our_own_record_is_read_strictly(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(FleetError, match=message):
        read_content(record(**fields))


@pytest.mark.parametrize(
    "content",
    [
        record(counts={"total": 0, "passed": 0}),
        b"<testsuites/>",
        b'{"results": {"results": []}}',
        b'{"testCases": [], "metricsScores": []}',
        b'{"eval": {}, "status": "success", "samples": []}',
    ],
)
def test_a_run_of_nothing_is_a_fault_and_passes_nothing(content: bytes) -> None:
    measurement = read_content(content)

    assert "the file holds no sample: nothing ran" in measurement.faults
    assert measurement.metrics["pass-rate"] == 0.0


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_of_another_format_than_was_named_is_refused(kind: str) -> None:
    for path, real in {"promptfoo/promptfoo.json": "promptfoo", "junit/pytest-junit.xml": "junit"}.items():
        if real != kind:
            with pytest.raises(FleetError):
                read_sample(path, kind)


def test_an_unknown_format_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(FleetError, match="'tap'") as caught:
        read_content(b"{}", "tap")

    assert all(kind in caught.value.hint for kind in FORMATS)
