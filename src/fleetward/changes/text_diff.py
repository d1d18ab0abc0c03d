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
_SHOWN_LINES, _SHOWN_CHARACTERS, _KEPT, _NAMED = 400, 1_000, 4_000, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """How a text differs from the one before; the sets hold what came or went."""

    lines: tuple[str, ...] = ()
    """Marked ``-`` and ``+``; ``~`` for what a reader must know besides."""
    gone: str = ""
    come: str = ""
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
    def turned(self) -> bool:
        """Did a number, a negation or a variable change?"""
        return bool(self.numbers or self.negations or self.variables)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader should know of the change, one phrase each."""
        named = (
            ("characters that nobody sees", self.hidden),
            ("variables", self.variables),
            ("negations", self.negations),
            ("numbers", self.numbers),
            ("modal words", self.modals),
            ("tools", self.tools),
        )
        found = [f"{what}: {_few(words)}" for what, words in named if words]
        if self.only_line_ends:
            return (*found, "line ends only")
        return (*found, "white space only") if self.only_spaces else tuple(found)


def _few(words: frozenset[str]) -> str:
    named = sorted(str(visible(word[:40])) for word in words)
    more = len(named) - _NAMED
    return ", ".join(named[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def compared(before: str, after: str, tools: frozenset[str] = frozenset()) -> Prose:
    """How *after* differs from *before*; *tools* are names to look out for."""
    hidden = frozenset(code_points(after) - code_points(before))
    if _LINE_END.split(before) == _LINE_END.split(after):
        return Prose(hidden=hidden, only_line_ends=True, gone=_ends(before), come=_ends(after))
    # masked before anything looks at words: what is remarked on must not give a secret away
    first, second = _LINE_END.split(masked_text(before)), _LINE_END.split(masked_text(after))
    blocks = list(_blocks(first, second))
    words = _Words()
    for gone, come in blocks:
        words.weigh([first[at] for at in gone], [second[at] for at in come])
    return Prose(
        lines=tuple(_shown(first, second, blocks)),
        gone=_joined(first[at] for gone, _ in blocks for at in gone),
        come=_joined(second[at] for _, come in blocks for at in come),
        first_line=_first(blocks, len(second)),
        hidden=hidden,
        numbers=words.those(lambda word: _NUMBER.fullmatch(word.lower())),
        negations=words.those(lambda word: _NEGATION.fullmatch(word.lower())),
        modals=words.those(lambda word: _MODAL.fullmatch(word.lower())),
        variables=_variables(first) ^ _variables(second),
        tools=_spoken(before, after, tools),
        only_spaces=before.split() == after.split(),
    )


Block = tuple[range | list[int], range | list[int]]
"""Positions before, positions after."""


def _blocks(first: list[str], second: list[str]) -> Iterable[Block]:
    """Positions of the lines that went and came together."""
    start, stop = _common(first, second)
    left, right = first[start : len(first) - stop], second[start : len(second) - stop]
    if _too_many(left, right):
        yield _counted(left, right, start)
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag != "equal":
            yield range(start + i1, start + i2), range(start + j1, start + j2)


def _common(first: list[str], second: list[str]) -> tuple[int, int]:
    shortest = min(len(first), len(second))
    start = next((at for at in range(shortest) if first[at] != second[at]), shortest)
    rest = shortest - start
    stop = next((at for at in range(rest) if first[-1 - at] != second[-1 - at]), rest)
    return start, stop


def _too_many(left: list[str], right: list[str]) -> bool:
    return len(left) + len(right) > _ALIGNED_LINES or _cells(left, right) > _ALIGNED_CELLS


def _cells(left: list[str], right: list[str]) -> int:
    """Pairs of equal things, which is what aligning them costs."""
    there = Counter(right)
    return sum(count * there[text] for text, count in Counter(left).items())


def _counted(left: list[str], right: list[str], start: int) -> Block:
    """Lines that one side has more of than the other; where everything only moved, all of them."""
    more, less = Counter(left) - Counter(right), Counter(right) - Counter(left)
    if not more and not less:
        return range(start, start + len(left)), range(start, start + len(right))
    return _taken(left, more, start), _taken(right, less, start)


def _taken(texts: list[str], wanted: Counter[str], start: int) -> list[int]:
    found = []
    for at, text in enumerate(texts):
        if wanted[text] > 0:
            wanted[text] -= 1
            found.append(start + at)
    return found


class _Words:
    """The words that came or went, gathered line pair by line pair within a budget."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.left = _WORD_CELLS
        self.pairs_left = _PAIRED_LINES

    def weigh(self, gone: list[str], come: list[str]) -> None:
        pairs = min(len(gone), len(come))
        paired = min(pairs, self.pairs_left)
        self.pairs_left -= paired
        for before, after in zip(gone[:paired], come[:paired], strict=True):
            self._pair(_words(before), _words(after))
        self.found.update(_words("\n".join((*gone[paired:pairs], *come[paired:pairs]))))
        rest = Counter(w for text in gone[pairs:] for w in _words(text))
        rest.subtract(Counter(w for text in come[pairs:] for w in _words(text)))
        self.found.update(word for word, count in rest.items() if count)

    def those(self, test: Callable[[str], object]) -> frozenset[str]:
        return frozenset(filter(test, self.found))

    def _pair(self, before: list[str], after: list[str]) -> None:
        start, stop = _common(before, after)
        before, after = before[start : len(before) - stop], after[start : len(after) - stop]
        self.left -= _cells(before, after)
        if self.left < 0:
            self.found.update(before, after)
            return
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            if tag != "equal":
                self.found.update(before[i1:i2], after[j1:j2])


