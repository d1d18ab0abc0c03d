"""The fast path accepts only what the reference decoder accepts, and reads the same entry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetward.domain.break_glass import BreakGlassRecord
from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import AgentTransition, Entry
from fleetward.domain.policy import Assurance
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.store.records import ledger_fast_path, ledger_line
from fleetward.store.records.lazy_entries import LedgerLine
from fleetward.store.records.ledger_fast_path import parse_fast

DIGEST = "sha256:" + "a1" * 32
ENTRY = Entry(
    seq=7,
    previous=DIGEST,
    governance=DIGEST,
    governance_version=2,
    environment="production",
    kind="update",
    at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    commit="b2" * 20,
    actor="ci@acme.example",
    agents=(
        AgentTransition(agent="desk-bot", from_state=DIGEST, to_state=DIGEST, release=DIGEST, generation=2),
        AgentTransition(agent="gone-bot", from_state=DIGEST, to_state=None, release=None, generation=3),
    ),
    policy_version=1,
    policy_sha256=DIGEST,
    approvals=(
        {
            "file": "approvals/x.json",
            "sha256": DIGEST,
            "approver": "carla",
            "assurance": "signed",
            "signature": DIGEST,
        },
        {"file": "approvals/y.json", "sha256": DIGEST, "approver": "dina", "assurance": "recorded"},
    ),
    evidence=({"file": "evidence/x.json", "sha256": DIGEST},),
    attestations=({"file": "attestations/x.json", "sha256": DIGEST},),
    requirements=(
        ledger_line.encode_requirement(
            "desk-bot",
            Requirement(
                rule="every-change",
                kind="approvals",
                condition="1 of owner",
                status=RequirementStatus.MET,
                by=("carla",),
                detail="1 of 1: carla",
            ),
        ),
    ),
    reason='because "it" had to',
    tool="fleetward 0.1.0",
)
LINE = ledger_line.encode(ENTRY)


BREAK_GLASS = BreakGlassRecord(incident="INC-2041", skipped=("freeze", "soak"), review_by=ENTRY.at)


def fast(line: str) -> Entry | None:
    parsed = parse_fast(line)
    return parsed and parsed.entry


def slow(line: str) -> Entry | None:
    try:
        return ledger_line.decode_line(line.encode(), "ledger/production.jsonl:7")
    except FleetError:
        return None


DIGESTS = st.binary(min_size=32, max_size=32).map(lambda raw: f"sha256:{raw.hex()}")
COMMITS = (
    st.sampled_from([20, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size)).map(bytes.hex)
)
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
FILLED = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
INSTANTS = st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)
COUNTS = st.integers(1, 10**15 - 1)


@st.composite
def transitions(draw: st.DrawFn) -> AgentTransition:
    state = draw(st.none() | DIGESTS)
    return AgentTransition(
        agent=draw(NAMES),
        from_state=draw(st.none() | DIGESTS),
        to_state=state,
        release=None if state is None else draw(DIGESTS),
        generation=draw(COUNTS),
    )


REQUIREMENTS = st.builds(
    Requirement,
    rule=TEXTS,
    kind=TEXTS,
    condition=TEXTS,
    status=st.sampled_from(RequirementStatus),
    by=st.lists(TEXTS, max_size=2).map(tuple),
    detail=TEXTS,
    ready_at=st.none() | INSTANTS,
    eligible=st.lists(TEXTS, max_size=2).map(tuple),
)
POLICIES = st.just((None, None)) | st.tuples(st.integers(0, 10**15 - 1), DIGESTS)


@st.composite
def approvals(draw: st.DrawFn) -> dict[str, Any]:
    signature = draw(st.none() | DIGESTS)
    return {
        "file": draw(FILLED),
        "sha256": draw(DIGESTS),
        "approver": draw(NAMES),
        "assurance": draw(st.sampled_from([assurance.word for assurance in Assurance])),
        **({} if signature is None else {"signature": signature}),
    }


@st.composite
def attestations(draw: st.DrawFn) -> dict[str, Any]:
    signature = draw(st.none() | DIGESTS)
    record = {"file": draw(FILLED), "sha256": draw(DIGESTS)}
    return record if signature is None else {**record, "signature": signature}


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Any entry that the tool may write, one with break-glass aside."""
    version, sha256 = draw(POLICIES)
    requirements = draw(st.lists(st.tuples(NAMES, REQUIREMENTS), max_size=2))
    return Entry(
        seq=draw(COUNTS),
        previous=draw(st.none() | DIGESTS),
        governance=draw(DIGESTS),
        governance_version=draw(st.sampled_from([1, 2])),
        environment=draw(NAMES),
        kind=draw(NAMES),
        at=draw(INSTANTS),
        commit=draw(COMMITS),
        actor=draw(FILLED),
        agents=tuple(draw(st.lists(transitions(), max_size=2))),
        policy_version=version,
        policy_sha256=sha256,
        approvals=tuple(draw(st.lists(approvals(), max_size=2))),
        evidence=tuple(
            {"file": draw(FILLED), "sha256": draw(DIGESTS)} for _ in range(draw(st.integers(0, 2)))
        ),
        attestations=tuple(draw(st.lists(attestations(), max_size=2))),
        requirements=tuple(ledger_line.encode_requirement(agent, item) for agent, item in requirements),
        reason=draw(TEXTS),
        tool=draw(TEXTS),
    )


