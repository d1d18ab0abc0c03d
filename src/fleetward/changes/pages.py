"""The documentation of the meanings, printed from their table."""

from __future__ import annotations

from itertools import groupby

from fleetward.changes.meanings import MEANINGS, Meaning

_HEAD = """# Changes

What `fleet diff` makes of a change. The table is read from the top, and the first row that fits a change names
it; a value that only became stricter weighs low, whatever its row says, unless the row is about that. Values come
from the effective manifest: overrides merged in, defaults filled in. What no row speaks of is `unknown`, medium.
This page is printed from the table itself.
"""


def documentation() -> str:
    """The table as one page of Markdown, a section for each class."""
    ordered = sorted(MEANINGS, key=lambda meaning: meaning.cls.value)
    sections = groupby(ordered, key=lambda meaning: meaning.cls.value)
    return "\n".join((_HEAD, *(_section(name, list(rows)) for name, rows in sections)))


def _section(name: str, rows: list[Meaning]) -> str:
    head = f"## {name}\n\n| rule | significance | of | when | it says |\n| --- | --- | --- | --- | --- |\n"
    return head + "".join(_row(one) for one in rows)


def _row(one: Meaning) -> str:
    paths = ", ".join(f"`{path}`" for path in one.paths.split())
    narrowed = [*(kind.value for kind in one.kinds), *([one.direction.value] if one.direction else [])]
    cells = (f"`{one.rule}`", one.significance.value, paths, ", ".join(narrowed) or "any", one.reason)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"
