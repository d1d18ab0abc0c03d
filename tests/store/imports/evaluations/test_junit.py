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
