"""What changed in a text: line by line, words inside paired lines, and what the words can turn around."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher

from fleetward.changes.invisible_characters import code_points, visible
from fleetward.changes.masking import masked_text
from fleetward.domain.fast_dataclass import dataclass

_TOKENS = re.compile(r"\{\{[^{}\n]{0,80}\}\}|\{[\w.]{1,80}\}|\w+(?:['’.,]\w+)*|\s+|[^\w\s]")
_VARIABLES = re.compile(
    r"\{%[-+]?\s*([^{}%\n]{1,80}?)\s*[-+]?%\}|\{\{\s*([^{}\n]{1,80}?)\s*\}\}"
    r"|(?<!\{)\{([A-Za-z_][\w.]{0,79})(?:\[[^\]{}\n]{0,40}\])?(?:![rsa])?(?::[^{}\s]{0,20})?\}(?!\})"
    r"|%\(([A-Za-z_]\w{0,79})\)[a-z]|\$([A-Za-z_]\w{0,79})"
)
"""Of Jinja and Mustache, of Python's three ways, and of shells."""
_NUMBER = re.compile(
    r".*[\d\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2089\u2150-\u218b\u2460-\u24ff].*"
    r"|zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|twice|double|triple"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|(?:hundred|thousand|million|billion|dozen)s?"
)
_LINE_END = re.compile(r"\r\n|\r|\n")

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

_ALIGNED_LINES = 4_000
_ALIGNED_CELLS = 400_000
"""Equal lines on both sides, as pairs: beyond that, lines are counted instead of aligned."""
_WORD_CELLS = 300_000
"""The same for words, over a whole text; in lines beyond that every word counts as changed."""
_PAIRED_LINES = 5_000
_SHOWN_LINES, _SHOWN_CHARACTERS, _TEXT_LIMIT, _NAMES_SHOWN = 400, 1_000, 4_000, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDiff:
    """How a text differs from the one before; the sets hold what came or went."""

    lines: tuple[str, ...] = ()
    """Marked ``-`` and ``+``; ``~`` for what a reader must know besides."""
    removed: str = ""
    added: str = ""
    """The lines that went and came, as text, masked."""
    first_line: int = 1
    hidden: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    negations: frozenset[str] = frozenset()
    modals: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    """Names of tools, or of what they allow, that are spoken of more or less often."""
    only_line_ends: bool = False
    only_spaces: bool = False

    @property
    def changes_sense(self) -> bool:
        """Did a number, a negation or a variable change?"""
        return bool(self.numbers or self.negations or self.variables)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader should know of the change, one phrase each."""
        labelled = (
            ("characters that nobody sees", self.hidden),
            ("variables", self.variables),
            ("negations", self.negations),
            ("numbers", self.numbers),
            ("modal words", self.modals),
            ("tools", self.tools),
        )
        remarks = [f"{label}: {_short_list(words)}" for label, words in labelled if words]
        if self.only_line_ends:
            return (*remarks, "line ends only")
        return (*remarks, "white space only") if self.only_spaces else tuple(remarks)


def _short_list(words: frozenset[str]) -> str:
    names = sorted(str(visible(word[:40])) for word in words)
    omitted = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {omitted} more" if omitted > 0 else "")


def diff_text(before: str, after: str, tools: frozenset[str] = frozenset()) -> TextDiff:
    """How *after* differs from *before*; *tools* are names to look out for."""
    hidden = frozenset(code_points(after) - code_points(before))
    if _LINE_END.split(before) == _LINE_END.split(after):
        return TextDiff(
            hidden=hidden,
            only_line_ends=True,
            removed=_line_end_counts(before),
            added=_line_end_counts(after),
        )
    # masked before anything looks at words: what is remarked on must not give a secret away
    first, second = _LINE_END.split(masked_text(before)), _LINE_END.split(masked_text(after))
    blocks = list(_blocks(first, second))
    words = _WordChanges()
    for removed, added in blocks:
        words.add_block([first[at] for at in removed], [second[at] for at in added])
    return TextDiff(
        lines=tuple(_marked_lines(first, second, blocks)),
        removed=_joined_text(first[at] for removed, _ in blocks for at in removed),
        added=_joined_text(second[at] for _, added in blocks for at in added),
        first_line=_first_changed_line(blocks, len(second)),
        hidden=hidden,
        numbers=words.matching(lambda word: _NUMBER.fullmatch(word.lower())),
        negations=words.matching(lambda word: _NEGATION.fullmatch(word.lower())),
        modals=words.matching(lambda word: _MODAL.fullmatch(word.lower())),
        variables=_variables(first) ^ _variables(second),
        tools=_changed_mentions(before, after, tools),
        only_spaces=before.split() == after.split(),
    )


Block = tuple[range | list[int], range | list[int]]
"""Positions before, positions after."""


def _blocks(first: list[str], second: list[str]) -> Iterable[Block]:
    """Positions of the lines that went and came together."""
    start, stop = _common_ends(first, second)
    before, after = first[start : len(first) - stop], second[start : len(second) - stop]
    if _too_many(before, after):
        yield _counted_block(before, after, start)
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield range(start + i1, start + i2), range(start + j1, start + j2)


def _common_ends(first: list[str], second: list[str]) -> tuple[int, int]:
    shortest = min(len(first), len(second))
    start = next((at for at in range(shortest) if first[at] != second[at]), shortest)
    remaining = shortest - start
    stop = next((at for at in range(remaining) if first[-1 - at] != second[-1 - at]), remaining)
    return start, stop


def _too_many(before: list[str], after: list[str]) -> bool:
    return len(before) + len(after) > _ALIGNED_LINES or _equal_pairs(before, after) > _ALIGNED_CELLS


def _equal_pairs(before: list[str], after: list[str]) -> int:
    """Pairs of equal things, which is what aligning them costs."""
    counts = Counter(after)
    return sum(count * counts[text] for text, count in Counter(before).items())


def _counted_block(before: list[str], after: list[str], start: int) -> Block:
    """Lines that one side has more of than the other; where everything only moved, all of them."""
    surplus, missing = Counter(before) - Counter(after), Counter(after) - Counter(before)
    if not surplus and not missing:
        return range(start, start + len(before)), range(start, start + len(after))
    return _take_counted(before, surplus, start), _take_counted(after, missing, start)


def _take_counted(texts: list[str], counts: Counter[str], start: int) -> list[int]:
    positions = []
    for at, text in enumerate(texts):
        if counts[text] > 0:
            counts[text] -= 1
            positions.append(start + at)
    return positions


class _WordChanges:
    """The words that came or went, gathered line pair by line pair within a budget."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        self.cells_left = _WORD_CELLS
        self.pairs_left = _PAIRED_LINES

    def add_block(self, removed: list[str], added: list[str]) -> None:
        pairs = min(len(removed), len(added))
        paired = min(pairs, self.pairs_left)
        self.pairs_left -= paired
        for before, after in zip(removed[:paired], added[:paired], strict=True):
            self._pair(_words(before), _words(after))
        self.words.update(_words("\n".join((*removed[paired:pairs], *added[paired:pairs]))))
        remaining = Counter(w for text in removed[pairs:] for w in _words(text))
        remaining.subtract(Counter(w for text in added[pairs:] for w in _words(text)))
        self.words.update(word for word, count in remaining.items() if count)

    def matching(self, test: Callable[[str], object]) -> frozenset[str]:
        return frozenset(filter(test, self.words))

    def _pair(self, before: list[str], after: list[str]) -> None:
        start, stop = _common_ends(before, after)
        before, after = before[start : len(before) - stop], after[start : len(after) - stop]
        self.cells_left -= _equal_pairs(before, after)
        if self.cells_left < 0:
            self.words.update(before, after)
            return
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            if tag != "equal":
                self.words.update(before[i1:i2], after[j1:j2])


