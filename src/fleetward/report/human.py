"""Pages for people: with Rich on a terminal, as plain and complete text in a pipe."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

from fleetward.domain.invisible_characters import with_visible
from fleetward.report.page import Line, Page

if TYPE_CHECKING:
    from rich.text import Text

_STYLES = {
    "error": "bold red",
    "warning": "yellow",
    "note": "cyan",
    "good": "bold green",
    "dim": "dim",
    "strong": "bold",
    "place": "blue",
    "code": "cyan",
    "added": "green",
    "removed": "red",
}
# Characters that move a cursor, are invisible or change the direction of text are escaped.
_CONTROL = "[\x00-\x08\n\x0b-\x1f\x7f-\x9f]"
# Commands that a CI runner obeys anywhere in a line. Source: GitHub's runner, Azure Pipelines' logging commands.
_COMMAND = re.compile(r"##(?=\[|vso\[)")


def visible(text: str) -> str:
    """*text* with control, bidi and zero-width characters as code points, and without commands to a CI runner."""
    # `##[` is obeyed anywhere in a line, `::` only at its start
    return _COMMAND.sub("# #", with_visible(re.sub(_CONTROL, lambda match: _escape(match.group()), text)))


def _escape(character: str) -> str:
    return {"\n": "\\n", "\r": "\\r"}.get(character, f"\\x{ord(character):02x}")


def plain_text(page: Page) -> str:
    """The page without colour, nothing shortened; ends with a line feed unless it is empty."""
    return "".join(f"{visible(line.text).rstrip()}\n" for line in page)


def print_page(page: Page, stream: IO[str], *, color: bool, width: int | None) -> None:
    """Print the page, in colour if *color*, wrapped to *width* columns unless that is None."""
    # a pipe gets full values: Rich would shorten cells at 80 columns
    if not color and width is None:
        stream.write(plain_text(page))
        return
    from rich.console import Console

    console = Console(
        file=stream,
        # so wide that Rich never wraps: lines are wrapped here
        width=width or 100_000,
        force_terminal=color,
        no_color=not color,
        # the standard colours follow the reader's own theme
        color_system="standard" if color else None,
        # `[tier=high]` in the text of a fleet is no markup
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=True,
        legacy_windows=False,
    )
    for line in page:
        # the last line is a command, which must work when it is pasted
        for part in _wrap(line, None if line is page[-1] else width):
            console.print(part, overflow="ignore", crop=False, no_wrap=True)


def _wrap(line: Line, width: int | None) -> list[Text]:
    """The parts of a line on a terminal; a word longer than the width (a digest, a path) stays whole."""
    from rich.text import Text

    text = Text(end="")
    for span in line.spans:
        # only as Text: a string would be read as markup
        text.append(visible(span.text), style=_STYLES.get(span.role, ""))
    text.rstrip()
    if width is not None and line.focus is not None:
        return [_focus_window(text, line.hang, line.focus, width)]
    if width is None or text.cell_len <= width:
        return [text]
    breaks, start, room = [], 0, width
    for match in re.finditer(r"\S+", text.plain):
        if match.end() - start > room and match.start() > start:
            breaks.append(match.start())
            # at least 20 columns: a narrow terminal would leave none
            start, room = match.start(), max(20, width - line.hang)
    first, *continuation = text.divide(breaks)
    parts = [first, *(Text(" " * line.hang) + part for part in continuation)]
    for part in parts:
        part.rstrip()
    return parts


def _focus_window(text: Text, margin: int, focus: tuple[int, int], width: int) -> Text:
    """The part of a line around its focus, dots at a cut; lines with the same focus are cut at the same columns."""
    from itertools import accumulate

    from rich.cells import get_character_cell_size
    from rich.text import Text

    room = max(20, width - margin)
    offset = 0 if focus[1] < room else max(0, focus[0] - room // 3)
    # cells, not characters: ideographs take two columns
    begins = [0, *accumulate(map(get_character_cell_size, text.plain[margin:]))]
    ends = begins[1:]
    right = offset + room - (begins[-1] > offset + room)
    first = next((i for i, begin in enumerate(begins) if begin >= offset + (offset > 0)), len(ends))
    last = sum(end <= right for end in ends)
    hidden = bool(text.plain[margin : margin + first].strip())
    lead = ("…" if hidden else " ") * (offset > 0)
    gap = " " * (begins[first] - offset - len(lead))
    tail = "…" if last < len(ends) else ""
    return text[:margin] + Text(lead + gap) + text[margin + first : margin + last] + Text(tail)