def _words(text: str) -> list[str]:
    return [token for token in _TOKENS.findall(text) if not token.isspace()]


def _spoken(before: str, after: str, names: frozenset[str]) -> frozenset[str]:
    """The names that one text has more often than the other."""
    if not names:
        return frozenset()
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    known = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")
    was, now = Counter(known.findall(before)), Counter(known.findall(after))
    return frozenset(name for name in was.keys() | now.keys() if was[name] != now[name])


def _variables(lines: list[str]) -> frozenset[str]:
    found = (match.groups("") for match in _VARIABLES.finditer("\n".join(lines)))
    return frozenset(f"{{% {block} %}}" if block else f"{{{''.join(names)}}}" for block, *names in found)


def _shown(first: list[str], second: list[str], blocks: list[Block]) -> Iterable[str]:
    marked = [
        (mark, texts[at])
        for gone, come in blocks
        for mark, texts, positions in (("-", first, gone), ("+", second, come))
        for at in positions
    ]
    for mark, text in marked[:_SHOWN_LINES]:
        yield f"{mark} {_clean(text)}"
    if len(marked) > _SHOWN_LINES:
        yield f"~ and {len(marked) - _SHOWN_LINES} lines more"


def _clean(text: str) -> str:
    shown = str(visible(text[: _SHOWN_CHARACTERS + 1]))
    return shown if len(text) <= _SHOWN_CHARACTERS else shown + "…"


def _joined(texts: Iterable[str]) -> str:
    whole = "\n".join(texts)
    if len(whole) <= _KEPT:
        return str(visible(whole))
    return f"{visible(whole[:_KEPT])}… sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


def _ends(text: str) -> str:
    """Which line ends a text uses, with how often."""
    names = {"\r\n": "CRLF", "\r": "CR", "\n": "LF"}
    used = Counter(_LINE_END.findall(text))
    return ", ".join(f"{count} {names[end]}" for end, count in sorted(used.items())) or "no line end"


def _first(blocks: Sequence[Block], lines: int) -> int:
    """The first line, from 1, of the later text that is not what it was."""
    if not blocks:
        return 1
    gone, come = blocks[0]
    start = come.start if isinstance(come, range) else (come or list(gone))[0]
    return max(1, min(lines, start + 1))
