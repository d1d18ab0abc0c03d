"""A file is read by the first adapter that recognises it."""

from __future__ import annotations

import json

import pytest

from fleetward.domain.errors import FleetError
from fleetward.store.imports.evaluations.adapter import EvaluationFile
from fleetward.store.imports.evaluations.registry import ADAPTERS, FORMATS, read_evaluation, recognise
from tests.paths import SAMPLES

FILES = {
    "promptfoo/promptfoo.json": "promptfoo",
    "promptfoo/promptfoo.junit.xml": "junit",
    "junit/pytest-junit.xml": "junit",
    "inspect_ai/invoice-triage.json": "inspect",
    "inspect_ai/invoice-triage.eval": "inspect",
    "deepeval/test_run.json": "deepeval",
    "deepeval/evaluate-return.json": "deepeval",
}
RECORD = b'{"format": "fleetward.evaluation/1", "counts": {"total": 1, "passed": 1}}'
SHAPES = {
    "fleetward": {"format": "fleetward.evaluation/1"},
    "inspect": {"eval": {}, "status": "success"},
    "deepeval": {"testRunData": {}},
    "promptfoo": {"results": {"results": []}},
}
"""What each JSON adapter recognises, and no more; in the order of ADAPTERS."""


def evaluation(content: bytes) -> EvaluationFile:
    return EvaluationFile(content, "results.json")


def test_there_is_a_sample_of_every_format() -> None:
    assert {*FILES.values(), "fleetward"} == set(FORMATS)


@pytest.mark.parametrize("path", [*FILES, None])
def test_exactly_one_adapter_recognises_a_sample(path: str | None) -> None:
    content = (SAMPLES / "evals" / path).read_bytes() if path else RECORD

    recognising = [adapter.format for adapter in ADAPTERS if adapter.recognises(evaluation(content))]

    assert recognising == [FILES[path] if path else "fleetward"]


def test_the_order_of_recognition_is_that_of_the_table() -> None:
    assert [adapter.format for adapter in ADAPTERS] == [*SHAPES, "junit"], (
        "list the JSON formats in SHAPES in the order of ADAPTERS"
    )


@pytest.mark.parametrize("first", range(len(SHAPES)))
def test_a_file_that_several_adapters_recognise_goes_to_the_first_of_them(first: int) -> None:
    shapes = list(SHAPES.values())[first:]
    content = json.dumps({key: value for shape in shapes for key, value in shape.items()}).encode()

    in_shapes = [adapter for adapter in ADAPTERS if adapter.format in list(SHAPES)[first:]]
    assert [adapter.recognises(evaluation(content)) for adapter in in_shapes] == [True] * len(shapes)
    adapter = recognise(evaluation(content))
    assert adapter is not None
    assert adapter.format == list(SHAPES)[first]


@pytest.mark.parametrize(
    "content",
    [
        b"Test,Status,Score,Named Scores\n1,PASS,1,{}\n",
        b'{"testIdx": 0, "promptIdx": 0, "success": true}\n',
        b'{"testIdx": 0, "promptIdx": 0}\n{"testIdx": 1, "promptIdx": 0}\n',
    ],
)
def test_an_export_of_promptfoo_without_tags_is_refused_with_the_command_to_type(content: bytes) -> None:
    with pytest.raises(FleetError, match="leave out what evidence needs") as caught:
        read_evaluation(content, format=None, file="results.csv")

    assert "promptfoo export eval" in caught.value.hint


def test_broken_json_is_reported_with_its_place_and_not_as_unknown() -> None:
    with pytest.raises(FleetError, match=r"results.json:2:1: not JSON"):
        read_evaluation(b'{"results":\n', format=None, file="results.json")


def test_a_file_of_another_format_is_refused_with_both_names() -> None:
    with pytest.raises(FleetError, match="the content is that of fleetward, not of 'junit'"):
        read_evaluation(RECORD, format="junit", file="results.json")
