"""What may be a name, and which one was meant."""

from __future__ import annotations

import pytest

from fleetward.domain.names import is_name, nearest_name


@pytest.mark.parametrize("name", ["a", "0", "a1", "refund-bot", "a--b", "0-9", "x" * 63])
def test_this_is_a_name(name) -> None:
    assert is_name(name) is True


@pytest.mark.parametrize(
    "name",
    [
        *("", "-", "-a", "a-", "A", "refund_bot", "a.b", "a/b", "..", "a b", " a", "a\n", "\na", "x" * 64),
        *("\u0430", "\u0663", "\uff41", "\u00e9", None, 7, b"a", ["a"]),
    ],
)
def test_this_is_no_name(name) -> None:
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
def test_the_nearest_known_word_is_the_one_that_was_meant(typed, expected) -> None:
    assert nearest_name(typed, ["policy-lookup", "refund-bot", "Triage", "refund-bot"]) == expected


def test_of_two_that_are_equally_near_it_is_always_the_same_one() -> None:
    assert nearest_name("bot-c", ["bot-b", "bot-a"]) == nearest_name("bot-c", ["bot-a", "bot-b"])


def test_where_nothing_is_known_nothing_was_meant() -> None:
    assert nearest_name("refund-bot", []) is None


def test_a_novel_is_compared_by_its_beginning_alone() -> None:
    assert (
        nearest_name("refund-bot" + "-" * 53 + "x" * 1_000_000, ["refund-bot" + "-" * 53])
        == "refund-bot" + "-" * 53
    )
