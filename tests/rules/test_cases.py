"""Every rule that reads files or a fleet, against its two cases, read by the real reader."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from fleetward import rules
from fleetward.domain.finding import Finding, Severity
from fleetward.rules.input_errors import INPUT_ERRORS
from fleetward.store.fleet.load import read_fleet
from fleetward.store.git.fleet_root import find_fleet_root
from tests.paths import CASES
from tests.rule_cases import CaseError, load_case, rules_with_cases, write_all

CATALOGUE_IDS = [rule.id for rule in rules.CATALOGUE]
IDS = sorted({*CATALOGUE_IDS, *(rule.id for rule in INPUT_ERRORS)})
SIDES = ("good", "bad")


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_all(tmp_path_factory.mktemp("fleets") / "cases")


def findings_in(folder: Path) -> list[Finding]:
    if folder.parent.name == "path-collision" and (folder / "FLEET-CONFIG.YAML").exists():
        pytest.skip("this file system does not tell names apart by case")
    reading = read_fleet(
        find_fleet_root(folder, os.environ).work_tree(), version="0.1.0", rules=CATALOGUE_IDS
    )
    assert reading.snapshot is not None
    case = load_case(folder.parent.name, folder.name)
    snapshot = replace(reading.snapshot, attestations=case.attestations)
    return [*reading.findings, *rules.findings(snapshot, case.now)]


def as_expected(finding: Finding) -> dict[str, object]:
    place = finding.place
    return {"rule": finding.rule, "file": place.file, "line": place.line, "path": place.path}


def as_yaml(finding: Finding) -> str:
    place = finding.place
    return f'  - {{file: {place.file}, line: {place.line}, path: "{place.path}"}}  # {finding.rule}'


@pytest.mark.parametrize("side", SIDES)
def test_every_rule_has_a_good_and_a_bad_case(side: str) -> None:
    missing = [
        f"tests/cases/{rule}/{side}.yaml" for rule in IDS if not (CASES / rule / f"{side}.yaml").exists()
    ]

    assert not missing, f"write {', '.join(missing)}; tests/rule_cases.py shows the format"


def test_every_case_belongs_to_a_rule() -> None:
    stray = sorted({*rules_with_cases()} - {*IDS})

    assert not stray, f"no rule is named {stray}: is it in CATALOGUE of src/fleetward/rules/rule_table.py?"


@pytest.mark.parametrize("rule", IDS)
def test_the_good_case_has_no_errors_and_no_warnings(cases: Path, rule: str) -> None:
    findings = [
        finding
        for finding in findings_in(cases / rule / "good")
        if not finding.waived and finding.severity != Severity.NOTE
    ]

    assert not findings, "\n".join(
        [f"tests/cases/{rule}/good.yaml should have no findings, and has:", *map(as_yaml, findings)]
    )


@pytest.mark.parametrize("rule", IDS)
def test_the_bad_case_has_the_findings_that_it_lists_and_no_others(cases: Path, rule: str) -> None:
    expected = load_case(rule, "bad").findings

    findings = findings_in(cases / rule / "bad")

    assert expected == [as_expected(finding) for finding in findings], "\n".join(
        [f"tests/cases/{rule}/bad.yaml lists other findings than there are; there are:", "findings:"]
        + [as_yaml(finding) for finding in findings]
    )
    assert {finding["rule"] for finding in expected} == {rule}, f"no finding of {rule} is listed"


@pytest.mark.parametrize("rule", IDS)
def test_a_finding_has_a_hint_and_a_plain_message(cases: Path, rule: str) -> None:
    for finding in findings_in(cases / rule / "bad"):
        assert finding.hint
        assert not finding.message.endswith(".")
        assert finding.message[0] == finding.message[0].lower() or finding.message.startswith("U+")


class TestCaseFiles:
    def write(self, folder: Path, text: str) -> Path:
        cases = folder / "cases" / "some-rule"
        cases.mkdir(parents=True)
        (cases / "bad.yaml").write_text(text)
        return load_case("some-rule", "bad", cases.parent).write(folder / "fleet")

    def test_text_that_occurs_twice_is_refused_with_the_count(self, tmp_path: Path) -> None:
        with pytest.raises(CaseError, match=r"some-rule/bad.yaml: edit: 'approvals' occurs 0 times"):
            self.write(tmp_path, "edit: {fleet-config.yaml: {approvals: none}}")

    def test_an_unknown_key_is_refused_with_the_known_ones(self, tmp_path: Path) -> None:
        with pytest.raises(CaseError, match=r"unknown keys \['edits'\]; known: .*'edit'"):
            self.write(tmp_path, "edits: {fleet-config.yaml: {approvals: none}}")

    def test_new_lines_begin_in_the_column_of_the_text_that_they_replace(self, tmp_path: Path) -> None:
        fleet = self.write(
            tmp_path, 'edit: {fleet-config.yaml: {"- name: staging": "- name: a\\n- name: b"}}'
        )

        assert "\n  - name: a\n  - name: b\n" in (fleet / "fleet-config.yaml").read_text()

    def test_null_removes_the_whole_line(self, tmp_path: Path) -> None:
        fleet = self.write(tmp_path, 'edit: {fleet-config.yaml: {"from: staging": null}}')

        assert "  - name: production\n    overridable" in (fleet / "fleet-config.yaml").read_text()
