"""The ledger: a chain that says where it breaks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetward.domain.errors import FleetError
from fleetward.domain.ledger import AgentTransition, Entry, Ledger
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.store.records import ledger, ledger_line

FILE = "ledger/production.jsonl"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def state(letter: str) -> str:
    return "sha256:" + letter * 64


def moved(agent: str, before: str | None, after: str | None, generation: int) -> AgentTransition:
    return AgentTransition(
        agent=agent,
        from_state=before and state(before),
        to_state=after and state(after),
        release=after and state(after),
        generation=generation,
    )


def add_entry(current: Ledger, *agents: AgentTransition, **fields: Any) -> tuple[Ledger, bytes]:
    usual: dict[str, Any] = {
        "kind": "update",
        "at": NOON + timedelta(hours=len(current.entries)),
        "governance": state("9"),
        "commit": "8" * 40,
        "actor": "carla",
        "policy_version": 3,
        "policy_sha256": state("7"),
        "tool": "fleetward 0.1.0",
    }
    entry, content = ledger.append(current, agents=agents, **{**usual, **fields})
    return Ledger(environment=current.environment, entries=(*current.entries, entry)), content


def three_entries() -> tuple[Ledger, bytes]:
    """Adopted, updated together with a new one, retired."""
    current, _ = add_entry(Ledger(environment="production"), moved("refund-bot", None, "a", 1), kind="adopt")
    current, _ = add_entry(
        current,
        moved("refund-bot", "a", "b", 2),
        moved("triage", None, "c", 1),
        approvals=(
            {"file": "approvals/x.json", "sha256": state("1"), "approver": "dina", "assurance": "signed"},
        ),
        evidence=({"file": "evidence/x.json", "sha256": state("2")},),
        requirements=({"rule": "every-change", "by": ["dina"]},),
        reason="better answers",
    )
    return add_entry(current, moved("refund-bot", "b", None, 3), kind="retire")


def rewritten(number: int, **fields: Any) -> bytes:
    """The three lines with values of one line changed, chained again so that only the values are wrong."""
    lines = three_entries()[1].decode().splitlines()
    out: list[str] = []
    for index, line in enumerate(lines, start=1):
        data = json.loads(line)
        data["previous"] = "sha256:" + hashlib.sha256(out[-1].encode()).hexdigest() if out else None
        if index == number:
            for key, value in fields.items():
                inner, last = (data["agents"][0], key[2:]) if key.startswith("a_") else (data, key)
                if value is ...:
                    del inner[last]
                else:
                    inner[last] = value
        out.append(json.dumps(data, separators=(",", ":")))
    return "".join(line + "\n" for line in out).encode()


def test_what_is_appended_is_what_is_read() -> None:
    current, content = three_entries()

    assert ledger.decode(content, FILE) == current
    assert [entry.seq for entry in current.entries] == [1, 2, 3]


def test_each_line_holds_the_digest_of_the_line_before_without_its_line_feed() -> None:
    lines = three_entries()[1].split(b"\n")[:-1]

    previous = [json.loads(line)["previous"] for line in lines]

    assert previous == [None, *("sha256:" + hashlib.sha256(line).hexdigest() for line in lines[:-1])]


def test_a_line_has_the_keys_of_the_contract_in_their_order() -> None:
    line = three_entries()[1].splitlines()[1].decode()

    data = json.loads(line)

    assert " ".join(data) == (
        "seq previous governance governanceVersion environment kind at commit actor agents policy approvals evidence "
        "requirements reason tool"
    )
    assert list(data["agents"][0]) == ["agent", "from", "to", "release", "generation"]
    assert line == json.dumps(data, separators=(",", ":"))


def test_a_requirement_keeps_its_bytes_in_the_ledger() -> None:
    requirement = Requirement(
        rule="every-change",
        kind="soak",
        condition="PT24H",
        status=RequirementStatus.MISSING,
        by=("carla",),
        detail="1h so far",
        ready_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
        eligible=("dina",),
        review_seq=3,
    )

    encoded = json.dumps(ledger_line.encode_requirement("desk-bot", requirement), separators=(",", ":"))

    assert encoded == (
        '{"agent":"desk-bot","rule":"every-change","kind":"soak","asked":"PT24H","status":"missing",'
        '"by":["carla"],"detail":"1h so far","readyAt":"2026-11-21T09:00:00Z","could":["dina"]}'
    )


def test_an_empty_file_is_an_empty_ledger() -> None:
    assert ledger.decode(b"", FILE) == Ledger(environment="production")


def test_the_first_content_grows_by_whole_lines() -> None:
    current, before = three_entries()

    _, after = add_entry(current, moved("triage", "c", "d", 2))

    assert after.startswith(before)
    assert after.count(b"\n") == 4


def test_an_entry_older_than_the_last_by_more_than_clocks_differ_is_refused() -> None:
    current, _ = three_entries()
    last = current.entries[-1].at

    add_entry(current, moved("triage", "c", "d", 2), at=last - timedelta(minutes=15))
    with pytest.raises(FleetError, match="older than the entry before"):
        add_entry(current, moved("triage", "c", "d", 2), at=last - timedelta(minutes=15, seconds=1))


@pytest.mark.parametrize(
    ("message", "agents", "fields"),
    [
        ("from of 'triage' is", [moved("triage", "a", "d", 2)], {}),
        ("from of 'triage' is None", [moved("triage", None, "d", 2)], {}),
        ("expected 2", [moved("triage", "c", "d", 3)], {}),
        ("expected 4", [moved("refund-bot", None, "d", 1)], {}),
        ("expected 1", [moved("new", None, "d", 2)], {}),
        ("earlier entries", [moved("triage", "c", "d", 2)], {"kind": "adopt"}),
        ("'to' is null", [moved("new", None, None, 1)], {"kind": "adopt"}),
        ("named twice", [moved("triage", "c", "d", 2), moved("triage", "d", "e", 3)], {}),
        ("no agent", [], {}),
        ("a full commit id", [moved("triage", "c", "d", 2)], {"commit": "abc"}),
        ("a text", [moved("triage", "c", "d", 2)], {"actor": ""}),
        ("64 hex", [moved("triage", "c", "d", 2)], {"governance": "x"}),
        ("unknown key", [moved("triage", "c", "d", 2)], {"evidence": ({"x": 1},)}),
        (
            "one of recorded",
            [moved("triage", "c", "d", 2)],
            {"approvals": ({"file": "f", "sha256": state("1"), "approver": "a", "assurance": "sure"},)},
        ),
        ("cannot be written", [moved("triage", "c", "d", 2)], {"reason": "\udcff"}),
    ],
)
def test_what_would_not_be_read_is_not_appended(
    message: str, agents: list[AgentTransition], fields: dict[str, Any]
) -> None:
    current, _ = three_entries()

    with pytest.raises(FleetError, match=message):
        add_entry(current, *agents, **fields)


def rolled_back(current: Ledger, before: str, after: str, generation: int, kind: str = "rollback") -> Ledger:
    return add_entry(current, moved("triage", before, after, generation), kind=kind, reason=f"not {before}")[
        0
    ]


def test_a_release_that_a_rollback_left_is_held_until_it_comes_back() -> None:
    updated = rolled_back(three_entries()[0], "c", "d", 2, kind="update")
    back = rolled_back(updated, "d", "c", 3)
    elsewhere = rolled_back(back, "c", "e", 4, kind="update")
    again = rolled_back(elsewhere, "e", "d", 5, kind="update")

    assert updated.rollback_hold("triage", state("c")) is None
    for later in (back, elsewhere):
        hold = later.rollback_hold("triage", state("d"))
        assert hold is not None
        assert (hold.seq, hold.reason) == (5, "not d")
        assert (
            later.rollback_hold("triage", state("c")) is later.rollback_hold("refund-bot", state("d")) is None
        )
    assert again.rollback_hold("triage", state("d")) is None


def test_what_runs_was_brought_by_the_entry_that_a_rollback_went_back_to() -> None:
    first = three_entries()[0]
    third = rolled_back(rolled_back(first, "c", "d", 2, kind="update"), "d", "e", 3, kind="update")
    back = rolled_back(third, "e", "c", 4)
    forth = rolled_back(back, "c", "e", 5)
    twice = rolled_back(forth, "e", "c", 6)

    brought = [current.release_entry("triage") for current in (first, third, back, forth, twice)]

    assert [entry and entry.seq for entry in brought] == [2, 5, 2, 5, 2]
    assert first.release_entry("nobody") is rolled_back(first, "c", "f", 2).release_entry("triage") is None


def test_an_entry_that_only_changed_overrides_brought_no_release() -> None:
    current = three_entries()[0]
    braked = replace(moved("triage", "c", "d", 2), release=state("c"))
    current, _ = add_entry(current, braked, kind="override", reason="suspended")

    brought = current.release_entry("triage")

    assert brought is not None
    assert brought.seq == 2


def test_several_may_be_held_at_once_each_by_the_rollback_that_left_it() -> None:
    updated = rolled_back(
        rolled_back(three_entries()[0], "c", "d", 2, kind="update"), "d", "e", 3, kind="update"
    )
    back = rolled_back(rolled_back(updated, "e", "d", 4), "d", "c", 5)

    seqs = {letter: back.rollback_hold("triage", state(letter)) for letter in "cde"}

    assert {letter: hold and hold.seq for letter, hold in seqs.items()} == {"c": None, "d": 7, "e": 6}


def test_an_agent_that_was_retired_may_come_back_as_a_new_generation() -> None:
    current, _ = three_entries()

    current, content = add_entry(current, moved("refund-bot", None, "f", 4), kind="create")

    assert ledger.decode(content, FILE).next_generation("refund-bot") == 5


@pytest.mark.parametrize(
    ("number", "fields", "message"),
    [
        (1, {"seq": 2}, "seq is 2, expected 1"),
        (2, {"seq": 3}, "seq is 3, expected 2"),
        (2, {"seq": True}, "whole number"),
        (1, {"previous": state("0")}, "previous is"),
        (3, {"previous": None}, "previous is None"),
        (2, {"environment": "staging"}, "the file is that of 'production'"),
        (3, {"at": "2026-11-20T12:44:59Z"}, "older than the entry before"),
        (2, {"at": "2026-11-20T13:00:00"}, "an instant"),
        (2, {"at": "2026-11-20T14:00:00+01:00"}, "not written as"),
        (2, {"a_generation": 3}, "expected 2"),
        (2, {"a_from": state("f")}, "its last to is"),
        (3, {"a_from": None}, "its last to is"),
        (2, {"a_to": None}, "a release exactly where"),
        (2, {"a_agent": "Refund"}, "a name"),
        (2, {"kind": "adopt"}, "earlier entries"),
        (2, {"kind": 7}, "a text"),
        (2, {"agents": []}, "no agent"),
        (2, {"agents": {}}, "a list"),
        (2, {"policy": {"version": 3}}, "'sha256' is missing"),
        (2, {"requirements": ["x"]}, "a list of objects"),
        (2, {"tool": ...}, "'tool' is missing"),
        (2, {"x": 1}, "unknown key 'x'"),
    ],
)
def test_a_line_that_does_not_fit_is_named(number: int, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(FleetError, match=message) as caught:
        ledger.decode(rewritten(number, **fields), FILE)

    assert caught.value.message.startswith(f"{FILE}:{number}: ")


@pytest.mark.parametrize(
    ("edit", "line", "message"),
    [
        (lambda text: text[:-1], 3, "cut off"),
        (lambda text: text[:-9], 3, "cut off"),
        (lambda text: text + b"\n", 4, "not JSON"),
        (lambda text: text.replace(b"\n", b"\r\n"), 1, "not written as"),
        (lambda text: b"\xef\xbb\xbf" + text, 1, "not written as"),
        (lambda text: text.replace(b"better", b"worse"), 3, "previous is"),
        (lambda text: text.replace(b'"reason":', b'"reason": '), 1, "not written as"),
        (lambda text: text.replace(b"better", "bètter".encode()), 2, "not written as"),
        (lambda text: b"".join(text.splitlines(True)[1:]), 1, "seq is 2"),
        (lambda text: b"".join(text.splitlines(True)[::2]), 2, "seq is 3"),
        (lambda text: b"".join(reversed(text.splitlines(True))), 1, "seq is 3"),
        (lambda text: text + text, 4, "seq is 1"),
        (lambda text: text.replace(b'"seq":2', b'"seq":2,"seq":2'), 2, "there twice"),
        (lambda text: text + b"[" * 90_000 + b"\n", 4, "nested too deep"),
        (lambda text: text + b" " * (1024 * 1024 + 1) + b"\n", 4, "the limit is"),
        (lambda text: text + b"\x00\n", 4, "not JSON"),
    ],
)
def test_a_file_that_was_touched_breaks_at_its_line(edit: Any, line: int, message: str) -> None:
    with pytest.raises(FleetError, match=message) as caught:
        ledger.decode(edit(three_entries()[1]), FILE)

    assert caught.value.message.startswith(f"{FILE}:{line}:")
    assert (
        caught.value.hint
        or "JSON" in message
        or "twice" in message
        or "limit" in message
        or "deep" in message
    )


def test_requirements_as_deep_as_the_parser_goes_are_answered() -> None:
    for depth in (100, 300, 500, 700, 900, 950, 980, 990):
        deep = '{"a":' * depth + "1" + "}" * depth
        line = (
            three_entries()[1]
            .splitlines()[0]
            .replace(b'"requirements":[]', f'"requirements":[{deep}]'.encode())
        )
        try:
            [entry] = ledger.decode(line + b"\n", FILE).entries
            assert entry.line == line.decode()
        except FleetError as error:
            assert "nested too deep" in error.message  # noqa: PT017


@pytest.mark.parametrize(
    "file", ["ledger/x.json", "production.jsonl", "ledger/a/b.jsonl", "ledger/production.jsonl\n"]
)
def test_a_file_that_is_no_ledger_is_refused(file: str) -> None:
    with pytest.raises(FleetError, match="not the name of a ledger"):
        ledger.decode(b"", file)


@settings(max_examples=80)
@given(st.integers(0), st.integers(0, 7))
def test_no_single_bit_can_be_turned_unseen(position: int, bit: int) -> None:
    intact, content = three_entries()
    broken = bytearray(content)
    broken[position % len(content)] ^= 1 << bit

    try:
        read = ledger.decode(bytes(broken), FILE)
    except FleetError:
        return
    # only the last line has nobody after it to vouch for it
    assert read.entries[:2] == intact.entries[:2]
    assert read.entries[2] != intact.entries[2]


AGENTS = st.sampled_from(["one", "two", "three"])
LETTERS = st.sampled_from("abcdef") | st.none()
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
STEPS = st.lists(
    st.tuples(st.dictionaries(AGENTS, LETTERS, min_size=1), TEXTS, st.integers(0, 10**6)), max_size=8
)


@given(STEPS)
def test_any_story_that_continues_is_written_and_read_again(
    steps: list[tuple[dict[str, str | None], str, int]],
) -> None:
    current, content, at = Ledger(environment="production"), b"", NOON
    for agents, reason, seconds in steps:
        at += timedelta(seconds=seconds)
        parts = [continued(current, agent, after) for agent, after in sorted(agents.items())]
        current, content = add_entry(current, *parts, at=at, reason=reason)

    assert ledger.decode(content, FILE) == current


def continued(current: Ledger, agent: str, after: str | None) -> AgentTransition:
    last: tuple[Entry, AgentTransition] | None = current.last_transition(agent)
    return AgentTransition(
        agent=agent,
        from_state=last[1].to_state if last else None,
        to_state=after and state(after),
        release=after and state(after),
        generation=current.next_generation(agent),
    )
