"""Measured values of metrics by agent and day, from CSV or JSON lines; one wrong line refuses the file."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from fleetward.domain import clock, limits
from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.retirement_plan import MetricValue

COLUMNS = ("date", "agent", "metric", "value")
_ENVIRONMENT = "environment"
"""May stand beside them."""
_NUMBER = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?")
_MAX_FINDINGS = 20


class _InvalidLine(ValueError):
    """A line that is not valid."""


def read_figures(path: Path, file_name: str, today: date) -> tuple[MetricValue, ...]:
    """
    A CSV file whose head names ``date``, ``agent``, ``metric`` and ``value``, or JSON lines with these four keys.

    ``environment`` may stand beside them. One wrong line refuses the file: a day to come, a value that is not a finite
    number, or a second value of a metric for one agent, environment and day.

    Errors: FleetError where the file cannot be read or is too large; for wrong lines it has a finding for each.
    """
    return decode_figures(_content(path, file_name), file_name, today)


def decode_figures(content: bytes, file_name: str, today: date) -> tuple[MetricValue, ...]:
    """
    The values in *content*, in the form that ``read_figures`` reads.

    Errors: FleetError with a finding for each wrong line.
    """
    text = _text(content, file_name)
    rows = _objects(text) if text.lstrip().startswith("{") else _table(text)
    accepted: list[MetricValue] = []
    lines: dict[tuple[str, str | None, str, date], int] = {}
    findings: list[Finding] = []
    for line, row in rows:
        try:
            figure = _figure(row, file_name, line, today)
            first = lines.setdefault(figure.key, line)
            if first != line:
                raise _InvalidLine(
                    f"{figure.metric!r} of {figure.agent!r} on {figure.day} is in line {first} already"
                )
            accepted.append(figure)
        except ValueError as error:
            findings.append(_finding(file_name, line, str(error)))
            if len(findings) == _MAX_FINDINGS:
                break
    if not accepted and not findings:
        findings.append(_finding(file_name, 1, "no figures"))
    if findings:
        worst = findings[0]
        message = f"{file_name}:{worst.place.line}: {worst.message}"
        raise FleetError(message, hint=worst.hint, findings=tuple(findings))
    return tuple(accepted)


def _content(path: Path, file_name: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limits.METRICS_BYTES + 1)
    except OSError as error:
        raise FleetError(f"cannot read {file_name!r}: {error.strerror}", hint="--metrics FILE") from error
    if len(content) > limits.METRICS_BYTES:
        raise FleetError(
            f"{file_name!r} is larger than {limits.METRICS_BYTES} bytes",
            hint="keep the days that criteria ask for",
        )
    return content


def _text(content: bytes, file_name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FleetError(f"{file_name}:{line}: not UTF-8", hint="save it as UTF-8") from None


_Row = tuple[int, dict[str, Any] | _InvalidLine]


def _table(text: str) -> Iterator[_Row]:
    """The rows below the head, by column, with their lines."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(_checked_lines(lines), strict=True)
    head: list[str] = []
    while True:
        try:
            row = next(reader, None)
        except (csv.Error, _InvalidLine) as error:
            yield reader.line_num or 1, _InvalidLine(str(error))
            return
        if row is None:
            return
        if not head:
            head = [cell.strip() for cell in row]
            if not _has_columns(head):
                yield (
                    reader.line_num,
                    _InvalidLine(f"the head is {','.join(head)!r}, not {','.join(COLUMNS)!r}"),
                )
                return
        elif row:
            fits = len(row) == len(head)
            mismatch = _InvalidLine(f"{len(row)} values, {len(head)} are asked")
            yield (
                reader.line_num,
                dict(zip(head, (cell.strip() for cell in row), strict=True)) if fits else mismatch,
            )


def _objects(text: str) -> Iterator[_Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        if number > limits.METRICS_LINES or len(line) > limits.METRICS_LINE_CHARACTERS:
            yield number, _InvalidLine(_too_much(number))
            return
        try:
            row = json.loads(line, object_pairs_hook=_unique, parse_constant=_reject_constant)
        except RecursionError:
            row = None
        except ValueError as error:
            yield number, _InvalidLine(str(error))
            continue
        fits = isinstance(row, dict) and _has_columns(row)
        yield number, row if fits else _InvalidLine(f"no object of {', '.join(COLUMNS)}")


def _has_columns(names: Iterable[str]) -> bool:
    listed = sorted(names)
    return listed in (sorted(COLUMNS), sorted((*COLUMNS, _ENVIRONMENT)))


def _checked_lines(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if number > limits.METRICS_LINES or len(line) > limits.METRICS_LINE_CHARACTERS:
            raise _InvalidLine(_too_much(number))
        yield line


def _too_much(number: int) -> str:
    return (
        f"more than {limits.METRICS_LINES} lines"
        if number > limits.METRICS_LINES
        else f"longer than {limits.METRICS_LINE_CHARACTERS} characters"
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _InvalidLine("a key is there twice")
    return result


def _reject_constant(word: str) -> float:
    raise _InvalidLine(f"{word} is not a number")


def _figure(row: dict[str, Any] | _InvalidLine, file: str, line: int, today: date) -> MetricValue:
    if isinstance(row, _InvalidLine):
        raise row
    for name in ("date", "agent", "metric"):
        if not isinstance(row[name], str) or not row[name]:
            raise _InvalidLine(f"{name} is {row[name]!r}, not a text")
    # empty in a table, null in an object: the row is of no environment
    environment = row.get(_ENVIRONMENT) or None
    if environment is not None and not isinstance(environment, str):
        raise _InvalidLine(f"{_ENVIRONMENT} is {environment!r}, not a text")
    day = clock.parse_date(row["date"])
    if day > today:
        raise _InvalidLine(f"{day} is still to come")
    return MetricValue(
        day=day,
        agent=row["agent"],
        environment=environment,
        metric=row["metric"],
        value=_number(row["value"]),
        line=line,
        file=file,
    )


def _number(raw: Any) -> float:
    if isinstance(raw, str) and not _NUMBER.fullmatch(raw):
        raise _InvalidLine(f"{raw!r} is not a number")
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise _InvalidLine(f"{raw!r} is not a number")
    try:
        value = float(raw)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise _InvalidLine(f"{raw!r} is not a number")
    return value


def _finding(file: str, line: int, message: str) -> Finding:
    place = Place(file=file, line=line, end_line=line)
    hint = "one figure a line: date,agent,metric,value such as 2026-11-19,refund-bot,runs-per-month,41"
    return Finding(rule="figures", severity=Severity.ERROR, message=message, place=place, hint=hint)
