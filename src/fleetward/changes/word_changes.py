"""The words that were removed or added: numbers, negations, modal words, variables, names of tools."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher

from fleetward.changes.alignment import common_ends, equal_pairs

_TOKENS = re.compile(r"\{\{[^{}\n]{0,80}\}\}|\{[\w.]{1,80}\}|\w+(?:['’.,]\w+)*|\s+|[^\w\s]")
_VARIABLES = re.compile(
    r"\{%[-+]?\s*([^{}%\n]{1,80}?)\s*[-+]?%\}|\{\{\s*([^{}\n]{1,80}?)\s*\}\}"
    r"|(?<!\{)\{([A-Za-z_][\w.]{0,79})(?:\[[^\]{}\n]{0,40}\])?(?:![rsa])?(?::[^{}\s]{0,20})?\}(?!\})"
    r"|%\(([A-Za-z_]\w{0,79})\)[a-z]|\$([A-Za-z_]\w{0,79})"
)
"""Of Jinja and Mustache, of Python's three formats, and of shells."""
_NUMBER = re.compile(
    r".*[\d\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2089\u2150-\u218b\u2460-\u24ff].*"
    r"|zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|twice|double|triple"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|(?:hundred|thousand|million|billion|dozen)s?"
)
_NEGATION = re.compile(
    r"no|not|never|none|nothing|nobody|nor|neither|cannot|without|unless|except|\w+n['’]t|avoid|refuse|forbid"
    r"|(?:do|does|did|ca|wo|is|are|was|were|should|would|could|must)nt"
    r"|forbidden|prohibited|deny|decline|ignore|nicht|nie|niemals|kein\w{0,2}|ohne|jamais|sans|aucun\w?|nunca"
    r"|ningún|sin|mai|senza"
)
_MODAL = re.compile(
    r"must|shall|should|may|might|can|could|will|would|always|only|required|optional|mandatory|ask|confirm"
    r"|least|most|more|less|fewer|maximum|minimum|above|below|höchstens|mindestens|maximal|minimal"
    r"|muss|müssen|darf|dürfen|soll|sollen|kann|können|immer|nur|doit|peut|toujours|debe|puede|siempre|deve|può"
)

_WORD_CELLS = 300_000
"""Pairs of equal words in a whole text: beyond that, every word of a changed line counts as changed."""
_PAIRED_LINES = 5_000


class WordChanges:
    """The words that differ, collected block by block; the work is limited."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        self.cells_left = _WORD_CELLS
        self.pairs_left = _PAIRED_LINES

    def add_block(self, removed: list[str], added: list[str]) -> None:
        """Add the words that differ between the *removed* and the *added* lines."""
        pairs = min(len(removed), len(added))
        paired = min(pairs, self.pairs_left)
        self.pairs_left -= paired
        for before, after in zip(removed[:paired], added[:paired], strict=True):
            self._pair(_words(before), _words(after))
        # unpaired beyond the bound: all their words count, which is the stricter reading
        self.words.update(_words("\n".join((*removed[paired:pairs], *added[paired:pairs]))))
        remaining = Counter(w for text in removed[pairs:] for w in _words(text))
        # subtract, not minus: a negative count is an added word
        remaining.subtract(Counter(w for text in added[pairs:] for w in _words(text)))
        self.words.update(word for word, count in remaining.items() if count)

    @property
    def numbers(self) -> frozenset[str]:
        """Numbers, as digits or words."""
        return self._matching(_NUMBER)

    @property
    def negations(self) -> frozenset[str]:
        """Words that negate or refuse."""
        return self._matching(_NEGATION)

    @property
    def modals(self) -> frozenset[str]:
        """Words that order, allow or limit."""
        return self._matching(_MODAL)

    def _matching(self, pattern: re.Pattern[str]) -> frozenset[str]:
        # fullmatch: `no` is a negation, `notice` is none
        return frozenset(word for word in self.words if pattern.fullmatch(word.lower()))

    def _pair(self, before: list[str], after: list[str]) -> None:
        start, stop = common_ends(before, after)
        before, after = before[start : len(before) - stop], after[start : len(after) - stop]
        # the budget is of the whole text: many small lines cost as much as one long line
        self.cells_left -= equal_pairs(before, after)
        if self.cells_left < 0:
            self.words.update(before, after)
            # every word of the line counts as changed: never fewer than there are
            return
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            if tag != "equal":
                self.words.update(before[i1:i2], after[j1:j2])


def changed_mentions(before: str, after: str, names: frozenset[str]) -> frozenset[str]:
    """The *names* that one text has more often than the other."""
    if not names:
        return frozenset()
    # the longest first: `crm` must not match inside `crm.read`
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    # hyphens are part of names, so \b would match inside one
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")
    earlier, later = Counter(pattern.findall(before)), Counter(pattern.findall(after))
    return frozenset(name for name in earlier.keys() | later.keys() if earlier[name] != later[name])


def variables(lines: list[str]) -> frozenset[str]:
    """The template variables and blocks in the lines."""
    matches = (match.groups("") for match in _VARIABLES.finditer("\n".join(lines)))
    return frozenset(f"{{% {block} %}}" if block else f"{{{''.join(names)}}}" for block, *names in matches)


def _words(text: str) -> list[str]:
    return [token for token in _TOKENS.findall(text) if not token.isspace()]
