"""Credentials are told from what only looks like them, and never shown."""

import time

import pytest

from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.secrets import certain_secrets, find_secrets, mask_finding, mask_secrets
from tests.domain.credentials import CREDENTIALS, LOOK_ALIKES, drawn


def test_the_tables_are_as_long_as_they_promise() -> None:
    assert len({kind for kind, _ in CREDENTIALS.values()}) >= 20
    assert len(set(LOOK_ALIKES)) >= 60


@pytest.mark.parametrize("name", CREDENTIALS)
@pytest.mark.parametrize("around", ["{}", "x-note: {}", 'Use "{}" here.', "a\n  - {}\nb"])
def test_a_credential_is_found_and_called_by_its_name(name: str, around: str) -> None:
    kind, text = CREDENTIALS[name]

    assert [secret.kind for secret in certain_secrets(around.format(text))] == [kind]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credential_is_masked_and_every_line_keeps_its_length(name: str) -> None:
    _, text = CREDENTIALS[name]
    whole = f"before\n{text}\nafter"

    hidden = mask_secrets(whole)

    [secret] = certain_secrets(whole)
    assert set(hidden[secret.start : secret.end]) <= {"*", "\n"}
    assert [len(line) for line in hidden.split("\n")] == [len(line) for line in whole.split("\n")]
    assert hidden.startswith("before\n")
    assert hidden.endswith("\nafter")


@pytest.mark.parametrize("text", LOOK_ALIKES)
@pytest.mark.parametrize("around", ["{}", "x-note: {}", 'Use "{}" here.'])
def test_a_text_that_only_looks_like_a_credential_is_not_reported(text: str, around: str) -> None:
    assert certain_secrets(around.replace("{}", text)) == ()


@pytest.mark.parametrize("text", LOOK_ALIKES[:19] + LOOK_ALIKES[20:23])
def test_names_digests_and_public_keys_are_shown_as_they_are(text: str) -> None:
    assert mask_secrets(text) == text


@pytest.mark.parametrize("text", ["AK" + "IAIOSFODNN7EXAMPLE", "password: correcthorse", drawn(40)])
def test_a_possible_credential_is_masked_but_not_reported(text: str) -> None:
    assert certain_secrets(text) == ()
    assert mask_secrets(text) != text


def test_of_two_overlapping_matches_the_certain_one_gives_the_name() -> None:
    overlapping = find_secrets("token: " + CREDENTIALS["github"][1])

    assert [(secret.kind, secret.certain) for secret in overlapping] == [("GitHub token", True)]


def test_two_credentials_on_one_line_are_two_findings() -> None:
    text = CREDENTIALS["github"][1] + " " + CREDENTIALS["npm"][1]

    assert [secret.kind for secret in certain_secrets(text)] == ["GitHub token", "npm token"]


def test_a_letter_with_a_longer_lower_case_moves_nothing() -> None:
    text = "İ" * 30 + " password: " + "tr0ub4dor&3zx"

    [secret] = certain_secrets(text)

    assert text[secret.start : secret.end] == "tr0ub4dor&3zx"


def test_a_message_that_quotes_a_credential_conceals_it_in_words_hint_and_path() -> None:
    token_text = CREDENTIALS["github"][1]
    place = Place(file="a.yaml", path=f"spec.x[{token_text}]")
    finding = Finding(
        rule="schema", severity=Severity.ERROR, message=f"no {token_text!r}", hint=token_text, place=place
    )

    hidden = mask_finding(finding)

    assert token_text not in f"{hidden.message}{hidden.hint}{hidden.place.path}"
    assert hidden.place.file == "a.yaml"


def test_the_name_of_the_maker_is_no_secret() -> None:
    place = Place(file="a.yaml", path="spec.x-note")
    message = "this looks like a credential: GitHub token"
    finding = Finding(
        rule="secret-in-manifest", severity=Severity.ERROR, message=message, hint="", place=place
    )

    assert mask_finding(finding).message == message


HOSTILE = {
    "one word": "a",
    "token starts": "eyJ",
    "token parts": "eyJaaaaaaaaaa.",
    "key starts": "-----BEGIN PRIVATE KEY-----",
    "logins": "://a:b",
    "long logins": "://" + "a" * 198 + ":",
    "called": "password:",
    "called apart": "password:        ",
    "vault": "hvs.",
    "webhooks": "/api/webhooks/1234567890123456/",
    "azure": "aB3dQ~x",
    "many": "sk-ant-abcd ",
    "bearer": "Bearer ",
    "basic": "Basic aaaaaaaaaaaa ",
    "options": "--password ",
    "next lines": "password:\n ",
    "pairs": "password, value: ",
    "said": "password is ",
    "user options": " -u a:b ",
    "token logins": "://" + "aB3" * 60,
    "examples": "https://x?password=a1b2c3d4 ",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mebibyte_is_searched_in_less_than_a_second(name: str) -> None:
    text = (HOSTILE[name] * (1 << 20))[: 1 << 20]

    def needed() -> float:
        begin = time.process_time()
        find_secrets(text)
        return time.process_time() - begin

    # the best of a few: what is measured is the work, not the machine's mood
    assert any(needed() < 1 for _ in range(4))
