"""Text of a fleet inside Markdown: nothing in it is markup, a link, a mention or a command."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fleetward.report.human import visible

COMMENT_LIMIT = 60_000
"""Characters: a comment on GitHub holds 65,536."""


def code(text: str, longest: int = 1_000) -> str:
    """
    Text as one code span; what is longer than *longest* characters is cut, and its length is given.

    Source: CommonMark 6.1; GitHub and GitLab look for mentions and references outside of code alone.
    """
    printable = shorten(visible(text).replace("\t", " "), longest)
    # longer than any run inside: the text cannot end its own span
    fence = "`" * (1 + longest_run(printable))
    # a parser removes one space at each end again; without it, a backtick at the edge would join the fence
    pad = " " if printable[:1] in ("`", " ", "") or printable[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{printable}{pad}{fence}"


def shorten(text: str, longest: int) -> str:
    """The first *longest* characters of the text; if it has more, also how many."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"


def longest_run(text: str) -> int:
    """The length of the longest run of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)


def render_list(head: str, items: Iterable[str], total: int, noun: str, next_command: str) -> str:
    """
    *head*, as many of the *total* items as one comment holds, the number of the others, and a command.

    *head* ends with an empty line; *noun* names one item.
    """
    command = f"    {visible(next_command)}\n"
    # half of the room at most: a long command must not push all items out
    fitting = fit_items(items, COMMENT_LIMIT - len(head) - min(len(command), COMMENT_LIMIT // 2) - 100)
    omitted = total - len(fitting)
    plural = "" if omitted == 1 else "s"
    omission = f"\n{omitted} more {noun}{plural}, not shown here: `-o json` lists all.\n" if omitted else ""
    # the words end the list: without them the command would be a paragraph of its last item
    return f"{head}{''.join(fitting)}{omission}{chr(10) if fitting else ''}next:\n\n{command}"


def fit_items(items: Iterable[str], room: int) -> list[str]:
    """The first *items*, as many as *room* characters hold."""
    fitting = []
    for item in items:
        room -= len(item)
        # worst first: the rest is never more important than what did not fit
        if room < 0:
            break
        fitting.append(item)
    return fitting
