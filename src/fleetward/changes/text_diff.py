"""How a text changed: line by line, and the words that can change its meaning."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from fleetward.changes.alignment import Block, first_changed_line, line_blocks
from fleetward.changes.invisible_characters import code_points, visible
from fleetward.changes.masking import masked_text
from fleetward.changes.word_changes import WordChanges, changed_mentions, variables
from fleetward.domain.fast_dataclass import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")
_SHOWN_LINES, _SHOWN_CHARACTERS, _TEXT_LIMIT, _NAMES_SHOWN = 400, 1_000, 4_000, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDiff:
    """The difference between two texts; the sets hold words that were removed or added."""

    lines: tuple[str, ...] = ()
    """Marked ``-`` and ``+``; ``~`` marks a remark."""
    removed: str = ""
    added: str = ""
    """The removed and the added lines as text, secrets masked."""
    first_line: int = 1
    hidden: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    negations: frozenset[str] = frozenset()
    modals: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    """Tools and permissions that the text names more or less often."""
    only_line_ends: bool = False
    only_spaces: bool = False

    @property
    def changes_sense(self) -> bool:
        """Did a number, a negation or a variable change?"""
        return bool(self.numbers or self.negations or self.variables)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader should know about the change, one phrase each."""
        labelled = (
            ("invisible characters", self.hidden),
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


def diff_text(before: str, after: str, tools: frozenset[str] = frozenset()) -> TextDiff:
    """How *after* differs from *before*; *tools* are the names of tools and permissions."""
    # before anything is masked or cut: a hidden character must not get lost
    hidden = frozenset(code_points(after) - code_points(before))
    if _LINE_END.split(before) == _LINE_END.split(after):
        return TextDiff(
            hidden=hidden,
            only_line_ends=True,
            removed=_line_end_counts(before),
            added=_line_end_counts(after),
        )
    # masked first: a remark on words must not contain a secret
    first, second = _LINE_END.split(masked_text(before)), _LINE_END.split(masked_text(after))
    blocks = list(line_blocks(first, second))
    words = WordChanges()
    for removed, added in blocks:
        words.add_block([first[at] for at in removed], [second[at] for at in added])
    return TextDiff(
        lines=tuple(_marked_lines(first, second, blocks)),
        removed=_joined_text(first[at] for removed, _ in blocks for at in removed),
        added=_joined_text(second[at] for _, added in blocks for at in added),
        first_line=first_changed_line(blocks, len(second)),
        hidden=hidden,
        numbers=words.numbers,
        negations=words.negations,
        modals=words.modals,
        # of the whole text: a variable may move from one line to another without a change
        variables=variables(first) ^ variables(second),
        tools=changed_mentions(before, after, tools),
        only_spaces=before.split() == after.split(),
    )


def _short_list(words: frozenset[str]) -> str:
    # a word may be a whole line of 100 kB
    names = sorted(str(visible(word[:40])) for word in words)
    omitted = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {omitted} more" if omitted > 0 else "")


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
        yield f"~ and {len(marked) - _SHOWN_LINES} more lines"


def _printable_line(text: str) -> str:
    # one more than shown: cutting first keeps a huge line cheap
    printable = str(visible(text[: _SHOWN_CHARACTERS + 1]))
    return printable if len(text) <= _SHOWN_CHARACTERS else printable + "…"


def _joined_text(texts: Iterable[str]) -> str:
    whole = "\n".join(texts)
    if len(whole) <= _TEXT_LIMIT:
        return str(visible(whole))
    # the digest tells two cut texts apart
    return f"{visible(whole[:_TEXT_LIMIT])}… sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


def _line_end_counts(text: str) -> str:
    """The line ends of a text with their counts: ``3 CRLF, 1 LF``."""
    names = {"\r\n": "CRLF", "\r": "CR", "\n": "LF"}
    used = Counter(_LINE_END.findall(text))
    return ", ".join(f"{count} {names[end]}" for end, count in sorted(used.items())) or "no line end"
