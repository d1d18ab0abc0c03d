"""Our own record of an evaluation: documentation, schema and adapter agree."""

from __future__ import annotations

import copy
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult, SampleCounts
from fleetward.store.imports.evaluations.registry import read_evaluation
from tests.end_to_end.repositories import CHECKOUT
from tests.schemas.reading import schema
from tests.store.imports.evaluations.samples import RELEASE, read_content, record

PAGE = (CHECKOUT / "docs" / "how-to" / "tag-evaluation-runs.md").read_text(encoding="utf-8")
EXAMPLE: dict[str, Any] = json.loads(PAGE.split("```json\n")[1].split("```")[0])
SCHEMA = schema("evaluation")


def read(data: object) -> EvaluationResult:
    return read_evaluation(json.dumps(data).encode(), format="fleetward", file="results.json")


def is_accepted(data: object) -> bool:
    return Draft202012Validator(SCHEMA).is_valid(data)


def test_the_documented_example_is_read() -> None:
    measurement = read(EXAMPLE)

    assert (measurement.counts.total, measurement.counts.skipped, measurement.release) == (
        200,
        0,
        EXAMPLE["release"],
    )
    assert measurement.metrics == {"toxicity": 0.002, "pass-rate": 0.98}
    assert is_accepted(EXAMPLE)


def test_the_documented_keys_are_those_of_the_schema() -> None:
    table = PAGE.split("## A record of your own")[1]

    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(SCHEMA["properties"])
    assert re.findall(r"^\| `(\w+)` \| yes", table, re.MULTILINE) == SCHEMA["required"]


@pytest.mark.parametrize("key", [*EXAMPLE])
def test_optional_keys_of_a_record_may_be_absent(key: str) -> None:
    shortened = {name: value for name, value in EXAMPLE.items() if name != key}

    if key in SCHEMA["required"]:
        with pytest.raises(FleetError):
            read(shortened)
    else:
        read(shortened)
    assert is_accepted(shortened) is (key not in SCHEMA["required"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "fleetward.evaluation/2"),
        (("verdict",), "passed"),
        (("x-note",), "mine"),
        (("counts", "total"), "200"),
        (("counts", "passed"), -1),
        (("counts", "flaky"), 1),
        (("metrics", "toxicity"), "low"),
        (("metrics",), []),
        (("model",), ""),
        (("finished",), 1763553600),
        (("release",), "9f86d0"),
    ],
)
def test_a_record_that_its_schema_refuses_is_not_read(path: tuple[str, ...], value: object) -> None:
    refused = copy.deepcopy(EXAMPLE)
    inner = refused
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value

    assert not is_accepted(refused)
    with pytest.raises(FleetError):
        read(refused)


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
