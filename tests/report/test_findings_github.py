from pathlib import Path

from fleetward.domain.finding import Severity
from fleetward.domain.validation import Validation
from fleetward.report import findings_github
from tests.report.seen import MANIFEST, finding, hostile, many, usual, validation

GOLDEN = Path(__file__).parent / "golden" / "findings.github.txt"


def commands(seen: Validation) -> list[str]:
    return findings_github.render(seen).splitlines()


def kind(command: str) -> str:
    return command.removeprefix("::").split(" ")[0]


def test_the_report_reads_as_it_did() -> None:
    assert findings_github.render(usual()) == GOLDEN.read_text(encoding="utf-8")


def test_nothing_found_says_nothing() -> None:
    assert findings_github.render(validation()) == ""


def test_what_is_waived_is_no_annotation() -> None:
    assert findings_github.render(validation(finding(waived=True))) == ""


def test_ten_of_a_kind_are_shown_as_they_are() -> None:
    assert [kind(one) for one in commands(many(10))] == ["error"] * 10
    assert [kind(one) for one in commands(many(10, Severity.NOTE))] == ["notice"] * 10


def test_the_eleventh_is_counted_by_a_last_notice() -> None:
    *shown, last = commands(many(13))

    assert [kind(one) for one in shown] == ["error"] * 10
    assert last.startswith("::notice title=fleet validate::3 more findings are not shown here: 13 errors")


def test_the_notice_that_counts_the_rest_is_itself_one_of_ten() -> None:
    shown = commands(many(11, Severity.NOTE))

    assert [kind(one) for one in shown] == ["notice"] * 10
    assert shown[-1].startswith("::notice title=fleet validate::2 more")


def test_each_kind_has_ten_of_its_own_and_errors_come_first() -> None:
    found = [*many(12).findings, *many(12, Severity.WARNING).findings]

    kinds = [kind(one) for one in commands(validation(*found))]

    assert kinds == ["error"] * 10 + ["warning"] * 10 + ["notice"]


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
