"""The page of all changes, printed from their catalogue."""

from __future__ import annotations

from itertools import groupby

from fleetward.changes.catalogue import RuleEntry, catalogue, combination_rows
from fleetward.changes.meanings import PATHS

_HEAD = """# Changes

How `fleet diff` names and weighs a change; `fleet diff --rules` prints the same table.

- Values come from the effective manifest: with overrides and defaults.
- The table is read from the top. The first row that matches a change names it.
- A change to the stricter side is of low significance, unless its row is about the stricter side.
- A value without a row is named by its class and key (`reliability/api-added`), and is of medium significance.
- A value outside of the schema is `unknown/value-changed`, of medium significance.
- A looser rule names its twin: the rule of the reverse change.

This page is printed by `python -m fleetward.changes` from the table in `changes/meanings.py`.

## Paths

"""
_TOGETHER = """## Together worse than alone

If one agent has both changes, the changes in the second column are critical.

| together | critical |
| --- | --- |
"""


def documentation() -> str:
    """The catalogue as one page of Markdown, a section for each class."""
    sections = groupby(catalogue(), key=lambda entry: entry.rule.partition("/")[0])
    together = _TOGETHER + "".join(f"| {words} | {of} |\n" for words, of in combination_rows())
    return "\n".join((_HEAD + PATHS, *(_section_text(name, list(rows)) for name, rows in sections), together))


def _section_text(name: str, rows: list[RuleEntry]) -> str:
    head = (
        f"## {name}\n\n| rule | significance | direction | subject | condition | message | twin |\n"
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
