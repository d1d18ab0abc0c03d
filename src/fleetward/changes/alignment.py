"""Which lines of two texts belong together, and which were removed or added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

_ALIGNED_LINES = 4_000
_ALIGNED_CELLS = 400_000
"""Pairs of equal lines: beyond that, lines are counted instead of aligned."""

Block = tuple[range | list[int], range | list[int]]
"""Positions of lines before, and after, that were replaced together."""


def line_blocks(first: list[str], second: list[str]) -> Iterable[Block]:
    """The lines that differ, in order."""
    start, stop = common_ends(first, second)
    before, after = first[start : len(first) - stop], second[start : len(second) - stop]
    if _too_many(before, after):
        yield _counted_block(before, after, start)
        return
    # autojunk off: it drops frequent lines, so a repeated line would look changed
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield range(start + i1, start + i2), range(start + j1, start + j2)


def common_ends(first: list[str], second: list[str]) -> tuple[int, int]:
    """How many texts are equal at the start, and at the end."""
    # prompts mostly change in one place: equal ends need no alignment
    shortest = min(len(first), len(second))
    start = next((at for at in range(shortest) if first[at] != second[at]), shortest)
    remaining = shortest - start
    stop = next((at for at in range(remaining) if first[-1 - at] != second[-1 - at]), remaining)
    return start, stop


def _too_many(before: list[str], after: list[str]) -> bool:
    # SequenceMatcher visits every pair of equal lines: many blank lines would be quadratic
    return len(before) + len(after) > _ALIGNED_LINES or equal_pairs(before, after) > _ALIGNED_CELLS


def equal_pairs(before: list[str], after: list[str]) -> int:
    """Pairs of equal texts: the cost of aligning them."""
    counts = Counter(after)
    return sum(count * counts[text] for text, count in Counter(before).items())


def _counted_block(before: list[str], after: list[str], start: int) -> Block:
    """The lines that one side has more often than the other; all lines if they only changed their order."""
    surplus, missing = Counter(before) - Counter(after), Counter(after) - Counter(before)
    # only moved: counts are equal, but the order has a meaning in a prompt
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


def first_changed_line(blocks: Sequence[Block], lines: int) -> int:
    """The first line, from 1, of the later text that differs; *lines* is how many it has."""
    if not blocks:
        return 1
    removed, added = blocks[0]
    start = added.start if isinstance(added, range) else (added or list(removed))[0]
    return max(1, min(lines, start + 1))
