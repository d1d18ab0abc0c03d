"""Results of promptfoo: rows are counted, and contradictions are refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import SampleCounts
from tests.store.imports.evaluations.samples import SAMPLES, changed, read_content, read_sample


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


@pytest.mark.parametrize(
    "edit",
    [
        ("config/commandLineOptions", {"filterFirstN": 2}),
        ("runtimeOptions/filterPattern", "refund"),
        ("config/tests", [{"vars": {}}] * 4),
    ],
)
def test_promptfoo_run_of_chosen_tests_is_partial(edit: tuple[str, Any]) -> None:
    assert read_content(changed("promptfoo/promptfoo.json", edit)).partial is not None


@pytest.mark.parametrize(
    "edit",
    [
        ("config/tests", "file://tests.csv"),
        ("config/tests", ["file://tests.csv"]),
        ("config/commandLineOptions", {"filterProviders": "echo", "filterFirstN": None}),
    ],
)
def test_promptfoo_run_of_all_tests_is_not_partial(edit: tuple[str, Any]) -> None:
    assert read_content(changed("promptfoo/promptfoo.json", edit)).partial is None


@pytest.mark.parametrize(
    "content",
    [
        b"# made by\nevalId: eval-x\nresults:\n  version: 3\n",
        b'<?xml version="1.0"?>\n<promptfoo><evalId>eval-x</evalId></promptfoo>\n',
        b"<!DOCTYPE html>\n<html><title>promptfoo</title></html>\n",
    ],
)
def test_promptfoo_output_that_is_not_read_is_refused_with_the_one_that_is(content: bytes) -> None:
    with pytest.raises(FleetError, match="not read") as caught:
        read_content(content)

    assert "-o results.json" in caught.value.hint
