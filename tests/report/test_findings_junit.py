from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
import xmlschema

from fleetward.domain.finding import Severity
from fleetward.domain.validation import Validation
from fleetward.report import findings_junit
from tests.paths import DATA
from tests.report.rendered import PEOPLE, finding, hostile, many, usual, validation

SCHEMA = DATA / "junit-10.xsd"
GOLDEN = Path(__file__).parent / "golden" / "findings.junit.xml"


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMA)


def cases(report: Validation) -> dict[tuple[str, str], Xml.Element]:
    suite = Xml.fromstring(findings_junit.render(report))
    assert suite.get("tests") == str(len(suite))
    return {(case.attrib["classname"], case.attrib["name"]): case for case in suite}


@pytest.mark.parametrize("report", [usual(), validation(), hostile(), many(50)])
def test_the_report_follows_the_schema_of_jenkins(schema: xmlschema.XMLSchema, report: Validation) -> None:
    schema.validate(findings_junit.render(report))


def test_jenkins_refuses_a_test_case_without_a_name(schema: xmlschema.XMLSchema) -> None:
    assert not schema.is_valid(findings_junit.render(usual()).replace(' name="desk"', ""))


def test_the_report_reads_as_it_did() -> None:
    assert findings_junit.render(usual()) == GOLDEN.read_text(encoding="utf-8")


def test_an_agent_without_findings_is_a_case_that_passes() -> None:
    assert len(cases(usual())["staging", "triage"]) == 0


def test_an_agent_with_an_error_fails_and_its_other_findings_are_output() -> None:
    case = cases(usual())["staging", "desk"]

    [failure] = case.findall("failure")
    assert failure.get("type") == "owner-unknown"
    assert "fix: did you mean 'support'?" in (failure.text or "")
    assert "waived: review-overdue" in (case.findtext("system-out") or "")


def test_a_warning_alone_does_not_fail_a_case() -> None:
    suite = Xml.fromstring(findings_junit.render(validation(finding(severity=Severity.WARNING))))

    assert suite.get("failures") == "0"
    assert suite.findall(".//failure") == []


def test_a_waived_error_does_not_fail_a_case() -> None:
    assert Xml.fromstring(findings_junit.render(validation(finding(waived=True)))).get("failures") == "0"


def test_a_finding_about_no_agent_is_a_case_of_its_file() -> None:
    assert cases(usual())["fleet", PEOPLE].find("failure") is not None


def test_text_cannot_leave_its_place() -> None:
    case = cases(hostile())["staging", "desk"]

    [failure] = case
    assert list(failure) == []
    assert "</failure>]]>" in (failure.text or "")
    assert "\\x1b[2J <U+202E>" in failure.attrib["message"]
