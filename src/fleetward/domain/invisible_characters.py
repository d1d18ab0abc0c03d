"""Characters that a reader cannot see, or that change how text is displayed (SPEC 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fleetward.domain.fast_dataclass import dataclass

# Controls but tab and line ends; bidi marks, embeddings and isolates; zero width; line separators that only
# YAML 1.1 knows; blanks that are no space; format controls of notations; tags and the variation selectors that can
# smuggle bytes.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Any of them, also where it is spelling. No name, key or id holds one."""
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
"""Those that parsers take for something else: ends of lines, and what no text may hold."""


@dataclass(frozen=True, slots=True)
class InvisibleCharacter:
    """A character that is no spelling: its position (line and column from 1) and its name, ``U+202E``."""

    line: int
    column: int
    codepoint: str
    description: str


def invisible_characters(text: str) -> Iterator[InvisibleCharacter]:
    """Every invisible character of *text* that its spelling does not ask for."""
    # nearly every text ends here
    if INVISIBLE.search(text) is None:
        return
    from fleetward.domain.spelling import hidden_positions

    # not splitlines, which also ends lines at characters that are looked for here
    for number, line in enumerate(text.split("\n"), 1):
        for at in hidden_positions(line):
            yield InvisibleCharacter(number, at + 1, codepoint(line[at]), character_name(line[at]))


def hidden_characters(text: str) -> tuple[str, ...]:
    """The invisible characters of *text* that its spelling does not ask for."""
    return tuple(text[at] for at in _positions(text))


def with_visible(text: str, pattern: str = "<{}>") -> str:
    """The text with its hidden characters as code points, in the *pattern*; spelling stays."""
    parts, start = [], 0
    for at in _positions(text):
        parts += [text[start:at], pattern.format(codepoint(text[at]))]
        start = at + 1
    return "".join((*parts, text[start:])) if parts else text


def _positions(text: str) -> Iterator[int]:
    if INVISIBLE.search(text) is None:
        return
    from fleetward.domain.spelling import hidden_positions

    start = 0
    for line in text.split("\n"):
        for at in hidden_positions(line):
            yield start + at
        start += len(line) + 1


def codepoint(character: str) -> str:
    """``U+202E``."""
    return f"U+{ord(character):04X}"


def character_name(character: str) -> str:
    """Its name in Unicode, in lower case."""
    import unicodedata  # a table that few runs need

    return unicodedata.name(character, "control character").lower()
