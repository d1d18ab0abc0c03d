"""Rows as CSV and Markdown: nothing in them is a formula or markup."""

from __future__ import annotations

import csv
import io

import pytest

from fleetward.report import rows


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-2+3", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n=1", "＝1+1", "|calc", "%0A"]
)
def test_no_cell_begins_like_a_formula(text: str) -> None:
    [_, [cell, beside]] = csv.reader(
        io.StringIO(rows.render_csv(["a", "b"], [{"a": text, "b": [text]}]), newline="")
    )

    assert cell == beside == f"'{text}".replace("\r", "\n")


def test_a_cell_of_a_table_cannot_end_it() -> None:
    table = rows.render_markdown(["a", "b"], [{"a": "x | y\n# head", "b": {"k": None}}])

    assert table.splitlines() == ["| a | b |", "| --- | --- |", '| `x \\| y\\n# head` | `{"k": null}` |']
