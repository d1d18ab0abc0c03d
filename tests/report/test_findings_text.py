from pathlib import Path

import pytest

from fleetward.domain.finding import Severity
from fleetward.domain.validation import Validation
from fleetward.report import findings_text
from fleetward.report.human import plain_text
from tests.report.rendered import HOSTILE, TEXTS, finding, hostile, many, place, usual, validation

GOLDEN = Path(__file__).parent / "golden"
NEXT = "fleet validate environments/staging/desk/agent.yaml"


def rendered(report: Validation, *, quiet: bool = False, verbose: bool = False) -> str:
    page = findings_text.render(
        report, lambda file: TEXTS.get(file, ""), quiet=quiet, verbose=verbose, next_command=NEXT
    )
    return plain_text(page)


@pytest.mark.parametrize(
    ("name", "options"),
    [("findings", {}), ("findings-v", {"verbose": True}), ("findings-q", {"quiet": True})],
)
def test_the_report_reads_as_it_did(name: str, options: dict[str, bool]) -> None:
    assert rendered(usual(), **options) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_quiet_prints_a_line_for_each_error_and_nothing_without_errors() -> None:
    clean = validation(finding(severity=Severity.WARNING))

    assert len(rendered(usual(), quiet=True).splitlines()) == usual().errors
    assert "escalation-untested" not in rendered(usual(), quiet=True)
    assert rendered(clean, quiet=True) == ""


def test_verbose_says_why_something_is_waived() -> None:
    assert "review moved after the migration (farid, until 2026-12-31)" in rendered(usual(), verbose=True)
    assert "review-overdue" not in rendered(usual())


def test_verbose_shows_a_related_place_in_a_frame_of_its_own() -> None:
    assert "    3 |   support: {members: []}\n      |   ^^^^^^^\n" in rendered(usual(), verbose=True)
    assert "support: {members" not in rendered(usual())


def test_findings_that_are_not_listed_are_counted() -> None:
    text = rendered(many(findings_text.LARGEST + 3))

    assert text.count("owner-unknown") == findings_text.LARGEST
    assert "3 more findings are not listed: use -v or -o json to see all" in text
    assert "203 errors" in text


def test_the_largest_list_is_complete() -> None:
    text = rendered(many(findings_text.LARGEST))

    assert text.count("owner-unknown") == findings_text.LARGEST
    assert " more finding" not in text


def test_verbose_lists_all_findings() -> None:
    assert rendered(many(500), verbose=True).count("owner-unknown") == 500


def test_a_hundred_thousand_findings_print_like_two_hundred() -> None:
    text = rendered(many(100_000))

    assert len(text) < 100_000
    assert "100000 errors" in text


def test_errors_come_before_warnings_of_earlier_lines() -> None:
    early = finding("review-overdue", Severity.WARNING, place=place(line=1, column=1))

    text = rendered(validation(early, finding()))

    assert text.index("owner-unknown") < text.index("review-overdue")


def test_the_caret_is_under_the_value_after_wide_and_invisible_characters() -> None:
    wide = finding(place=place(line=4, column=17, length=3, path="spec.lifecycle"))

    lines = rendered(validation(wide)).splitlines()

    source, caret = (line.partition("| ")[2] for line in lines[1:3])
    assert source == "  lifecycle: 日本 and more"
    assert caret == " " * 18 + "^^^"


def test_a_form_feed_does_not_start_a_line_of_the_source() -> None:
    report = validation(finding(place=place(line=2, column=1, length=4)))

    page = findings_text.render(
        report, lambda _: "a\x0cb\r\nspec\n", quiet=False, verbose=False, next_command=NEXT
    )

    assert "    2 | spec" in plain_text(page)


def test_the_last_line_is_the_command_and_text_of_a_fleet_starts_no_line() -> None:
    text = rendered(hostile(), verbose=True)

    assert text.splitlines()[-1] == NEXT
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not any(line.startswith(("b", "::")) for line in text.splitlines())
    assert HOSTILE not in text
