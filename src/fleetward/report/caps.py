"""The largest text report: 1,000 findings or changes, and 256 KiB; what is left out is counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fleetward.report.human import visible
from fleetward.report.page import Line, Page, line

MAX_ITEMS = 1_000
"""Findings, changes or breaks in one text report."""
MAX_BYTES = 256 * 1024
_ROOM_FOR_TOTALS = 16 * 1024
"""Bytes that are kept free for the lines before and after the items."""
_COLOR_BYTES = 10
"""What a colour adds to a span."""
_WIDEST = 10
"""Bytes of a character that a stream cannot hold: a backslash, U and eight digits."""


class Block(NamedTuple):
    """Lines that stand together, and how many findings or changes they show."""

    lines: tuple[Line, ...]
    items: int = 1


def fit_blocks(blocks: Iterable[Block], room: int = MAX_BYTES - _ROOM_FOR_TOTALS) -> tuple[list[Line], int]:
    """
    The lines of the first blocks, within MAX_ITEMS items and *room* bytes, and the items of the others.

    A block too large for the remaining room is cut after a line; later blocks are left out.
    """
    lines: list[Line] = []
    shown, omitted, full = 0, 0, False
    for block in blocks:
        if full or shown + min(block.items, 1) > MAX_ITEMS:
            full = True
            omitted += block.items
            continue
        fitting = _fit_lines(block.lines, room)
        full = len(fitting) < len(block.lines)
        room -= sum(map(_size, fitting))
        # a block without its first line shows nothing of its items
        shown, omitted = shown + min(block.items, 1), omitted + (0 if fitting else block.items)
        lines.extend(fitting)
        if full and fitting:
            lines.append(line(f"      {len(block.lines) - len(fitting)} more lines (-o json has them all)"))
    return lines, omitted


def omission_line(number: int, noun: str) -> Line:
    """``3 more changes are not listed: use -o json to see all``."""
    plural, verb = ("", "is") if number == 1 else ("s", "are")
    return line(f"{number} more {noun}{plural} {verb} not listed: use -o json to see all", hang=2)


def cap_page(page: Page) -> Page:
    """The page within MAX_BYTES; the number of the lines that are left out stands before the last two."""
    if _WIDEST * sum(len(span.text) + _COLOR_BYTES for row in page for span in row.spans) <= MAX_BYTES:
        return page
    if sum(map(_size, page)) <= MAX_BYTES:
        return page
    # the last lines are the totals and the next command
    body, totals = page[:-2], page[-2:]
    room = MAX_BYTES - _ROOM_FOR_TOTALS
    fitting = _fit_lines(body, room)
    return (*fitting, omission_line(len(body) - len(fitting), "line"), *_fit_lines(totals, _ROOM_FOR_TOTALS))


def _fit_lines(lines: Iterable[Line], room: int) -> list[Line]:
    """The first lines, as many as *room* bytes hold."""
    fitting = []
    for row in lines:
        room -= _size(row)
        if room < 0:
            break
        fitting.append(row)
    return fitting


def _size(row: Line) -> int:
    """The largest number of bytes that the line may take: on a stream of ASCII, in colour, with its indent."""
    text = visible(row.text)
    width = len(text) if text.isascii() else len(text.encode("ascii", "backslashreplace"))
    return width + 1 + row.hang + _COLOR_BYTES * len(row.spans)
