"""Which characters nobody sees."""

from __future__ import annotations

import unicodedata

import pytest

from fleetward.domain.invisible_characters import (
    INVISIBLE,
    hidden_characters,
    invisible_characters,
    with_visible,
)
from tests.domain.writing import TRICKS, prompts

SEEN = "\t\n\r"
"""White space that everybody writes."""


def test_every_format_character_of_unicode_is_hidden() -> None:
    # Egyptian joiners and Arabic, Syriac and Kaithi signs are drawn, or shape what is drawn
    drawn = {
        0x0890,
        0x0891,
        0x070F,
        0x08E2,
        0x110BD,
        0x110CD,
        *range(0x0600, 0x0606),
        0x06DD,
        *range(0x13430, 0x13460),
    }
    passed = [
        f"U+{number:04X}"
        for number in range(0x110000)
        if unicodedata.category(chr(number)) in ("Cf", "Cc", "Zl", "Zp")
        and number not in drawn
        and chr(number) not in SEEN
        and not INVISIBLE.search(chr(number))
    ]

    assert passed == []


@pytest.mark.parametrize("character", "\u034f\u2800\u3164\ufe00\ufe0d\U0001d173\U000e0100")
def test_blank_characters_are_invisible(character: str) -> None:
    [invisible] = invisible_characters(f"a\nre{character}fund")

    assert (invisible.line, invisible.column) == (2, 3)


@pytest.mark.parametrize("text", ["❤\ufe0f", "↔\ufe0e", "a\u00a0b", "crème brûlée", "你好", "שלום"])
def test_ordinary_characters_are_not_invisible(text: str) -> None:
    assert list(invisible_characters(text)) == []


def test_prompts_in_more_than_25_scripts_have_no_hidden_character() -> None:
    texts = list(prompts())
    assert len(texts) >= 600
    assert len({script.partition(",")[0] for script, _ in texts}) >= 25

    found = [(script, hidden, text) for script, text in texts if (hidden := hidden_characters(text))]

    assert found == []


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("around", ["{}", "Answer questions. {}\nStay polite.\n", "שלום\n{} ❤\ufe0f"])
def test_every_known_trick_is_found(trick: str, around: str) -> None:
    assert hidden_characters(around.format(TRICKS[trick]))


def test_no_trick_stays_invisible_when_it_is_shown() -> None:
    shown = [with_visible(text) for text in TRICKS.values()]

    assert all("<U+" in text and not hidden_characters(text) for text in shown)
