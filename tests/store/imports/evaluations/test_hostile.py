"""Hostile files: each is refused or read; none crashes, hangs or passes."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetward.domain.errors import FleetError
from fleetward.store.imports.evaluations.registry import FORMATS, read_evaluation
from tests import paths

SAMPLES = paths.SAMPLES / "evals"
JSON_SAMPLES = [
    "promptfoo/promptfoo.json",
    "inspect_ai/invoice-triage.json",
    "deepeval/test_run.json",
    "deepeval/evaluate-return.json",
]
HEADER = {"eval": {"model": "m"}, "status": "success", "results": {"total_samples": 1}}


def read_content(content: bytes, kind: str | None = None) -> Any:
    return read_evaluation(content, format=kind, file="file")


def archive_of(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_billion_laughs_are_refused_before_they_are_parsed() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    content = f'<?xml version="1.0"?><!DOCTYPE t [<!ENTITY l0 "ha">{entities}]><testsuites>&l9;</testsuites>'

    with pytest.raises(FleetError, match="'<!DOCTYPE' is refused"):
        read_content(content.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype x><testsuites/>",
        b'<?xml version="1.0" encoding="utf-16"?><testsuites/>',
        b'<?xml version="1.0" encoding="utf-7"?><testsuites/>',
        "<?xml version='1.0'?><!DOCTYPE t><testsuites/>".encode("utf-16"),
        b"<testsuites>&unknown;</testsuites>",
        b"<testsuites>",
        b"<html/>",
        b"<testsuites tests='many'/>",
        b"<testsuites tests='-1'/>",
        b"<a>" * 100_000,
        b"<testsuites>" + b"<testsuite>" * 500 + b"</testsuite>" * 500 + b"</testsuites>",
        b"<testsuites/>" + b" " * (8 * 1024 * 1024),
    ],
    ids=lambda content: repr(content[:30]),
)
def test_xml_that_is_no_plain_report_is_refused(content: bytes) -> None:
    with pytest.raises(FleetError):
        read_content(content, "junit")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": ' * 100_000, "nested too deep"),
        (b'{"results": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        (b'{"results": 1, "results": 2}', "'results' is there twice"),
        (b'{"results": NaN}', "NaN"),
        (b'{"results": -Infinity}', "Infinity"),
        (b'{"results": 1e999}', "too large"),
        (b'{"results": ' + b"9" * 5000 + b"}", "digit"),
        (b'{"results": "\xff"}', "not UTF-8"),
        (b'{"results": ', "not JSON"),
        (b'{"a": "' + b"x" * (32 * 1024 * 1024) + b'"}', "the limit is"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_json_that_is_ambiguous_or_a_bomb_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(FleetError, match=message):
        read_content(content)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\x00" * 100, b"[]", b"null", b"{}", b"PK", b"PK\x03\x04junk", b"\xef\xbb\xbf"]
)
@pytest.mark.parametrize("kind", [None, *FORMATS])
def test_content_of_no_known_format_is_refused(content: bytes, kind: str | None) -> None:
    with pytest.raises(FleetError):
        read_content(content, kind)


def test_a_member_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked() -> None:
    bomb = archive_of({"header.json": b" " * (64 * 1024 * 1024), "summaries.json": b"[]"})

    assert len(bomb) < 100_000
    with pytest.raises(FleetError, match="the limit is"):
        read_content(bomb)


def test_a_member_with_a_wrong_size_is_refused() -> None:
    content = archive_of({"header.json": b" " * 4_000_000, "summaries.json": b"[]"})
    lied = content.replace(struct.pack("<I", 4_000_000), struct.pack("<I", 10))

    with pytest.raises(FleetError, match="damaged"):
        read_content(lied)


def test_a_packed_block_that_repeats_a_byte_for_ever_is_refused() -> None:
    block = (((128 * 1024) << 3) | 2).to_bytes(3, "little") + b" "
    frame = b"\x28\xb5\x2f\xfd\x00\x58" + block * 100
    member = b"header.json"
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 93, 0, 0, 0, len(frame), 10, len(member), 0)
    listed = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 93, 0, 0, 0, len(frame), 10, len(member), 0, 0, 0, 0, 0, 0
    )
    head = local + member + frame
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(listed) + len(member), len(head), 0)

    with pytest.raises(FleetError, match="damaged"):
        read_content(head + listed + member + end)


def test_an_archive_that_lists_a_name_twice_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("header.json", json.dumps(HEADER))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("header.json", "{}")

    with pytest.raises(FleetError, match="twice"):
        read_content(out.getvalue())


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"_journal/start.json": b"{}"}, "did not finish"),
        ({"header.json": json.dumps(HEADER).encode()}, "'summaries.json' is missing"),
        ({"header.json": b"[]", "summaries.json": b"[]"}, "expected an object"),
        ({"header.json": json.dumps(HEADER).encode(), "summaries.json": b"{}"}, "expected a list"),
        ({"header.json": b"{" * 9000, "summaries.json": b"[]"}, "not JSON"),
    ],
)
def test_an_archive_without_what_is_needed_is_refused(members: dict[str, bytes], message: str) -> None:
    with pytest.raises(FleetError, match=message):
        read_content(archive_of(members))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_of_older_versions_is_read(method: int) -> None:
    samples = [{"id": 1, "epoch": 1, "scores": {"match": {"value": "C"}}}]

    measurement = read_content(
        archive_of(
            {"header.json": json.dumps(HEADER).encode(), "summaries.json": json.dumps(samples).encode()},
            method,
        )
    )

    assert (measurement.counts.passed, measurement.faults) == (1, ())


def test_a_damaged_archive_never_gives_another_answer() -> None:
    content = (SAMPLES / "inspect_ai/invoice-triage.eval").read_bytes()
    right = read_content(content)
    chance = random.Random(7)

    for _ in range(150):
        broken = bytearray(content)
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        try:
            measurement = read_content(bytes(broken))
        except FleetError:
            continue
        assert measurement == right


@pytest.mark.parametrize("sample", JSON_SAMPLES)
@pytest.mark.parametrize("value", [None, True, 0, -1.5, "x", [], {}, [[]], [None], {"a": None}, 2**80])
def test_a_value_of_the_wrong_type_anywhere_is_answered(sample: str, value: Any) -> None:
    data = json.loads((SAMPLES / sample).read_bytes())
    for container, key in list(places(data, 5))[:400]:
        original = container[key]
        container[key] = value
        try:
            measurement = read_content(json.dumps(data).encode())
            assert 0.0 <= measurement.metrics["pass-rate"] <= 1.0
        except FleetError:
            pass
        container[key] = original


def places(value: Any, deep: int) -> Any:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        if deep:
            yield from places(value[key], deep - 1)


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(content: bytes) -> None:
    for kind in (None, *FORMATS):
        with pytest.raises(FleetError):
            read_content(content, kind)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_any_value_in_a_known_envelope_is_answered(value: Any) -> None:
    envelopes = (
        {"results": {"results": value, "stats": value}},
        {"results": {"results": [value]}, "config": value},
        {"eval": {"metadata": value}, "status": value, "samples": [value], "results": value},
        {"testCases": value, "metricsScores": value, "hyperparameters": value},
        {"testRunData": value},
        {"format": "fleetward.evaluation/1", "counts": value, "metrics": value},
    )
    for envelope in envelopes:
        try:
            assert read_content(json.dumps(envelope).encode()).counts.passed == 0
        except FleetError:
            continue


def test_surrogates_of_a_tool_never_reach_a_record() -> None:
    text = (SAMPLES / "promptfoo/promptfoo.json").read_text().replace("gpt-4.1-2025-04-14", "\\ud83d")

    measurement = read_content(text.encode())

    assert measurement.model == "?"


def test_a_member_that_is_cut_off_is_refused() -> None:
    content = archive_of({"header.json": json.dumps(HEADER).encode() * 50, "summaries.json": b"[]"})
    at = content.index(b"header.json") + len("header.json") + 8

    with pytest.raises(FleetError, match="damaged"):
        read_content(content[:at] + b"\x00" * 16 + content[at + 16 :])
