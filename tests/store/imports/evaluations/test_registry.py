"""Samples of all formats, counted by hand; the release tag; wrong formats."""

from __future__ import annotations

import pytest

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import SampleCounts
from fleetward.store.imports.evaluations.registry import FORMATS
from tests.store.imports.evaluations.samples import RELEASE, changed, read_content, read_sample, record


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
def test_a_sample_is_recognised_by_its_content_and_counted(
    path: str, kind: str, total: int, passed: int, failed: int, errored: int, skipped: int
) -> None:
    measurement = read_sample(path)

    assert measurement.format == kind
    assert measurement.counts == SampleCounts(
        total=total, passed=passed, failed=failed, errored=errored, skipped=skipped
    )
    assert measurement.metrics["pass-rate"] == passed / total
    assert read_sample(path, kind) == measurement


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
