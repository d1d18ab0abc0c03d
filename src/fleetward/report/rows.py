"""Rows of ``fleet list`` for programs and tables: JSON, JSON lines, CSV, Markdown, and columns of text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fleetward.report.counts import count_text
from fleetward.report.human import visible
from fleetward.report.markdown import code
from fleetward.report.page import Page, line, page, span

FORMAT = "fleetward.list/1"
Rows = Sequence[Mapping[str, Any]]
# a spreadsheet runs a cell that begins so as a formula (OWASP, "CSV Injection"), also in full width
_FORMULA = re.compile(r"[\s\x00]*[=+\-@|%＝＋－＠\t\r\n]")


def with_fields(rows: Rows, fields: Sequence[str]) -> list[dict[str, Any]]:
    """The rows with these fields alone, in this order; a field leads on into a mapping with dots."""
    return [{field: _value(row, field) for field in fields} for row in rows]


def render_data(kind: str, rows: Rows) -> dict[str, Any]:
    """The rows as one document."""
    return {"format": FORMAT, "kind": kind, "rows": list(rows)}


def render_jsonl(fleet: str, rows: Rows) -> str:
    """One row a line, each with the name of its fleet."""
    return "".join(f"{_compact({'fleet': fleet, **row})}\n" for row in rows)


def render_csv(fields: Sequence[str], rows: Rows) -> str:
    """A table with a header; no cell begins like a formula (RFC 4180, with line feeds)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows([_cell(_text(row[field])) for field in fields] for row in rows)
    return text.getvalue()


def render_markdown(fields: Sequence[str], rows: Rows) -> str:
    """A table; nothing in it is markup."""
    head = [f"| {' | '.join(fields)} |", f"|{' --- |' * len(fields)}"]
    body = [f"| {' | '.join(_markdown_cell(_text(row[field])) for field in fields)} |" for row in rows]
    return "".join(f"{text}\n" for text in (*head, *body))


def render_page(kind: str, fields: Sequence[str], rows: Rows, next_command: str) -> Page:
    """Columns for people, with tabs between them; a command last."""
    lines = [line(span("\t".join(fields), "strong"))]
    lines += [
        line("\t".join(visible(_text(row[field])).replace("\t", " ") for field in fields)) for row in rows
    ]
    count = count_text(len(rows), kind.removesuffix("s"))
    return page([*lines, line(), line(count), line(span(next_command, "dim"))])


def _value(row: Mapping[str, Any], field: str) -> Any:
    value: Any = row
    for step in field.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str:
    """A value in one cell: a list with semicolons between its items, a mapping as JSON."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(_text(item) for item in value)
    return value if isinstance(value, str) else _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace").decode()


def _cell(text: str) -> str:
    # the csv module quotes a line feed, and not every carriage return
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) else text


def _markdown_cell(text: str) -> str:
    # a bar ends a cell even inside a code span (GitHub Flavored Markdown 4.10)
    return code(text).replace("|", "\\|") if text else ""
