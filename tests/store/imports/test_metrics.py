"""A file of metrics is read if all of its lines are valid, else refused with the wrong lines."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from fleetward.domain import limits
from fleetward.domain.errors import FleetError
from fleetward.store.imports.metrics import read_figures

TODAY = date(2026, 11, 20)
HEAD = "date,agent,metric,value\n"
ROW = "2026-11-19,bot,runs,41\n"
OBJECT = '{"date": "2026-11-19", "agent": "bot", "metric": "runs", "value": 41}\n'
LONG = "x" * limits.METRICS_LINE_CHARACTERS


def figures_of(folder: Path, content: str | bytes) -> list[tuple[str, str, str, float, int]]:
    file = folder / "figures"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    parsed = read_figures(file, "figures", TODAY)
    return [
        (figure.day.isoformat(), figure.agent, figure.metric, figure.value, figure.line) for figure in parsed
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (HEAD + ROW, 2),
        ("\ufeff" + HEAD + ROW, 2),
        ((HEAD + ROW).replace("\n", "\r\n"), 2),
        ("agent,value,date,metric\nbot,41,2026-11-19,runs", 2),
        (HEAD + '"2026-11-19","bot","runs","4.1e1"\n', 2),
        (HEAD + "\n2026-11-19, bot, runs, +41.0\n", 3),
        (OBJECT, 1),
        ("\n" + OBJECT.replace("41", "41.0"), 2),
    ],
)
def test_csv_and_json_lines_give_the_same_values(tmp_path: Path, content: str, line: int) -> None:
    assert figures_of(tmp_path, content) == [("2026-11-19", "bot", "runs", 41.0, line)]


def test_an_environment_may_stand_beside_the_value(tmp_path: Path) -> None:
    table = tmp_path / "table"
    table.write_text(
        "date,agent,environment,metric,value\n2026-11-19,bot,production,runs,41\n2026-11-19,bot,,runs,7\n"
    )
    lines = tmp_path / "lines"
    lines.write_text(OBJECT.replace("}", ', "environment": "production"}') + OBJECT.replace("41", "7"))

    for file in (table, lines):
        figures = read_figures(file, "figures", TODAY)
        assert [(figure.environment, figure.value) for figure in figures] == [("production", 41), (None, 7)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEAD + "2026-11-19,bot,runs,\n", "figures:2: '' is not a number"),
        (HEAD + ROW + "2026-11-18,bot,runs,4l\n", "figures:3: '4l' is not a number"),
        (HEAD + "2026-11-19,bot,runs,nan\n", "figures:2: 'nan' is not a number"),
        (HEAD + "2026-11-19,bot,runs,inf\n", "figures:2: 'inf' is not a number"),
        (HEAD + "2026-11-19,bot,runs,1e999\n", "figures:2: '1e999' is not a number"),
        (HEAD + "2026-11-19,bot,runs,1_0\n", "figures:2: '1_0' is not a number"),
        (HEAD + "2026-11-19,bot,runs,\uff11\n", "is not a number"),
        (HEAD + '2026-11-19,bot,runs,"1,5"\n', "figures:2: '1,5' is not a number"),
        (HEAD + "19.11.2026,bot,runs,1\n", "figures:2: '19.11.2026' is not a date"),
        (HEAD + "2026-02-30,bot,runs,1\n", "figures:2: day is out of range"),
        (HEAD + "2026-11-21,bot,runs,1\n", "figures:2: 2026-11-21 is still to come"),
        (HEAD + "2026-11-19,,runs,1\n", "figures:2: agent is ''"),
        (HEAD + ROW + ROW, "figures:3: 'runs' of 'bot' on 2026-11-19 is in line 2 already"),
        (HEAD + "2026-11-19,bot,runs\n", "figures:2: 3 values, 4 are asked"),
        (HEAD + '2026-11-19,bot,"runs,1\n', "figures:"),
        ("day,agent,metric,value\n" + ROW, "figures:1: the head is 'day,agent,metric,value'"),
        ("date,agent,metric,value,value\n" + ROW, "figures:1: the head is"),
        (ROW, "figures:1: the head is"),
        (HEAD, "figures:1: no figures"),
        ("", "figures:1: no figures"),
        (OBJECT.replace("41", "NaN"), "figures:1: NaN is not a number"),
        (OBJECT.replace("41", "true"), "figures:1: True is not a number"),
        (OBJECT.replace("41", "1e999"), "figures:1: inf is not a number"),
        (OBJECT.replace("41", "9" * 400), "is not a number"),
        (OBJECT.replace("41", "null"), "figures:1: None is not a number"),
        (OBJECT.replace("41", "41, \"value\": 1"), "figures:1: a key is there twice"),
        (OBJECT.replace("}", ', "environment": 7}'), "figures:1: environment is 7, not a text"),
        (OBJECT.replace("41", "41, \"x\": 1"), "figures:1: no object of date, agent, metric, value"),
        (OBJECT + "[1]\n", "figures:2: no object of"),
        (OBJECT + "{\n", "figures:2: "),
        (OBJECT + '{"a": ' + "[" * 900, "figures:2: "),
        (OBJECT.replace('"bot"', "7"), "figures:1: agent is 7, not a text"),
        (HEAD + f"2026-11-19,bot,{LONG},1\n", f"figures:1: longer than {len(LONG)} characters"),
        (OBJECT.replace("runs", LONG), f"figures:1: longer than {len(LONG)} characters"),
        (b"\xff\xfe" + HEAD.encode(), "figures:1: not UTF-8"),
        (b"date,agent\n\x00\n", "figures:1: the head is"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_by_its_number(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(FleetError) as caught:
        figures_of(tmp_path, content)

    assert message in caught.value.message


def test_every_wrong_line_is_named_up_to_twenty(tmp_path: Path) -> None:
    with pytest.raises(FleetError) as caught:
        figures_of(tmp_path, HEAD + "2026-11-19,bot,runs,x\n" * 30)

    assert [finding.place.line for finding in caught.value.findings] == list(range(2, 22))


def test_a_file_that_is_too_large_costs_little(tmp_path: Path) -> None:
    start = time.process_time()

    with pytest.raises(FleetError, match="is larger than"):
        figures_of(tmp_path, b"x" * (limits.METRICS_BYTES + 1))
    with pytest.raises(FleetError, match="more than 500000 lines"):
        figures_of(tmp_path, HEAD + "\n" * 600_000)

    assert time.process_time() - start < 5


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="cannot read 'figures'"):
        read_figures(tmp_path / "none", "figures", TODAY)
