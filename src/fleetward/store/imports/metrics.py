"""Measured figures by day, out of a CSV file or JSON lines; every line is right, or the file is refused."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from fleetward.domain import clock
from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.retirement_plan import Figure

LARGEST = 32 * 1024 * 1024
LONGEST = 1_000
"""Characters of one line."""
MOST = 500_000
COLUMNS = ("date", "agent", "metric", "value")
_NUMBER = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?")
_ENOUGH = 20


class _Wrong(ValueError):
    """A line that does not say what it should."""


def figures(path: Path, shown: str, today: date) -> tuple[Figure, ...]:
    """
    The figures in a file: a table with a head of date, agent, metric and value; or a JSON object of these a line.

    Errors: FleetError where the file cannot be read, is too large, or a line of it is wrong; it names the lines.
    """
    text = _text(path, shown)
    rows = _objects(text) if text.lstrip().startswith("{") else _table(text)
    found: list[Figure] = []
    lines: dict[tuple[str, str, date], int] = {}
    wrong: list[Finding] = []
    for line, row in rows:
        try:
            one = _figure(row, line, today)
            first = lines.setdefault((one.agent, one.metric, one.day), line)
            if first != line:
                raise _Wrong(f"{one.metric!r} of {one.agent!r} on {one.day} is in line {first} already")
            found.append(one)
        except ValueError as error:
            wrong.append(_finding(shown, line, str(error)))
            if len(wrong) == _ENOUGH:
                break
    if not found and not wrong:
        wrong.append(_finding(shown, 1, "no figures"))
    if wrong:
        worst = wrong[0]
        message = f"{shown}:{worst.place.line}: {worst.message}"
        raise FleetError(message, hint=worst.hint, findings=tuple(wrong))
    return tuple(found)


def _text(path: Path, shown: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise FleetError(f"cannot read {shown!r}: {error.strerror}", hint="--metrics FILE") from error
    if len(content) > LARGEST:
        raise FleetError(
            f"{shown!r} is larger than {LARGEST} bytes", hint="keep the days that criteria ask for"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FleetError(f"{shown}:{line}: not UTF-8", hint="save it as UTF-8") from None


_Row = tuple[int, dict[str, Any] | _Wrong]


def _table(text: str) -> Iterator[_Row]:
    """The rows below the head, by column, with their lines."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(_short(lines), strict=True)
    head: list[str] = []
    while True:
        try:
            row = next(reader, None)
        except (csv.Error, _Wrong) as error:
            yield reader.line_num or 1, _Wrong(str(error))
            return
        if row is None:
            return
        if not head:
            head = [one.strip() for one in row]
            if sorted(head) != sorted(COLUMNS):
                yield reader.line_num, _Wrong(f"the head is {','.join(head)!r}, not {','.join(COLUMNS)!r}")
                return
        elif row:
            fits = len(row) == len(head)
            wrong = _Wrong(f"{len(row)} values, {len(head)} are asked")
            yield (
                reader.line_num,
                dict(zip(head, (one.strip() for one in row), strict=True)) if fits else wrong,
            )


def _objects(text: str) -> Iterator[_Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        if number > MOST or len(line) > LONGEST:
            yield number, _Wrong(_too_much(number))
            return
        try:
            row = json.loads(line, object_pairs_hook=_once, parse_constant=_refused)
        except RecursionError:
            row = None
        except ValueError as error:
            yield number, _Wrong(str(error))
            continue
        fits = isinstance(row, dict) and sorted(row) == sorted(COLUMNS)
        yield number, row if fits else _Wrong(f"no object of {', '.join(COLUMNS)}")


def _short(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if number > MOST or len(line) > LONGEST:
            raise _Wrong(_too_much(number))
        yield line


def _too_much(number: int) -> str:
    return f"more than {MOST} lines" if number > MOST else f"longer than {LONGEST} characters"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Wrong("a key that is there twice")
    return found


def _refused(word: str) -> float:
    raise _Wrong(f"{word} is no number")


def _figure(row: dict[str, Any] | _Wrong, line: int, today: date) -> Figure:
    if isinstance(row, _Wrong):
        raise row
    for name in ("date", "agent", "metric"):
        if not isinstance(row[name], str) or not row[name]:
            raise _Wrong(f"{name} is {row[name]!r}, not a text")
    day = clock.day(row["date"])
    if day > today:
        raise _Wrong(f"{day} is still to come")
    return Figure(day=day, agent=row["agent"], metric=row["metric"], value=_number(row["value"]), line=line)


def _number(given: Any) -> float:
    if isinstance(given, str) and not _NUMBER.fullmatch(given):
        raise _Wrong(f"{given!r} is no number")
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise _Wrong(f"{given!r} is no number")
    try:
        value = float(given)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise _Wrong(f"{given!r} is no number")
    return value


def _finding(file: str, line: int, message: str) -> Finding:
    place = Place(file=file, line=line, end_line=line)
    hint = "one figure a line: date,agent,metric,value such as 2026-11-19,refund-bot,runs-per-month,41"
    return Finding(rule="figures", severity=Severity.ERROR, message=message, place=place, hint=hint)
