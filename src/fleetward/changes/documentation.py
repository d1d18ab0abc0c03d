"""The documentation of the meanings, printed from their catalogue."""

from __future__ import annotations

from itertools import groupby

from fleetward.changes.catalogue import RuleEntry, catalogue, combination_rows

_HEAD = """# Changes

What `fleet diff` makes of a change; `fleet diff --rules` lists the same. The table is read from the top, and the
first row that fits a change names it; a value that only became stricter weighs low, whatever its row says, unless
the row is about that. Values come from the effective manifest: overrides merged in, defaults filled in. What no row
speaks of goes by its class and its key (`reliability/api-added`) and weighs medium; what no schema knows is
`unknown`, medium. A rule that says *looser* names its twin: the same change the other way round.
This page is printed from the table itself.
"""
_TOGETHER = """## Together worse than alone

Where both are found in one agent, what the second column names is critical.

| together | critical |
| --- | --- |
"""


def documentation() -> str:
    """The catalogue as one page of Markdown, a section for each class."""
    sections = groupby(catalogue(), key=lambda entry: entry.rule.partition("/")[0])
    together = _TOGETHER + "".join(f"| {words} | {of} |\n" for words, of in combination_rows())
    return "\n".join((_HEAD, *(_section_text(name, list(rows)) for name, rows in sections), together))


def _section_text(name: str, rows: list[RuleEntry]) -> str:
    head = (
        f"## {name}\n\n| rule | significance | direction | of | when | it says | twin |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
    )
    return head + "".join(_row_text(entry) for entry in rows)


def _row_text(entry: RuleEntry) -> str:
    paths = (
        ", ".join(f"`{path}`" for path in entry.subject.split())
        if entry.subject.startswith(("spec", "meta"))
        else entry.subject
    )
    twin = f"`{entry.twin}`" if entry.twin else ""
    cells = (
        f"`{entry.rule}`",
        entry.significance.value,
        entry.direction,
        paths,
        entry.condition,
        entry.message,
        twin,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"
