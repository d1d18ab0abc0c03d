from pathlib import Path

from fleetward.domain.finding import Severity
from fleetward.domain.validation import Validation
from fleetward.report import findings_github
from tests.report.rendered import MANIFEST, finding, hostile, many, usual, validation

GOLDEN = Path(__file__).parent / "golden" / "findings.github.txt"


def commands(report: Validation) -> list[str]:
    return findings_github.render(report).splitlines()


def kind(command: str) -> str:
    return command.removeprefix("::").split(" ")[0]


def test_the_report_reads_as_it_did() -> None:
    assert findings_github.render(usual()) == GOLDEN.read_text(encoding="utf-8")


def test_a_report_without_findings_is_empty() -> None:
    assert findings_github.render(validation()) == ""


def test_a_waived_finding_is_no_annotation() -> None:
    assert findings_github.render(validation(finding(waived=True))) == ""


def test_ten_findings_are_ten_annotations() -> None:
    assert [kind(command) for command in commands(many(10))] == ["error"] * 10
    assert [kind(command) for command in commands(many(10, Severity.NOTE))] == ["notice"] * 10


def test_the_eleventh_is_counted_by_a_last_line_that_is_no_annotation() -> None:
    *annotations, last = commands(many(13))

    assert [kind(command) for command in annotations] == ["error"] * 10
    totals = "13 errors, 0 warnings, 0 notes in total"
    assert last == f"fleet validate: 3 more findings, not shown here: {totals}, -o json lists them"


def test_the_ten_annotations_are_the_worst_findings() -> None:
    findings = [*many(12, Severity.NOTE).findings, *many(7, Severity.WARNING).findings, *many(2).findings]

    *annotations, last = commands(validation(*findings))

    assert [kind(command) for command in annotations] == ["error"] * 2 + ["warning"] * 7 + ["notice"]
    assert last.startswith("fleet validate: 11 more findings")


def test_one_finding_is_one_line_whatever_it_holds() -> None:
    [command] = commands(hostile())

    head, _, message = command.removeprefix("::error ").partition("::")
    assert head.count(",") == 5
    assert "%0A" in message
    assert "%250A" in message
    assert "\\n" in message
    assert "%3A%3Aerror%3A%3Ax" in head


def test_paths_are_given_from_the_top_of_the_repository() -> None:
    [command] = commands(validation(finding(), prefix="agents/"))

    assert f"file=agents/{MANIFEST},line=3,endLine=3,title=owner-unknown,col=17,endColumn=22::" in command
