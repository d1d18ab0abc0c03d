"""The threat model names tests that exist, for every promise."""

from __future__ import annotations

import re

from tests.paths import CHECKOUT

TEXT = (CHECKOUT / "docs/threat-model.md").read_text("utf-8")
ROWS = [
    line
    for line in TEXT.splitlines()
    if line.startswith("| ") and "---" not in line and "| test |" not in line
]


def test_every_promise_names_a_test_that_exists() -> None:
    named = {row: re.findall(r"`([a-z_/]+[.]py)`", row) for row in ROWS}

    assert len(ROWS) >= 20
    assert [row for row, files in named.items() if not files] == []
    assert [
        file for files in named.values() for file in files if not (CHECKOUT / "tests" / file).is_file()
    ] == []


def test_what_is_not_promised_is_said() -> None:
    assert "Recorded is worth what a commit's name is worth" in TEXT
    assert "## What is not promised" in TEXT
    assert "docs/threat-model.md" in (CHECKOUT / "SECURITY.md").read_text("utf-8")
