"""Evidence records: bound to one release, written stably, read strictly."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult, EvidenceRecord, SampleCounts
from fleetward.store.imports.evaluations.registry import read_evaluation
from fleetward.store.records import evidence
from tests.paths import SAMPLES

SAMPLE = SAMPLES / "evals" / "promptfoo" / "promptfoo.json"
RELEASE = "sha256:" + "ab" * 32
SOURCE = "sha256:" + "cd" * 32
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SUITE = {
    "name": "safety",
    "suite": "evals/safety.yaml",
    "format": "promptfoo",
    "metric": "pass-rate",
    "min": 0.9,
}
MEASURED = EvaluationResult(
    format="promptfoo",
    metrics={"pass-rate": 0.75, "grounding": 1.0},
    counts=SampleCounts(total=4, passed=3, failed=1),
    model="anthropic:claude-sonnet-4-6",
    started=None,
    finished=NOON - timedelta(hours=1),
    release=None,
)


def bound(
    measured_run: EvaluationResult = MEASURED, suite: dict[str, Any] | None = None, **fields: Any
) -> EvidenceRecord:
    usual: dict[str, Any] = {
        "agent": "refund-bot",
        "release": RELEASE,
        "recorded": NOON,
        "source": "results.json",
        "source_sha256": SOURCE,
    }
    return evidence.bind(measured_run, suite={**SUITE, **(suite or {})}, **{**usual, **fields})


def test_a_real_file_becomes_a_record_named_for_release_suite_and_source() -> None:
    content = SAMPLE.read_bytes()
    digest = "sha256:" + hashlib.sha256(content).hexdigest()

    record = bound(read_evaluation(content, format="promptfoo", file="x"), source_sha256=digest)

    assert record.file == f"evidence/refund-bot/{'ab' * 6}/safety-{digest[7:19]}.json"
    assert (record.value, record.minimum, record.maximum) == (2 / 3, 0.9, None)
    assert record.counts == SampleCounts(total=3, passed=2, failed=1)
    assert record.finished == datetime(2026, 11, 20, 21, 56, 17, tzinfo=UTC)
    assert record.sha256 == "sha256:" + hashlib.sha256(evidence.encode(record)).hexdigest()


def test_a_record_is_written_with_sorted_keys_and_a_line_feed_at_its_end() -> None:
    content = evidence.encode(bound())

    assert content == (json.dumps(json.loads(content), sort_keys=True, indent=2) + "\n").encode()
    assert json.loads(content)["format"] == "fleetward.evidence/1"


@pytest.mark.parametrize(
    "tag", [RELEASE, RELEASE.removeprefix("sha256:"), RELEASE.upper().replace("SHA", "sha")]
)
def test_a_tag_of_the_same_release_is_accepted(tag: str) -> None:
    assert bound(replace(MEASURED, release=tag)).release == RELEASE


@pytest.mark.parametrize("tag", ["sha256:" + "00" * 32, "ab" * 6, "latest"])
def test_a_tag_of_another_release_is_refused(tag: str) -> None:
    with pytest.raises(FleetError, match=r"tagged fleet\.release") as caught:
        bound(replace(MEASURED, release=tag))

    assert "fleet release refund-bot" in caught.value.hint


def test_a_format_that_the_suite_does_not_ask_for_is_refused() -> None:
    with pytest.raises(FleetError, match="the file is promptfoo, suite 'safety' needs 'junit'"):
        bound(suite={"format": "junit"})


def test_a_metric_that_the_file_does_not_hold_is_refused_with_those_it_holds() -> None:
    with pytest.raises(FleetError, match="no metric 'accuracy'") as caught:
        bound(suite={"metric": "accuracy"})

    assert "it has grounding, pass-rate;" in caught.value.hint


@pytest.mark.parametrize("limit", ["0.9", True, [0.9]])
def test_a_limit_that_is_no_number_is_refused_and_not_forgotten(limit: Any) -> None:
    with pytest.raises(FleetError, match="min is"):
        bound(suite={"min": limit})


@pytest.mark.parametrize(
    ("model", "is_same"),
    [
        ("claude-sonnet-4-6", True),
        ("anthropic:claude-sonnet-4-6", True),
        ("Claude-Sonnet-4-6", True),
        ("sonnet-4-6", False),
        ("claude-sonnet-4-5", False),
        ("anthropic:claude-sonnet-4", False),
    ],
)
def test_a_model_other_than_the_manifests_is_a_fault(model: str, is_same: bool) -> None:
    faults = bound(model=model).faults

    assert (faults == ()) is is_same
    assert is_same or faults == (
        f"model 'anthropic:claude-sonnet-4-6' differs from the manifest's {model!r}",
    )


def test_an_unknown_model_on_either_side_is_no_fault() -> None:
    assert bound(model=None).faults == ()
    assert bound(replace(MEASURED, model=None), model="x").faults == ()


@pytest.mark.parametrize("dirty", [True, False])
@pytest.mark.parametrize("release", [None, RELEASE])
def test_what_the_file_leaves_unsaid_of_its_making_is_written_down(release: str | None, dirty: bool) -> None:
    record = bound(replace(MEASURED, release=release, dirty=dirty))

    assert (record.claimed, record.dirty) == (release is None, dirty)
    written = json.loads(evidence.encode(record))
    assert {mark for mark in ("claimed", "dirty") if mark in written} == (
        ({"claimed"} if release is None else set()) | ({"dirty"} if dirty else set())
    )
    assert evidence.decode(evidence.encode(record), record.file) == record


@pytest.mark.parametrize("mark", ["claimed", "dirty"])
@pytest.mark.parametrize("value", [False, None, 1, "true"])
def test_a_mark_that_is_not_true_is_refused(mark: str, value: object) -> None:
    record = bound()
    text = json.dumps({**json.loads(evidence.encode(record)), mark: value}).encode()

    with pytest.raises(FleetError, match=f"{mark}: expected true, or nothing"):
        evidence.decode(text, record.file)


def test_faults_of_the_run_stay_with_the_record() -> None:
    assert bound(replace(MEASURED, faults=("the log was invalidated",))).faults == (
        "the log was invalidated",
    )


def test_a_run_without_a_time_finished_when_it_was_recorded() -> None:
    assert bound(replace(MEASURED, finished=None)).finished == NOON


def test_a_run_from_the_future_is_refused_unless_a_zone_explains_it() -> None:
    # some tools write local time as if it were UTC
    assert bound(replace(MEASURED, finished=NOON + timedelta(hours=14))).finished == NOON
    with pytest.raises(FleetError, match="which is in the future"):
        bound(replace(MEASURED, finished=NOON + timedelta(days=900)))


def test_a_record_holds_its_own_digest_and_older_ones_without_it_are_read() -> None:
    encoded = json.loads(evidence.encode(bound()))
    without = {key: value for key, value in encoded.items() if key != "digest"}

    assert evidence.decode(json.dumps(without).encode(), bound().file).value == 0.75
    with pytest.raises(FleetError, match="its digest differs"):
        evidence.decode(json.dumps({**encoded, "value": 1.0}).encode(), bound().file)


def test_what_a_file_says_of_its_run_is_in_the_record() -> None:
    latest = NOON - timedelta(minutes=5)
    told = bound(replace(MEASURED, partial="limit 2", flaky=2, finished_latest=latest))
    undated = bound(replace(MEASURED, finished=None), environment="staging", state=RELEASE)

    assert (told.partial, told.flaky, told.finished_latest, told.undated) == ("limit 2", 2, latest, False)
    assert (undated.undated, undated.environment, undated.state) == (True, "staging", RELEASE)


def test_of_the_source_only_the_last_part_of_its_path_is_kept() -> None:
    assert bound(source="/srv/out/results.json").source == "results.json"
    assert bound(source="C:\\out\\results.json").source == "results.json"


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
DIGESTS = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.lists(st.integers(0, 10**6), min_size=4, max_size=4).map(
    lambda n: SampleCounts(total=sum(n), passed=n[0], failed=n[1], errored=n[2], skipped=n[3])
)
RECORDS = st.builds(
    EvidenceRecord,
    file=st.just(""),
    sha256=st.just(""),
    agent=NAMES,
    release=DIGESTS,
    suite=NAMES,
    format=NAMES,
    metric=TEXTS,
    value=NUMBERS,
    minimum=st.none() | NUMBERS,
    maximum=st.none() | NUMBERS,
    counts=COUNTS,
    model=st.none() | TEXTS,
    finished=TIMES,
    recorded=TIMES,
    source=TEXTS,
    source_sha256=DIGESTS,
    faults=st.lists(TEXTS, max_size=3).map(tuple),
)


@given(RECORDS)
def test_what_is_written_is_what_is_read(record: EvidenceRecord) -> None:
    content = evidence.encode(record)

    read = evidence.decode(content, evidence.record_name(record))

    assert replace(read, file="", sha256="") == record
    assert evidence.encode(read) == content


def broken(place: str, value: Any) -> bytes:
    data = json.loads(evidence.encode(bound()))
    *way, last = place.split("/")
    inner = data
    for step in way:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("format", "fleetward.evidence/2", "format"),
        ("note", "x", "unknown key 'note'"),
        ("suite/weight", 1, "unknown key 'weight'"),
        ("model", ..., "'model' is missing"),
        ("agent", "Refund Bot", "a name"),
        ("agent", "triage", "the record belongs at"),
        ("release", "sha256:" + "AB" * 32, "64 hex"),
        ("release", "sha256:" + "ff" * 32, "the record belongs at"),
        ("value", "1", "a number"),
        ("value", True, "a number"),
        ("counts/passed", 4, "do not add up"),
        ("counts/passed", 3.0, "whole number"),
        ("counts", [], "an object"),
        ("finished", "2026-11-20T12:00:00", "an instant"),
        ("recorded", 5, "a text"),
        ("source/sha256", None, "a text"),
        ("faults", "none", "a list"),
        ("faults", [1], "a list of texts"),
        ("model", "\ud800", "half characters"),
        ("suite/min", {}, "a number"),
    ],
)
def test_a_record_that_is_not_whole_is_refused_with_its_file(place: str, value: Any, message: str) -> None:
    file = bound().file

    with pytest.raises(FleetError, match=message) as caught:
        evidence.decode(broken(place, value), file)

    assert caught.value.message.startswith(file)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(FleetError):
        evidence.decode(content, "evidence/a/b/c.json")


@pytest.mark.parametrize(
    "content",
    [b'{"a": 1, "a": 2}', b"[" * 50_000, b'{"a": NaN}', b" " * 300_000, b"[]", b'"x"'],
    ids=lambda content: repr(content[:12]),
)
def test_bombs_and_ambiguities_are_refused(content: bytes) -> None:
    with pytest.raises(FleetError):
        evidence.decode(content, "evidence/a/b/c.json")