def _words(text: str) -> list[str]:
    return [token for token in _TOKENS.findall(text) if not token.isspace()]


def _changed_mentions(before: str, after: str, names: frozenset[str]) -> frozenset[str]:
    """The names that one text has more often than the other."""
    if not names:
        return frozenset()
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")
    was, now = Counter(pattern.findall(before)), Counter(pattern.findall(after))
    return frozenset(name for name in was.keys() | now.keys() if was[name] != now[name])


def _variables(lines: list[str]) -> frozenset[str]:
    matches = (match.groups("") for match in _VARIABLES.finditer("\n".join(lines)))
    return frozenset(f"{{% {block} %}}" if block else f"{{{''.join(names)}}}" for block, *names in matches)


def _marked_lines(first: list[str], second: list[str], blocks: list[Block]) -> Iterable[str]:
    marked = [
        (mark, texts[at])
        for removed, added in blocks
        for mark, texts, positions in (("-", first, removed), ("+", second, added))
        for at in positions
    ]
    for mark, text in marked[:_SHOWN_LINES]:
        yield f"{mark} {_printable_line(text)}"
    if len(marked) > _SHOWN_LINES:
        yield f"~ and {len(marked) - _SHOWN_LINES} lines more"


def _printable_line(text: str) -> str:
    printable = str(visible(text[: _SHOWN_CHARACTERS + 1]))
    return printable if len(text) <= _SHOWN_CHARACTERS else printable + "…"


def _joined_text(texts: Iterable[str]) -> str:
    whole = "\n".join(texts)
    if len(whole) <= _TEXT_LIMIT:
        return str(visible(whole))
    return f"{visible(whole[:_TEXT_LIMIT])}… sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


def _line_end_counts(text: str) -> str:
    """Which line ends a text uses, with how often."""
    names = {"\r\n": "CRLF", "\r": "CR", "\n": "LF"}
    used = Counter(_LINE_END.findall(text))
    return ", ".join(f"{count} {names[end]}" for end, count in sorted(used.items())) or "no line end"


def _first_changed_line(blocks: Sequence[Block], lines: int) -> int:
    """The first line, from 1, of the later text that is not what it was."""
    if not blocks:
        return 1
    removed, added = blocks[0]
    start = added.start if isinstance(added, range) else (added or list(removed))[0]
    return max(1, min(lines, start + 1))
