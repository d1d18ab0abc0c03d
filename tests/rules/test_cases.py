"""Every rule against its two fleets on disk, read by the real reader."""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleetward import rules
from fleetward.domain.finding import Finding, Severity
from fleetward.store.fleet.load import read_fleet
from fleetward.store.git.fleet_root import find_fleet_root
from tests.paths import CASES

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
IDS = [known.id for known in rules.CATALOGUE]


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case folders in a repository of their own, whatever holds the checkout."""
    copy = tmp_path_factory.mktemp("fleets") / "cases"
    shutil.copytree(CASES, copy)
    subprocess.run(["git", "init", "--quiet", str(copy)], check=True)
    return copy


def found_in(folder: Path) -> list[Finding]:
    reading = read_fleet(find_fleet_root(folder, os.environ).work_tree(), version="0.1.0", rules=IDS)
    assert reading.snapshot is not None
    return [*reading.findings, *rules.findings(reading.snapshot, NOW)]


def test_every_rule_has_a_good_and_a_bad_case() -> None:
    assert {path.parent.name for path in CASES.glob("*/good")} >= set(IDS)
    assert {path.parent.name for path in CASES.glob("*/bad")} >= set(IDS)


@pytest.mark.parametrize("rule_id", IDS)
def test_the_good_case_has_no_errors_and_no_warnings(cases: Path, rule_id: str) -> None:
    speaking = [
        one for one in found_in(cases / rule_id / "good") if not one.waived and one.severity != Severity.NOTE
    ]

    assert speaking == []


@pytest.mark.parametrize("rule_id", IDS)
def test_the_bad_case_shows_its_wrong_at_its_line_and_nothing_else(cases: Path, rule_id: str) -> None:
    expected = json.loads((CASES / rule_id / "bad" / "expected.json").read_text())

    found = [
        {"rule": one.rule, "file": one.place.file, "line": one.place.line, "path": one.place.path}
        for one in found_in(cases / rule_id / "bad")
    ]

    assert found == expected
    assert {one["rule"] for one in expected} == {rule_id}


@pytest.mark.parametrize("rule_id", IDS)
def test_a_wrong_comes_with_a_hint_and_a_plain_message(cases: Path, rule_id: str) -> None:
    for one in found_in(cases / rule_id / "bad"):
        assert one.hint
        assert not one.message.endswith(".")
        assert one.message[0] == one.message[0].lower()
