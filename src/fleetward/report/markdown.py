"""Text of a fleet inside Markdown: nothing in it is markup, a link, a mention or a command."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fleetward.report.human import visible

COMMENT_LIMIT = 60_000
"""Characters: a comment on GitHub holds 65,536."""
_LONGEST = 1_000


def code(text: str) -> str:
    """Text as one code span, whatever it holds; what is very long is cut, and says so."""
    printable = visible(text).replace("\t", " ")
    if len(printable) > _LONGEST:
        printable = f"{printable[:_LONGEST]} … ({len(printable)} characters)"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", printable)), default=0))
    pad = " " if printable[:1] in ("`", " ", "") or printable[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{printable}{pad}{fence}"


def fit_items(head: str, items: Iterable[str], room: int) -> tuple[str, int]:
    """*head* and as many *items* as *room* characters hold after it, the first ones first; how many that are."""
    room -= len(head)
    fitting = []
    for item in items:
        room -= len(item)
        if room < 0:
            break
        fitting.append(item)
    return head + "".join(fitting), len(fitting)
