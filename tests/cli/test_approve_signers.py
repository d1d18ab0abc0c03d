"""``fleet signers``: an allowed_signers file by which ssh-keygen decides as the gate does."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end.repositories import FLEET, CommandResult, Repository
from tests.schemas.reading import schema
from tests.store.signing import keyring

PEOPLE = "governance/people.yaml"
HAND = keyring.ed25519_key()
OTHER = keyring.ed25519_key()
MESSAGE = b"a message"
Make = Callable[..., Repository]


@pytest.fixture
def repository(tmp_path: Path) -> Make:
    from tests.end_to_end import repositories

    return lambda people: repositories.repository(tmp_path, {**FLEET, PEOPLE: people})


def people(inside: str, emails: str = "carla@acme.example") -> str:
    address = "emails: [carla@acme.example]"
    return FLEET[PEOPLE].replace(address, f'emails: [{emails}], keys: [{{key: "{HAND.text}"{inside}}}]')


def is_accepted(
    tmp_path: Path, ran: CommandResult, at: str, who: str = "carla@acme.example", **fields: Any
) -> bool:
    """Does ssh-keygen accept a signature of HAND by this list, at this time (in UTC)?"""
    assert ran.code == 0, ran.err
    allowed, signature = tmp_path / "allowed_signers", tmp_path / "signature"
    allowed.write_text(ran.out)
    signature.write_bytes(HAND.sign(MESSAGE, **fields))
    space = fields.get("namespace", keyring.NAMESPACE.encode()).decode()
    options = ["-O", f"verify-time={at}", "-f", str(allowed), "-I", who, "-n", space, "-s", str(signature)]
    done = subprocess.run(
        ["ssh-keygen", "-Y", "verify", *options],
        input=MESSAGE,
        env={**keyring.QUIET, "TZ": "UTC"},
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


@pytest.mark.parametrize(
    ("inside", "person", "before", "first", "last", "after"),
    [
        (
            *(", since: 2026-02-01, until: 2026-03-31", "since: 2024-01-01"),
            *("20260131235959", "20260201000000", "20260331235959", "20260401000000"),
        ),
        (
            *(", since: 2023-05-01", "since: 2024-01-01, left: 2026-04-01"),
            *("20231231235959", "20240101000000", "20260331235959", "20260401000000"),
        ),
        (
            *(', compromisedSince: "2027-01-01T13:00:00+01:00"', "since: 2026-02-01"),
            *("20260131235959", "20260201000000", "20270101115959", "20270101120000"),
        ),
    ],
)
def test_ssh_keygen_accepts_a_key_in_its_time_and_not_a_second_longer(
    repository: Make, tmp_path: Path, inside: str, person: str, before: str, first: str, last: str, after: str
) -> None:
    text = people(inside).replace(f'"{inside}}}], since: 2024-01-01', f'"{inside}}}], {person}')
    assert person in text

    ran = repository(text).fleet("signers")

    accepted = [is_accepted(tmp_path, ran, f"{at}Z") for at in (before, first, last, after)]
    assert accepted == [False, True, True, False]


def test_it_is_for_nobody_else_and_for_no_other_namespace(repository: Make, tmp_path: Path) -> None:
    ran = repository(people("")).fleet("signers")

    assert is_accepted(tmp_path, ran, "20261120120000")
    assert not is_accepted(tmp_path, ran, "20261120120000", who="dina@acme.example")
    assert not is_accepted(tmp_path, ran, "20261120120000", namespace=b"git")


def test_a_compromised_key_is_in_it_no_more(repository: Make) -> None:
    text = people(', compromisedSince: "2026-11-20T12:00:00Z"')
    text = text.replace(
        "emails: [dina@acme.example]", f'emails: [dina@acme.example], keys: [{{key: "{OTHER.text}"}}]'
    )

    ran = repository(text).fleet("signers")

    assert ran.code == 0, ran.err
    assert HAND.text not in ran.out
    assert OTHER.text in ran.out


def test_the_key_of_a_robot_is_not_in_it(repository: Make) -> None:
    text = people("") + f'robots:\n  ci: {{emails: [ci@acme.example], keys: [{{key: "{OTHER.text}"}}]}}\n'

    ran = repository(text).fleet("signers")

    assert HAND.text in ran.out
    assert OTHER.text not in ran.out


def test_an_address_that_ssh_keygen_would_read_as_a_pattern_is_left_out_and_named(
    repository: Make, tmp_path: Path
) -> None:
    ran = repository(people("", emails='carla@acme.example, "!dina@acme.example"')).fleet("signers")

    assert ran.out.startswith("carla@acme.example namespaces=")
    assert "'!dina@acme.example' is left out" in ran.err
    assert is_accepted(tmp_path, ran, "20261120120000")


def test_every_address_of_a_person_is_in_it(repository: Make, tmp_path: Path) -> None:
    ran = repository(people("", emails="carla@acme.example, carla@home.example")).fleet("signers")

    assert is_accepted(tmp_path, ran, "20261120120000", who="carla@home.example")


def test_nobody_with_a_key_is_no_empty_list(repository: Make) -> None:
    done = repository(FLEET[PEOPLE]).fleet("signers")

    assert done.code == 2
    assert done.out == ""
    assert "nobody has a valid key" in done.err


def test_the_answer_is_what_its_schema_promises(repository: Make) -> None:
    data = repository(people(", until: 2026-12-31")).fleet("signers", "--json").data

    judge = Draft202012Validator(schema("output/signers-output"))
    assert [error.message for error in judge.iter_errors(data)] == []
    [signer] = data["signers"]
    assert signer["principals"] == ["carla@acme.example"]
    assert signer["validBefore"] == "2026-12-31T23:59:59Z"
