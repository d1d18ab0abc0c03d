"""The tests of a JUnit report: how each ended, each name once, and what the counts of its suites add."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import SampleCounts
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.formats import strict_json
from fleetward.store.imports.evaluations import counting
from fleetward.store.imports.evaluations.counting import Outcome

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MARKS = {
    "error": Outcome.ERRORED,
    "failure": Outcome.FAILED,
    # every run of a repeated test failed
    "rerunerror": Outcome.ERRORED,
    "rerunfailure": Outcome.FAILED,
    **dict.fromkeys(("skipped", "skip", "disabled", "ignored", "notrun"), Outcome.SKIPPED),
}
_FLAKY = frozenset({"flakyfailure", "flakyerror"})
_PASSED_WORDS = frozenset(
    {
        *("", "run", "ran", "executed", "completed", "complete", "finished", "done"),
        *("pass", "passed", "success", "successful", "succeeded", "ok", "true", "fixed", "flaky"),
    }
)
_FAILED_WORDS = frozenset({"fail", "failed", "failure", "broken", "regression", "unexpected"})
_ERROR_WORDS = frozenset({"error", "errored", "crashed", "timeout", "timedout", "aborted", "cancelled"})
_LEFT_OUT = ("skipped", "disabled", "ignored", "notrun", "not-run")
"""Counts of a suite for what did not run; every tool has its own word."""
_WORST_FIRST = (Outcome.ERRORED, Outcome.FAILED, Outcome.SKIPPED, Outcome.PASSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class JUnitTests:
    """The tests of a report, counted."""

    counts: SampleCounts
    flaky: int
    faults: tuple[str, ...]


def count_tests(root: Element, file: str) -> JUnitTests:
    """
    Count the tests of a report; two of one name in one suite are one, with the worse outcome.

    Errors: FleetError where a suite's count is no number.
    """
    elements = [(name, element, outcome) for name, element, outcome in _tests(root)]
    by_name: dict[tuple[str, ...], list[Outcome]] = {}
    for name, _, outcome in elements:
        by_name.setdefault(name, []).append(outcome)
    outcomes = [min(endings, key=_WORST_FIRST.index) for endings in by_name.values()]
    shown = [outcome for _, _, outcome in elements]
    left_out = sum(_declared(root, word, file) for word in _LEFT_OUT) - shown.count(Outcome.SKIPPED)
    missing = _declared(root, "tests", file) - len(elements)
    flaky = {
        name for name, element, outcome in elements if outcome is Outcome.PASSED and _marks(element) & _FLAKY
    }
    return JUnitTests(
        # announced tests that the report leaves out may be the skipped ones that it counts
        counts=counting.count_outcomes(_with_skipped(outcomes, left_out - max(0, missing)), missing=missing),
        flaky=max(len(flaky), _declared(root, "flakes", file)),
        faults=tuple(_hidden_failures(root, shown, file)),
    )


def _tests(
    suite: Element, names: tuple[str, ...] = (), fallback: Outcome | None = None
) -> Iterator[tuple[tuple[str, ...], Element, Outcome]]:
    """Every test with its full name; a suite that did not run, or broke, says so for all that it holds."""
    names = (*names, suite.get("name", ""))
    if suite.tag == "testsuite":
        mark = next((outcome for word, outcome in _MARKS.items() if word in _marks(suite)), None)
        fallback = mark or fallback
    for child in suite:
        if child.tag == "testsuite":
            yield from _tests(child, names, fallback)
        elif child.tag == "testcase":
            outcome = _outcome(child)
            if outcome is Outcome.PASSED and fallback is not None:
                outcome = fallback
            yield (*names, child.get("classname", ""), child.get("name", "")), child, outcome


def _marks(element: Element) -> frozenset[str]:
    return frozenset(child.tag.lower() for child in element)


def _outcome(case: Element) -> Outcome:
    """The worst that the elements in the test and its attributes say; a word of no meaning here is no pass."""
    marks = _marks(case)
    endings = [outcome for mark, outcome in _MARKS.items() if mark in marks]
    endings += [_word_outcome(case.get(key, "")) for key in ("status", "result", "outcome")]
    if any(
        case.get(key, "false").strip().lower() not in ("false", "0", "")
        for key in ("skipped", "disabled", "ignored")
    ):
        endings.append(Outcome.SKIPPED)
    if case.get("executed", "true").strip().lower() in ("false", "0"):
        endings.append(Outcome.SKIPPED)
    return min(endings, key=_WORST_FIRST.index)


def _word_outcome(text: str) -> Outcome:
    word = text.strip().lower().replace(" ", "").replace("_", "").replace("-", "")
    if word in _PASSED_WORDS:
        return Outcome.PASSED
    if word in _FAILED_WORDS:
        return Outcome.FAILED
    return Outcome.ERRORED if word in _ERROR_WORDS else Outcome.SKIPPED


def _with_skipped(outcomes: list[Outcome], left_out: int) -> Iterator[Outcome]:
    """The outcomes, with as many passes taken back as tests are counted as left out and not shown as such."""
    for outcome in outcomes:
        if outcome is Outcome.PASSED and left_out > 0:
            left_out -= 1
            yield Outcome.SKIPPED
        else:
            yield outcome


def _declared(suite: Element, attribute: str, file: str) -> int:
    """A count that the report declares: that of a suite or that of the suites in it, whichever is more."""
    value = suite.get(attribute, "").strip()
    if value and not (value.isascii() and value.isdigit() and len(value) < 10):
        raise FleetError(f"{file}: {attribute}={strict_json.short(value)}, expected a whole number")
    inner = sum(_declared(child, attribute, file) for child in suite if child.tag == "testsuite")
    return max(int(value or 0), inner)


def _hidden_failures(root: Element, shown: list[Outcome], file: str) -> Iterator[str]:
    """A failure that is counted but not listed: the report was cut or edited."""
    declared = sum(_declared(root, attribute, file) for attribute in ("failures", "errors"))
    visible = shown.count(Outcome.FAILED) + shown.count(Outcome.ERRORED)
    if declared > visible:
        yield f"the report counts {declared} failures and errors and shows {visible}"
