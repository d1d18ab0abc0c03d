"""What may be a name, and which one was meant."""

from __future__ import annotations

import pytest

from fleetward.domain.names import is_name, nearest_name


@pytest.mark.parametrize("name", ["a", "0", "a1", "refund-bot", "a--b", "0-9", "x" * 63])
def test_valid_names_are_names(name) -> None:
    assert is_name(name) is True


@pytest.mark.parametrize(
    "name",
    [
        *("", "-", "-a", "a-", "A", "refund_bot", "a.b", "a/b", "..", "a b", " a", "a\n", "\na", "x" * 64),
        *("\u0430", "\u0663", "\uff41", "\u00e9", None, 7, b"a", ["a"]),
    ],
)
def test_invalid_names_are_not_names(name) -> None:
    assert is_name(name) is False


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("refund-bto", "refund-bot"),
        ("Refund-Bot", "refund-bot"),
        ("refund-bot", "refund-bot"),
        ("triage", "Triage"),
        ("trigae", "Triage"),
        ("lookup", "policy-lookup"),
        ("something-else", None),
        ("", None),
    ],
)
def test_the_most_similar_name_is_suggested(typed, expected) -> None:
    assert nearest_name(typed, ["policy-lookup", "refund-bot", "Triage", "refund-bot"]) == expected


def test_equally_similar_names_give_the_same_suggestion() -> None:
    assert nearest_name("bot-c", ["bot-b", "bot-a"]) == nearest_name("bot-c", ["bot-a", "bot-b"])


def test_without_names_there_is_no_suggestion() -> None:
    assert nearest_name("refund-bot", []) is None


def test_a_long_text_is_compared_by_its_beginning() -> None:
    assert (
        nearest_name("refund-bot" + "-" * 53 + "x" * 1_000_000, ["refund-bot" + "-" * 53])
        == "refund-bot" + "-" * 53
    )
