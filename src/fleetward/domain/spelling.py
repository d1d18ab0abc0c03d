"""
Which invisible characters a writing system asks for.

Sources: Unicode 17, chapter 23 (layout controls, joiners, variation selectors) and chapters 9, 12, 13 and 16 (scripts);
UTS 51 for emoji. Imported only for a text that has such a character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from fleetward.domain.emoji_sequences import EMOJI_SEQUENCE
from fleetward.domain.invisible_characters import INVISIBLE

_IDEOGRAPH = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_MONGOLIAN = "\u1820-\u1878\u1880-\u18aa"
_UNIT = re.compile(
    # registered ideographic variants use the first selectors; later ones could carry the letters of a message
    f"{EMOJI_SEQUENCE}|{_IDEOGRAPH}[\ufe00-\ufe02\U000e0100-\U000e012f]"
    f"|[{_MONGOLIAN}][\u180b-\u180d\u180f]"
    # standardized variants: of operators, of punctuation in Chinese text, of Myanmar and Phags-pa letters
    "|[\u2205-\u22ff\u2a00-\u2aff]\ufe00|[\u3001\u3002\uff01\uff0c\uff0e\uff1a\uff1b\uff1f][\ufe00\ufe01]"
    "|[\u1000-\u109f\ua840-\ua871]\ufe00"
    "|(?<=[\u2801-\u28ff])\u2800(?=[\u2801-\u28ff])"  # the space of Braille
    "|(?<=[\u0591-\u05ea])\u034f(?=[\u0591-\u05c7])"  # the order of Hebrew points
)
"""A visible character together with what only spells it."""
_JOINING = re.compile(
    "[\u0600-\u085f\u0860-\u109f\u1780-\u18af\u1900-\u19df\u1a00-\u1cff\ua800-\ua82f\ua840-\ua95f\ua980-\uaaff\uabc0-\uabff"
    "\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00010bff\U00010d00-\U00010d3f\U00010f30-\U00011fff\U0001e900-\U0001e95f]"
)
"""Scripts whose letters join: Arabic and its neighbours, those that descend from Brahmi, Mongolian, Adlam."""
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u1b00-\u1b7f\ua980-\uaadf\U00011700-\U0001174f]"
)
"""Scripts without spaces between words: Thai, Lao, Tibetan, Myanmar, Khmer and their neighbours."""
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_MONGOLIAN_LETTER = re.compile(f"[{_MONGOLIAN}]")
_SPLIT_BY_LETTERS = re.compile("\xad\\w\xad\\w(?=\xad)")
_ISOLATES = "\u2066\u2067\u2068"
_POP = "\u2069"
_MARKS = "\u200e\u200f\u061c"


def hidden_positions(line: str) -> Iterator[int]:
    """Where the *line* has invisible characters that are no spelling."""
    if INVISIBLE.search(line) is None:
        return
    spelled = {at for unit in _UNIT.finditer(line) for at in range(*unit.span())}
    doubtful = [match.start() for match in INVISIBLE.finditer(line) if match.start() not in spelled]
    if not doubtful:
        return
    text = _Line(line, spelled, doubtful)
    yield from (at for at in doubtful if not text.is_spelling(at))


class _Line:
    """A line with its characters around the invisible ones, and what holds for the whole line."""

    def __init__(self, line: str, spelled: set[int], doubtful: list[int]) -> None:
        self._line, self._spelled, self._doubtful = line, spelled, frozenset(doubtful)
        self._is_right_to_left = _RIGHT_TO_LEFT.search(line) is not None
        self._balanced = frozenset(
            at
            for first, last in _balanced_isolates(line, doubtful)
            if self._is_isolating(line[first]) and not self._in_run(first) and not self._in_run(last)
            for at in (first, last)
        )
        # a hyphen after each letter is no hyphenation
        self._split = {
            at for match in _SPLIT_BY_LETTERS.finditer(line) for at in range(match.start(), match.end() + 1)
        }

    def is_spelling(self, at: int) -> bool:
        """Does spelling ask for the invisible character at this position? Never for two in a row."""
        if self._in_run(at):
            return False
        character = self._line[at]
        before, after = self._line[at - 1 : at] if at else "", self._line[at + 1 : at + 2]
        if character in "\u200c\u200d":
            return _has_letter(_JOINING, before, after)
        if character in "\u200b\u2060":
            return bool(_WITHOUT_SPACES.match(before) or _WITHOUT_SPACES.match(after))
        if character == "\xad":
            return _is_letter(before) and after.isalpha() and at not in self._split
        if character == "\u180e":
            # after a selector of the letter, too, and before a suffix that stands apart
            is_after_letter = _MONGOLIAN_LETTER.match(before) or at - 1 in self._spelled or before == " "
            return bool(is_after_letter and _MONGOLIAN_LETTER.match(after))
        if character in _MARKS:
            return self._is_mark_of_direction(at, before, after)
        return at in self._balanced

    def _in_run(self, at: int) -> bool:
        return at - 1 in self._doubtful or at + 1 in self._doubtful

    def _is_mark_of_direction(self, at: int, before: str, after: str) -> bool:
        """Beside text from right to left, or beside punctuation, which takes the direction of its neighbours."""
        if _is_ascii_letter(before) and _is_ascii_letter(after):
            return False
        # what spells the character before it has none of its own
        is_after_symbol = at - 1 in self._spelled
        return self._is_right_to_left or is_after_symbol or _is_neutral(before) or _is_neutral(after)

    def _is_isolating(self, character: str) -> bool:
        """A direction from right to left, where no letter has it, only moves what stands there."""
        return self._is_right_to_left or character != "\u2067"


def _balanced_isolates(line: str, doubtful: list[int]) -> Iterator[tuple[int, int]]:
    begun: list[int] = []
    for at in doubtful:
        if line[at] in _ISOLATES:
            begun.append(at)
        elif line[at] == _POP and begun:
            yield begun.pop(), at


def _has_letter(script: re.Pattern[str], *characters: str) -> bool:
    return any(script.match(character) and _is_letter(character) for character in characters)


def _is_letter(character: str) -> bool:
    return character.isalpha() or (character != "" and unicodedata.category(character)[0] == "M")


def _is_ascii_letter(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _is_neutral(character: str) -> bool:
    return character != "" and unicodedata.category(character)[0] in "PS"