@settings(max_examples=50)
@given(entries())
def test_every_entry_that_the_tool_writes_is_read_alike_by_both(entry: Entry) -> None:
    line = ledger_line.encode(entry)

    assert fast(line) == slow(line) == replace(entry, line=line)


def test_the_pattern_has_the_keys_that_the_encoder_writes_in_their_order() -> None:
    in_pattern = re.findall(r'"([A-Za-z0-9]+)":', ledger_fast_path.line_pattern().pattern)

    assert list(dict.fromkeys(in_pattern)) == list(dict.fromkeys(keys(json.loads(LINE))))


def keys(value: Any) -> Iterator[str]:
    """The keys of an object and of all that is in it, as they are written."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield key
        yield from keys(inner)
    for item in value if isinstance(value, list) else ():
        yield from keys(item)


def test_the_fields_that_the_chain_is_checked_by_are_those_of_the_entry() -> None:
    line = parse_fast(LINE)

    assert line is not None
    for name in ("seq", "previous", "environment", "kind", "at", "agents", "text"):
        assert getattr(line, name) == getattr(LedgerLine.of(line.entry), name), name


@pytest.mark.parametrize("requirement", [{"x": 1}, {**ENTRY.requirements[0], "more": {"deep": [0.5, True]}}])
def test_a_requirement_of_another_shape_goes_to_the_reference(requirement: dict[str, Any]) -> None:
    line = ledger_line.encode(replace(ENTRY, requirements=(requirement,)))

    assert parse_fast(line) is None
    assert slow(line) == replace(ENTRY, requirements=(requirement,), line=line)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seq":7', '"seq":07'),
        ('"seq":7', '"seq":7.0'),
        ('"seq":7', '"seq":true'),
        ('"seq":7', '"seq": 7'),
        ('"seq":7', '"seq":7,"seq":7'),
        ('"kind":"update"', '"kind":"Update"'),
        ('"kind":"update"', f'"kind":"{"u" * 64}"'),
        ("T12:00:00Z", "T24:00:00Z"),
        ("T12:00:00Z", "T12:00:61Z"),
        ("2026-11-20", "2026-02-30"),
        ("2026-11-20", "0026-11-20"),
        ('"readyAt":null', '"readyAt":NaN'),
        ('"readyAt":null', '"readyAt":1e999'),
        ('"readyAt":null', '"readyAt":0.50'),
        ('"readyAt":null', '"readyAt":null,"readyAt":null'),
        ('"detail":"1 of 1', '"detail":"\\/1 of 1'),
        ('"detail":"1 of 1', '"detail":"\\u00e41 of 1\\ud83d'),
        ('"detail":"1 of 1', '"detail":"\\ude00\\ud83d'),
        ('"detail":"1 of 1', '"detail":"\\u00C4'),
        ('"detail":"1 of 1', '"detail":"\\u000a'),
        ('"detail":"1 of 1', '"detail":"\x7f'),
        ('"detail":"1 of 1', '"detail":"\t'),
        ('"by":["carla"]', '"by":["\\ud800"]'),
        ('"by":["carla"]', '"by":["\\u0063arla"]'),
        ('"by":["carla"]', '"by":["cärla"]'),
        ('"requirements":[{', '"requirements":[1,{'),
        ('"reason":"because', '"reason":7,"because":"'),
        ('"tool":"fleetward 0.1.0"', '"tool":null'),
        ('"tool":"fleetward 0.1.0"', '"tool":"fleetward 0.1.0","more":1'),
        ('"tool":"fleetward 0.1.0"}', '"tool":"fleetward 0.1.0"} '),
        ('"to":null,"release":null', f'"to":null,"release":"{DIGEST}"'),
        ('"assurance":"signed"', '"assurance":"sure"'),
        ('"actor":"ci@acme.example"', '"actor":""'),
        ('"policy":{"version":1', '"policy":{"version":-1'),
        ('"signature":"sha256:', '"signature":"sha512:'),
        (f',"signature":"{DIGEST}"', ',"signature":null'),
        ('"signature":', '"signed":'),
        ('"file":"evidence/x.json",', ""),
        ('"file":"attestations/x.json",', ""),
        (f'{{"file":"attestations/x.json","sha256":"{DIGEST}"}}', ""),
        ('"attestations":[', '"attested":['),
    ],
)
def test_a_line_in_another_spelling_is_accepted_by_neither(old: str, new: str) -> None:
    assert LINE.count(old) == 1

    line = LINE.replace(old, new)

    assert slow(line) is None
    assert parse_fast(line) is None


@given(st.data())
def test_the_reference_accepts_every_line_that_the_fast_path_accepts(data: st.DataObject) -> None:
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[0-9.]+|.', LINE)
    at = data.draw(st.integers(0, len(tokens) - 1))
    token = data.draw(st.sampled_from([*sorted(set(tokens)), "", "-1", "1e3", " ", '"\\ud83d"', '"\\u00e4"']))

    line = "".join([*tokens[:at], token, *tokens[at + 1 :]])

    parsed = parse_fast(line)
    assert parsed is None or parsed.entry == slow(line)


def test_a_break_glass_line_goes_to_the_reference() -> None:
    broken = ledger_line.encode(replace(ENTRY, break_glass=BREAK_GLASS))

    assert broken.startswith(LINE[:-1])
    assert parse_fast(broken) is None
    assert slow(broken) == replace(ENTRY, break_glass=BREAK_GLASS, line=broken)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"INC-2041"', '"INC 2041"'),
        ('"INC-2041"', '""'),
        ('"INC-2041"', '"' + "x" * 81 + '"'),
        ('"INC-2041"', "7"),
        ('["freeze","soak"]', '["soak","freeze"]'),
        ('["freeze","soak"]', '["soak","soak"]'),
        ('["freeze","soak"]', '["validation"]'),
        ('["freeze","soak"]', "null"),
        ('2026-11-20T12:00:00Z"}', '2026-11-20"}'),
        ('2026-11-20T12:00:00Z"}', '2026-11-20T13:00:00+01:00"}'),
        ('"breakGlass"', '"breakglass"'),
        ('{"incident"', '{"x":1,"incident"'),
        ('"breakGlass":{', '"breakGlass":null,"x":{'),
    ],
)
def test_a_break_glass_record_in_another_spelling_is_refused(old: str, new: str) -> None:
    broken = ledger_line.encode(replace(ENTRY, break_glass=BREAK_GLASS))
    assert old in broken

    assert slow(broken.replace(old, new)) is None


def test_a_null_break_glass_record_is_refused() -> None:
    assert slow(LINE[:-1] + ',"breakGlass":null}') is None
