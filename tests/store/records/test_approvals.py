"""Approval statements: stable to write, strict to read, signed over the right bytes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetward.domain.approval import Approval, Binding, Decision
from fleetward.domain.errors import FleetError
from fleetward.store.records import approvals

STATE = "sha256:" + "ab" * 32
BINDING = Binding(
    repository="acme/agents",
    environment="production",
    agent="refund-bot",
    from_state="sha256:" + "cd" * 32,
    to_state=STATE,
    generation=3,
)
APPROVAL = Approval(
    file="",
    sha256="",
    decision=Decision.APPROVE,
    approver="carla",
    binding=BINDING,
    issued=datetime(2026, 11, 20, 12, tzinfo=UTC),
    expires=datetime(2026, 12, 4, 12, tzinfo=UTC),
    note="looks right",
    policy_version=3,
    policy_sha256="sha256:" + "ef" * 32,
)
FILE = f"approvals/production/refund-bot/{'ab' * 6}-carla-1.json"


def statement(place: str = "", value: Any = None) -> bytes:
    """The usual statement with one value set, or deleted where it is ``...``."""
    data = json.loads(approvals.encode(APPROVAL))
    if place:
        *way, last = place.split("/")
        inner = data
        for step in way:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        if value is ...:
            del inner[last]
        else:
            inner[last] = value
    return json.dumps(data).encode()


def test_the_file_is_named_for_state_person_and_number() -> None:
    assert approvals.file_name(APPROVAL, 1) == FILE


def test_the_statement_is_an_in_toto_statement_about_the_state() -> None:
    data = json.loads(approvals.encode(APPROVAL))

    assert data == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "production/refund-bot", "digest": {"sha256": "ab" * 32}}],
        "predicateType": "urn:fleetward:approval:v1",
        "predicate": {
            "decision": "approve",
            "approver": "carla",
            "repository": "acme/agents",
            "fromState": "sha256:" + "cd" * 32,
            "generation": 3,
            "policy": {"version": 3, "sha256": "sha256:" + "ef" * 32},
            "issued": "2026-11-20T12:00:00Z",
            "expires": "2026-12-04T12:00:00Z",
            "note": "looks right",
        },
    }


def test_the_bytes_are_stable_and_show_every_character() -> None:
    content = approvals.encode(replace(APPROVAL, note="left \u202e right"))

    assert content == (json.dumps(json.loads(content), sort_keys=True, indent=2) + "\n").encode()
    assert b"\\u202e" in content


def test_a_retirement_is_approved_for_the_empty_folder() -> None:
    assert "sha256:" + hashlib.sha256(b"").hexdigest() == approvals.EMPTY_STATE


def test_the_digest_of_a_read_approval_is_that_of_its_bytes() -> None:
    content = statement()

    assert approvals.decode(content, FILE).sha256 == "sha256:" + hashlib.sha256(content).hexdigest()


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
DIGESTS = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
BINDINGS = st.builds(
    Binding,
    repository=TEXTS.filter(bool),
    environment=NAMES,
    agent=NAMES,
    from_state=st.none() | DIGESTS,
    to_state=DIGESTS,
    generation=st.integers(1, 10**6),
)
APPROVALS = st.builds(
    Approval,
    file=st.just(""),
    sha256=st.just(""),
    decision=st.sampled_from(Decision),
    approver=NAMES,
    binding=BINDINGS,
    issued=TIMES,
    expires=st.none() | TIMES,
    note=TEXTS,
    policy_version=st.just(4),
    policy_sha256=DIGESTS,
)


@given(APPROVALS, st.booleans(), st.integers(1, 999))
def test_what_is_written_is_what_is_read(approval: Approval, without_policy: bool, n: int) -> None:
    if without_policy:
        approval = replace(approval, policy_version=None, policy_sha256=None)
    content = approvals.encode(approval)

    read = approvals.decode(content, approvals.file_name(approval, n))

    assert replace(read, file="", sha256="") == approval
    assert approvals.encode(read) == content


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("_type", "https://in-toto.io/Statement/v0.1", "_type"),
        ("predicateType", "urn:fleetward:approval:v2", "predicateType"),
        ("extra", 1, "unknown key 'extra'"),
        ("predicate/scope", "all", "unknown key 'scope'"),
        ("predicate/policy/name", "x", "unknown key 'name'"),
        ("predicate/note", ..., "'note' is missing"),
        ("predicate/fromState", ..., "'fromState' is missing"),
        ("subject", [], "exactly one subject"),
        ("subject", {}, "a list"),
        ("subject/0/name", "staging/refund-bot", "belongs at"),
        ("subject/0/name", "production/triage", "belongs at"),
        ("subject/0/name", "production", "'<environment>/<agent>'"),
        ("subject/0/name", "production/../x", "'<environment>/<agent>'"),
        ("subject/0/name", "production/refund-bot\n", "'<environment>/<agent>'"),
        ("subject/0/digest/sha256", "AB" * 32, "64 hex"),
        ("subject/0/digest/sha256", "ff" * 32, "belongs at"),
        ("subject/0/digest/sha512", "x", "unknown key 'sha512'"),
        ("predicate/decision", "approved", "one of approve, reject, withdraw"),
        ("predicate/decision", None, "a text"),
        ("predicate/approver", "dina", "belongs at"),
        ("predicate/approver", "Carla", "a name"),
        ("predicate/repository", "", "a text"),
        ("predicate/fromState", "cd" * 32, "64 hex"),
        ("predicate/generation", 0, "whole number from 1"),
        ("predicate/generation", True, "whole number from 1"),
        ("predicate/generation", 1.0, "whole number from 1"),
        ("predicate/generation", "1", "whole number from 1"),
        ("predicate/policy", [], "an object"),
        ("predicate/policy/version", -1, "whole number"),
        ("predicate/policy/sha256", "x", "64 hex"),
        ("predicate/issued", "2026-11-20T12:00:00", "an instant"),
        ("predicate/issued", "2026-13-20T12:00:00Z", "an instant"),
        ("predicate/issued", "0001-01-01T00:00:00+23:59", "an instant"),
        ("predicate/expires", 1, "a text"),
        ("predicate/note", ["x"], "a text"),
        ("predicate/note", "\udfff", "half characters"),
    ],
)
def test_a_statement_that_is_not_whole_is_refused_with_its_file(place: str, value: Any, message: str) -> None:
    with pytest.raises(FleetError, match=message) as caught:
        approvals.decode(statement(place, value), FILE)

    assert caught.value.message.startswith(FILE)


@pytest.mark.parametrize(
    "file",
    [
        FILE.replace("production", "staging"),
        FILE.replace("refund-bot", "triage"),
        FILE.replace("carla", "dina"),
        FILE.replace("ababab", "cdcdcd"),
        FILE.replace("-1.json", "-0.json"),
        FILE.replace("-1.json", "-01.json"),
        FILE.replace("-1.json", ".json"),
        FILE + ".sig",
        FILE + "\n",
        "x/" + FILE,
        "approvals/production/refund-bot/deep/" + FILE.rpartition("/")[2],
    ],
)
def test_a_statement_that_was_moved_is_refused(file: str) -> None:
    with pytest.raises(FleetError, match=r"belongs at|not the name of an approval"):
        approvals.decode(statement(), file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"_type": 1, "_type": 2}', "there twice"),
        (statement().replace(b'"generation": 3', b'"generation": 3, "generation": 4'), "there twice"),
        (statement().replace(b'"generation": 3', b'"generation": NaN'), "NaN"),
        (b"[" * 50_000, "nested too deep"),
        (b'{"_type":' * 6_000 + b"1" + b"}" * 6_000, "nested too deep"),
        (b"[" * 201 + b"]" * 201, "the limit is 200 levels"),
        (b"[" * 200 + b"]" * 200, "an object"),
        (statement() + b" " * 70_000, "the limit is"),
        (statement()[:-5], "not JSON"),
        (statement() + b"{}", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "an object"),
    ],
    ids=lambda value: repr(value[:14]),
)
def test_bombs_and_ambiguities_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(FleetError, match=message):
        approvals.decode(content, FILE)


def test_a_note_that_is_no_unicode_cannot_be_written() -> None:
    with pytest.raises(FleetError, match="cannot be written"):
        approvals.encode(replace(APPROVAL, note="\udcff"))


def test_the_pre_authentication_names_type_and_lengths() -> None:
    assert approvals.pre_authentication(b"{}") == b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
    assert approvals.pre_authentication("ü".encode()).endswith(b" 2 \xc3\xbc")
