"""Whose signature it is: the approver's own key, in force when the approval was given and now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetward.domain.approval import Approval, Binding, Decision
from fleetward.domain.people import People, Person, Robot, SigningKey
from fleetward.store.records import approvals
from fleetward.store.records.authenticity import statement_signature_fault
from fleetward.store.signing import ssh_format
from tests.store.signing import keyring

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ISSUED = datetime(2026, 11, 18, 9, tzinfo=UTC)
CARLA, DINA, ROBOT, NOBODY = (keyring.ed25519_key() for _ in range(4))
STATEMENT = Approval(
    file="approvals/production/desk/abababababab-carla-1.json",
    sha256="sha256:" + "0" * 64,
    decision=Decision.APPROVE,
    approver="carla",
    binding=Binding(
        repository="acme/agents",
        environment="production",
        agent="desk",
        from_state=None,
        to_state="sha256:" + "ab" * 32,
        generation=1,
    ),
    issued=ISSUED,
    expires=None,
)
PAYLOAD = approvals.encode(STATEMENT)
MESSAGE = approvals.pre_authentication(PAYLOAD)
SIGNED = CARLA.sign(MESSAGE)


def people_with_keys(*extra: SigningKey, **dates: Any) -> People:
    """Carla with her key, dina with hers, and a robot."""

    def person(name: str, *keys: SigningKey) -> Person:
        return Person(id=name, name=name.title(), emails=(f"{name}@acme.example",), keys=keys)

    return People(
        people={
            "carla": person("carla", SigningKey(text=CARLA.text, **dates), *extra),
            "dina": person("dina", SigningKey(text=DINA.text)),
        },
        robots={"ci": Robot(id="ci", emails=("ci@acme.example",), keys=(SigningKey(text=ROBOT.text),))},
    )


def refusal(
    content: bytes | int | None = SIGNED,
    *,
    payload: bytes = PAYLOAD,
    now: datetime = NOW,
    people: People | None = None,
) -> str | None:
    return statement_signature_fault(STATEMENT, payload, content, people or people_with_keys(), now)


def test_a_signature_of_the_approver_counts() -> None:
    assert refusal() is None


ANOTHER = approvals.pre_authentication(PAYLOAD.replace(b'"generation": 1', b'"generation": 2'))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (CARLA.sign(ANOTHER), "does not match"),
        (CARLA.sign(PAYLOAD), "does not match"),
        (CARLA.sign(MESSAGE, namespace=b"git"), "signed in namespace 'git', not 'fleet-approval-v1'"),
        (CARLA.sign(MESSAGE, namespace=b"fleet-approval-v1x"), "signed in namespace"),
        (DINA.sign(MESSAGE), "signed with a key of dina, not of carla"),
        (DINA.sign(MESSAGE, key=CARLA.blob), "does not match"),
        (ROBOT.sign(MESSAGE), "signed with a key of ci, not of carla"),
        (NOBODY.sign(MESSAGE), "a key that is not in people.yaml (SHA256:"),
        (SIGNED + SIGNED, "is invalid: not one"),
        (b"", "is invalid: not one"),
        (1_000_000, "not an SSH signature: 1000000 bytes"),
        (None, "not a regular file"),
    ],
    # keys are made anew in every process: nothing of them may name a case
    ids=lambda _: "case",
)
def test_what_is_not_the_approver_s_signature_is_refused(content: bytes | int | None, expected: str) -> None:
    reason = refusal(content)

    assert reason is not None
    assert expected in reason


def test_an_edited_statement_is_no_longer_signed() -> None:
    edited = PAYLOAD.replace(b'"approve"', b'"reject"')

    assert edited != PAYLOAD
    assert "does not match" in str(refusal(payload=edited))


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"since": date(2026, 11, 18)}, None),
        ({"since": date(2026, 11, 19)}, "not valid before 2026-11-19"),
        ({"since": date(2026, 11, 21)}, "not valid before 2026-11-21"),
        ({"until": date(2026, 11, 20)}, None),
        ({"until": date(2026, 11, 19)}, "valid until 2026-11-19"),
        ({"until": date(2026, 11, 17)}, "valid until 2026-11-17"),
        ({"compromised_since": NOW}, "compromised since 2026-11-20T12:00:00Z"),
        ({"compromised_since": NOW + timedelta(seconds=1)}, None),
        ({"compromised_since": ISSUED - timedelta(days=1)}, "compromised since"),
        ({"compromised_since": ISSUED + timedelta(hours=1)}, "compromised since"),
    ],
)
def test_a_key_counts_when_it_is_in_force_at_both_instants(
    dates: dict[str, Any], expected: str | None
) -> None:
    reason = refusal(people=people_with_keys(**dates))

    assert reason is None if expected is None else expected in str(reason)


def test_a_key_that_is_listed_twice_counts_in_either_time() -> None:
    again = SigningKey(text=CARLA.text, since=date(2026, 11, 1))

    assert refusal(people=people_with_keys(again, until=date(2025, 1, 1))) is None
    assert refusal(people=people_with_keys(again, until=date(2025, 1, 1)), now=ISSUED) is None


def test_two_times_of_one_key_are_not_joined_over_the_gap_between_them() -> None:
    second = SigningKey(text=CARLA.text, since=date(2026, 11, 19))

    assert refusal(people=people_with_keys(second, until=date(2026, 11, 18))) is not None


@given(st.binary(max_size=300) | st.binary(max_size=300).map(keyring.armored))
def test_random_bytes_beside_a_statement_are_named_and_never_raise(content: bytes) -> None:
    assert refusal(content) is not None


def test_a_compromised_key_is_gone_for_what_it_signed_before_too() -> None:
    people = people_with_keys(compromised_since=NOW - timedelta(hours=1))

    assert refusal(people=people, now=NOW - timedelta(hours=2)) is None
    assert "compromised" in str(refusal(people=people))


def test_the_key_of_an_approver_is_found_by_its_bytes() -> None:
    assert ssh_format.public_key(f"{CARLA.text} with a comment").text == CARLA.text
    assert people_with_keys().by_key(CARLA.text) is not None
    assert people_with_keys().by_key(NOBODY.text) is None
