"""Characters that a reader cannot see, or that change how text is displayed (SPEC 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fleetward.domain.fast_dataclass import dataclass

# Controls but tab and line ends; bidi marks, embeddings and isolates; zero width; line separators that only
# YAML 1.1 knows; blanks that are no space; format controls of notations; tags and the variation selectors that can
# smuggle bytes. U+FE0E and U+FE0F stay: emoji need them.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True)
class InvisibleCharacter:
    """A forbidden character: its position (line and column from 1) and its name, ``U+202E``."""

    line: int
    column: int
    codepoint: str
    description: str


def invisible_characters(text: str) -> Iterator[InvisibleCharacter]:
    """Every forbidden character of *text*."""
    # nearly every text ends here
    if FORBIDDEN.search(text) is None:
        return
    # not splitlines, which also ends lines at characters that are looked for here
    for number, line in enumerate(text.split("\n"), 1):
        for match in FORBIDDEN.finditer(line):
            character = match.group()
            yield InvisibleCharacter(number, match.start() + 1, codepoint(character), _name(character))


def codepoint(character: str) -> str:
    """``U+202E``."""
    return f"U+{ord(character):04X}"


def _name(character: str) -> str:
    import unicodedata  # a table that few runs need

    return unicodedata.name(character, "control character").lower()
