"""What is accepted at a glance is what a close look accepts, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetward.domain.break_glass import BreakGlassRecord
from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import AgentTransition, Entry, LedgerLine
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.store.records import ledger
from fleetward.store.records.ledger_fast_path import parse_fast

DIGEST = "sha256:" + "a1" * 32
ENTRY = Entry(
    seq=7,
    previous=DIGEST,
    governance=DIGEST,
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
    requirements=(
        ledger.encode_requirement(
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
LINE = ledger.encode(ENTRY)


GLASS = BreakGlassRecord(incident="INC-2041", skipped=("freeze", "soak"), review_by=ENTRY.at)


def fast(line: str) -> Entry | None:
    parsed = parse_fast(line)
    return parsed and parsed.entry


def slow(line: str) -> Entry | None:
    try:
        return ledger.decode_line(line.encode(), "ledger/production.jsonl:7")
    except FleetError:
        return None


def test_a_line_as_it_is_written_is_accepted_and_read_as_a_close_look_reads_it() -> None:
    assert fast(LINE) is not None
    assert fast(LINE) == slow(LINE)


def test_what_the_chain_is_judged_by_is_what_the_entry_says() -> None:
    parsed = parse_fast(LINE)

    assert parsed is not None
    for part in ("seq", "previous", "environment", "kind", "at", "agents", "text"):
        assert getattr(parsed, part) == getattr(LedgerLine.of(parsed.entry), part), part


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC)),
)
def test_whatever_is_said_and_whenever_a_glance_is_enough(words: str, at: datetime) -> None:
    need = {**ENTRY.requirements[0], "detail": words, "by": [words], "could": [], "readyAt": words}
    entry = replace(
        ENTRY, reason=words, requirements=(need, need), at=at.replace(microsecond=0), previous=None
    )

    assert fast(ledger.encode(entry)) == replace(entry, line=ledger.encode(entry))


@pytest.mark.parametrize("requirement", [{"x": 1}, {**ENTRY.requirements[0], "more": {"deep": [0.5, True]}}])
def test_a_requirement_of_another_shape_takes_a_close_look(requirement: dict[str, Any]) -> None:
    line = ledger.encode(replace(ENTRY, requirements=(requirement,)))

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
    ],
)
def test_a_line_that_says_it_in_another_way_is_accepted_by_neither(old: str, new: str) -> None:
    assert LINE.count(old) == 1

    line = LINE.replace(old, new)

    assert slow(line) is None
    assert parse_fast(line) is None


@given(st.data())
def test_whatever_is_accepted_at_a_glance_is_accepted_on_a_close_look(data: st.DataObject) -> None:
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[0-9.]+|.', LINE)
    at = data.draw(st.integers(0, len(tokens) - 1))
    token = data.draw(st.sampled_from([*sorted(set(tokens)), "", "-1", "1e3", " ", '"\\ud83d"', '"\\u00e4"']))

    line = "".join([*tokens[:at], token, *tokens[at + 1 :]])

    parsed = parse_fast(line)
    assert parsed is None or parsed.entry == slow(line)


def test_a_line_that_broke_the_glass_is_looked_at_closely() -> None:
    broken = ledger.encode(replace(ENTRY, break_glass=GLASS))

    assert broken.startswith(LINE[:-1])
    assert parse_fast(broken) is None
    assert slow(broken) == replace(ENTRY, break_glass=GLASS, line=broken)


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
def test_a_broken_glass_is_told_as_it_is_written_and_not_otherwise(old: str, new: str) -> None:
    broken = ledger.encode(replace(ENTRY, break_glass=GLASS))
    assert old in broken

    assert slow(broken.replace(old, new)) is None


def test_a_glass_that_is_null_is_no_line_of_ours() -> None:
    assert slow(LINE[:-1] + ',"breakGlass":null}') is None
