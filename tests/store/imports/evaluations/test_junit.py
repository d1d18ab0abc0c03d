"""Results in JUnit XML: tests are counted, and hidden failures are faults."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import SampleCounts
from tests.store.imports.evaluations.samples import SAMPLES, read_content, read_sample


def test_junit_property_of_a_suite_is_the_release_tag() -> None:
    text = (SAMPLES / "junit/pytest-junit.xml").read_text()
    tagged = text.replace("fleet.agent", "fleet.release")

    assert read_content(tagged.encode()).release == "invoice-triage"
    assert read_content(text.encode()).release is None


def test_junit_of_pytest_names_model_and_times() -> None:
    measurement = read_sample("junit/pytest-junit.xml")

    assert measurement.model == "gpt-4.1-2025-04-14"
    assert measurement.started == datetime(2026, 11, 20, 21, 56, 21, 691988, tzinfo=UTC)
    assert measurement.finished == datetime(2026, 11, 20, 21, 56, 21, 731988, tzinfo=UTC)
    assert measurement.faults == ()


def test_junit_suites_of_two_releases_are_refused() -> None:
    suite = '<testsuite><properties><property name="fleet.release" value="{}"/></properties></testsuite>'

    with pytest.raises(FleetError, match="several releases: one, two"):
        read_content(f"<testsuites>{suite.format('one')}{suite.format('two')}</testsuites>".encode())


def test_junit_tests_that_are_announced_and_missing_count_as_errors() -> None:
    measurement = read_content(
        b'<testsuite tests="3" failures="0" errors="0"><testcase name="a"/></testsuite>'
    )

    assert measurement.counts == SampleCounts(total=3, passed=1, errored=2)


def test_junit_failures_that_are_counted_and_not_shown_are_a_fault() -> None:
    measurement = read_content(b'<testsuite tests="1" failures="1"><testcase name="a"/></testsuite>')

    assert measurement.faults == ("the report counts 1 failures and errors and shows 0",)


PASSING = '<testcase name="a"/><testcase name="b"/>'


@pytest.mark.parametrize(
    ("report", "passed", "total"),
    [
        ('<testsuite tests="2">' + PASSING.replace("/>", ' status="notrun"/>') + "</testsuite>", 0, 2),
        ('<testsuite tests="2">' + PASSING.replace("/>", ' result="suppressed"/>') + "</testsuite>", 0, 2),
        ('<testsuite tests="2">' + PASSING.replace("/>", ' status="Failed"/>') + "</testsuite>", 0, 2),
        ('<testsuite tests="2">' + PASSING.replace("/>", ' status="timeout"/>') + "</testsuite>", 0, 2),
        ('<testsuite tests="2">' + PASSING.replace("/>", ' executed="False"/>') + "</testsuite>", 0, 2),
        ('<testsuite tests="2">' + PASSING.replace("/>", ' skipped="true"/>') + "</testsuite>", 0, 2),
        ('<testsuite tests="2">' + PASSING.replace("/>", ' status="run"/>') + "</testsuite>", 2, 2),
        ('<testsuite tests="2" skipped="1">' + PASSING + "</testsuite>", 1, 2),
        (
            '<testsuites disabled="1"><testsuite tests="2" skipped="1">'
            + PASSING
            + "</testsuite></testsuites>",
            0,
            2,
        ),
        ('<testsuite tests="3" skipped="1">' + PASSING + "</testsuite>", 2, 3),
        ("<testsuite><skipped/>" + PASSING + "</testsuite>", 0, 2),
        ('<testsuite xmlns="urn:x"><testcase name="a"><skipped/></testcase></testsuite>', 0, 1),
        ('<testsuite><testcase name="a"><rerunFailure/></testcase></testsuite>', 0, 1),
        (
            "<testsuite>"
            + '<testcase name="a"/>' * 20
            + '<testcase name="b"><failure/></testcase></testsuite>',
            1,
            2,
        ),
        ('<testsuite><testcase name="a"><failure/></testcase><testcase name="a"/></testsuite>', 0, 1),
        (
            f'<testsuites><testsuite name="x">{PASSING}</testsuite><testsuite>{PASSING}</testsuite></testsuites>',
            4,
            4,
        ),
    ],
)
def test_junit_test_that_did_not_run_did_not_pass(report: str, passed: int, total: int) -> None:
    counts = read_content(report.encode()).counts

    assert (counts.passed, counts.total) == (passed, total)


def test_junit_test_that_passed_when_it_ran_again_passes_and_is_told() -> None:
    measurement = read_content(
        b'<testsuite flakes="1"><testcase name="a"><flakyFailure/></testcase><testcase name="b"/></testsuite>'
    )

    assert (measurement.counts.passed, measurement.flaky) == (2, 1)


@pytest.mark.parametrize(
    ("timestamp", "earliest", "latest"),
    [
        ("2026-11-20T10:00:00Z", datetime(2026, 11, 20, 10, tzinfo=UTC), None),
        ("2026-11-20T10:00:00+0200", datetime(2026, 11, 20, 8, tzinfo=UTC), None),
        ("1795168800000", datetime(2026, 11, 20, 10, tzinfo=UTC), None),
        (
            "2026-11-20T10:00:00",
            datetime(2026, 11, 19, 20, tzinfo=UTC),
            datetime(2026, 11, 20, 22, tzinfo=UTC),
        ),
        ("2026-11-20", datetime(2026, 11, 19, 10, tzinfo=UTC), datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime.max.replace(tzinfo=UTC), None),
        ("0001-01-01T00:00:00", None, None),
        ("last Friday", None, None),
    ],
)
def test_junit_time_without_a_zone_is_every_instant_that_it_can_mean(
    timestamp: str, earliest: datetime | None, latest: datetime | None
) -> None:
    seconds = ' time="9000000"' if timestamp.startswith("9999") else ""

    measurement = read_content(f'<testsuite timestamp="{timestamp}"{seconds}>{PASSING}</testsuite>'.encode())

    assert (measurement.finished, measurement.finished_latest) == (earliest, latest)
