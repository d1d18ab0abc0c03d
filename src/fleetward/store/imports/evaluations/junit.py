"""JUnit XML, as pytest, promptfoo and others write it: only a test without a mark is a pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import Measured
from fleetward.store.formats import strict_json
from fleetward.store.imports.evaluations import counting
from fleetward.store.imports.evaluations.counting import Outcome

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAME = "junit"
LARGEST = 4 * 1024 * 1024
_DEEPEST = 50
_DECLARED = re.compile(r"""<\?xml[^>]*encoding\s*=\s*["']([^"']*)["']""")
_REFUSED = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_MARKS = {"error": Outcome.ERRORED, "failure": Outcome.FAILED, "skipped": Outcome.SKIPPED}
_MODEL = ("fleet.model", "gen_ai.request.model")


def measured(content: bytes, name: str) -> Measured:
    """
    The measurement in a report.

    Errors: FleetError when it is no well-formed JUnit XML in UTF-8, declares entities, or names two releases.
    """
    root = _root(_text(content, name), name)
    if root.tag not in ("testsuites", "testsuite"):
        raise FleetError(f"{name}: no JUnit report: the first element is {strict_json.short(root.tag)}")
    outcomes = [_outcome(case) for case in root.iter("testcase")]
    declared = _declared(root, "tests", name)
    properties = list(_properties(root))
    times = [(start, end) for suite in root.iter("testsuite") for start, end in _times(suite)]
    return counting.measured(
        NAME,
        counting.counted(outcomes, missing=declared - len(outcomes)),
        model=next((value for key in _MODEL for known, value in properties if known == key), None),
        started=min((start for start, _ in times), default=None),
        finished=max((end for _, end in times), default=None),
        release=_release(properties, name),
        faults=_hidden(root, outcomes, name),
    )


def _text(content: bytes, name: str) -> str:
    if len(content) > LARGEST:
        raise FleetError(f"{name}: {len(content)} bytes, the limit for JUnit XML is {LARGEST}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FleetError(f"{name}: not UTF-8 at byte {error.start}") from None
    declared = _DECLARED.search(text[:1000])
    if declared and declared[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise FleetError(f"{name}: declared as {declared[1]!r}, only UTF-8 is read")
    refused = _REFUSED.search(text)
    if refused:
        line = text.count("\n", 0, refused.start()) + 1
        raise FleetError(
            f"{name}:{line}: {refused[0]!r} is refused: entities can unfold into anything",
            hint="a JUnit report needs no document type; write such text escaped, as '&lt;!'",
        )
    return text


def _root(text: str, name: str) -> Element:
    from xml.etree.ElementTree import ParseError, XMLPullParser

    # without document types and entities what is left of the parser's dangers is depth
    parser: Any = XMLPullParser(("start", "end"))
    root: Element | None = None
    depth = 0
    try:
        for start in range(0, len(text), 65536):
            parser.feed(text[start : start + 65536])
            for event, element in parser.read_events():
                root = element if root is None else root
                depth += 1 if event == "start" else -1
                if depth > _DEEPEST:
                    raise FleetError(f"{name}: nested deeper than {_DEEPEST} elements")
        parser.close()
    except ParseError as error:
        raise FleetError(f"{name}: not well-formed XML: {error}") from None
    if root is None:
        raise FleetError(f"{name}: no XML in it")
    return root


def _outcome(case: Element) -> Outcome:
    marks = {child.tag for child in case}
    return next((outcome for mark, outcome in _MARKS.items() if mark in marks), Outcome.PASSED)


def _declared(root: Element, attribute: str, name: str) -> int:
    """What the report says of itself: the outermost element that says it."""
    value = root.get(attribute)
    if value is None:
        return sum(_declared(suite, attribute, name) for suite in root if suite.tag == "testsuite")
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise FleetError(f"{name}: {attribute}={strict_json.short(value)}, expected a whole number")
    return int(value)


def _hidden(root: Element, outcomes: list[Outcome], name: str) -> tuple[str, ...]:
    """A failure that is counted but not shown: the report was cut or edited."""
    declared = sum(_declared(root, attribute, name) for attribute in ("failures", "errors"))
    shown = outcomes.count(Outcome.FAILED) + outcomes.count(Outcome.ERRORED)
    if declared <= shown:
        return ()
    return (f"the report counts {declared} failures and errors and shows {shown}",)


def _properties(root: Element) -> Iterator[tuple[str, str]]:
    """Properties of the report and its suites; those of single tests are about the test."""
    for suite in (root, *root.iter("testsuite")):
        for found in suite.findall("properties/property"):
            value = found.get("value", found.text)
            yield found.get("name", ""), (value or "").strip()


def _release(properties: list[tuple[str, str]], name: str) -> str | None:
    tags = {value for key, value in properties if key == counting.TAG}
    if len(tags) > 1:
        named = ", ".join(sorted(tags))
        raise FleetError(f"{name}: its suites name several releases: {named[:300]}")
    return counting.tag(dict.fromkeys([counting.TAG], tags.pop()), name) if tags else None


def _times(suite: Element) -> Iterator[tuple[datetime, datetime]]:
    start = counting.moment(suite.get("timestamp"))
    if start is not None:
        yield start, start + timedelta(seconds=_seconds(suite.get("time", "0")))


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value < 1e7 else 0.0
