"""JUnit XML, as pytest, promptfoo and others write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fleetward.domain import limits
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult
from fleetward.store.formats import strict_json
from fleetward.store.imports.evaluations import counting
from fleetward.store.imports.evaluations.adapter import EvaluationFile
from fleetward.store.imports.evaluations.counting import RunTime
from fleetward.store.imports.evaluations.junit_tests import count_tests

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FORMAT = "junit"
_MAX_DEPTH = 50
_DECLARED = re.compile(r"""<\?xml[^>]*encoding\s*=\s*["']([^"']*)["']""")
_REFUSED = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_MODEL = ("fleet.model", "gen_ai.request.model")


def recognises(evaluation: EvaluationFile) -> bool:
    """A text that begins with ``<``."""
    return evaluation.starts_with(b"<")


def read(evaluation: EvaluationFile) -> EvaluationResult:
    """
    JUnit XML in UTF-8 without document type and entities, as pytest, promptfoo and others write it.

    A test passes when neither an element in it (``error``, ``failure``, ``skipped``) nor an attribute (``status``,
    ``result``) nor its suite says that it failed or did not run. One that passed when it ran again
    (``flakyFailure``) passes and is counted as flaky. Tests of one name in one suite are one, with the worst
    outcome. Tests that a suite announces and does not list are errors; those that it counts as ``skipped`` or
    ``disabled`` are no passes. Model and release are properties of the report or a suite; two releases are refused.
    """
    file = evaluation.name
    root = _root(_text(evaluation.content, file), file)
    if root.tag not in ("testsuites", "testsuite"):
        raise FleetError(f"{file}: not a JUnit report: the first element is {strict_json.short(root.tag)}")
    tests = count_tests(root, file)
    properties = list(_properties(root))
    times = [time for element in root.iter() for time in _times(element)]
    return counting.measurement(
        FORMAT,
        tests.counts,
        model=next(
            (value for key in _MODEL for property_name, value in properties if property_name == key), None
        ),
        started=min((start.earliest for start, _ in times if start.earliest), default=None),
        finished=max((end.earliest for _, end in times if end.earliest), default=None),
        finished_latest=max((end.latest for _, end in times if end.latest), default=None),
        release=_release(properties, file),
        faults=tests.faults,
        flaky=tests.flaky,
    )


def _text(content: bytes, file: str) -> str:
    if len(content) > limits.EVALUATION_XML_BYTES:
        raise FleetError(
            f"{file}: {len(content)} bytes, the limit for JUnit XML is {limits.EVALUATION_XML_BYTES}"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FleetError(f"{file}: not UTF-8 at byte {error.start}") from None
    declared = _DECLARED.search(text[:1000])
    if declared and declared[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise FleetError(f"{file}: declared as {declared[1]!r}, only UTF-8 is read")
    refused = _REFUSED.search(text)
    if refused:
        line = text.count("\n", 0, refused.start()) + 1
        raise FleetError(
            f"{file}:{line}: {refused[0]!r} is refused: entities can unfold into anything",
            hint="a JUnit report needs no document type; write such text escaped, as '&lt;!'",
        )
    return text


def _root(text: str, file: str) -> Element:
    from xml.etree.ElementTree import ParseError, XMLPullParser

    # document types and entities are refused before; depth is the danger that is left
    parser: Any = XMLPullParser(("start", "end"))
    root: Element | None = None
    depth = 0
    try:
        for start in range(0, len(text), 65536):
            parser.feed(text[start : start + 65536])
            for event, element in parser.read_events():
                root = element if root is None else root
                # some tools put the report into an XML namespace
                element.tag = element.tag.rpartition("}")[2]
                depth += 1 if event == "start" else -1
                if depth > _MAX_DEPTH:
                    raise FleetError(f"{file}: nested deeper than {_MAX_DEPTH} elements")
        parser.close()
    except ParseError as error:
        raise FleetError(f"{file}: not well-formed XML: {error}") from None
    if root is None:
        raise FleetError(f"{file}: no XML in it")
    return root


def _properties(root: Element) -> Iterator[tuple[str, str]]:
    """Properties of the report and its suites, without those of single tests."""
    for suite in (root, *root.iter("testsuite")):
        for element in suite.findall("properties/property"):
            value = element.get("value", element.text)
            yield element.get("name", ""), (value or "").strip()


def _release(properties: list[tuple[str, str]], file: str) -> str | None:
    tags = {value for key, value in properties if key == counting.RELEASE_TAG}
    if len(tags) > 1:
        names = ", ".join(sorted(tags))
        raise FleetError(f"{file}: its suites name several releases: {names[:300]}")
    return counting.release_tag(dict.fromkeys([counting.RELEASE_TAG], tags.pop()), file) if tags else None


def _times(element: Element) -> Iterator[tuple[RunTime, RunTime]]:
    """Start and end of a report, a suite or a test that has a time."""
    start = counting.run_time(element.get("timestamp"))
    if start.earliest is not None:
        yield start, start.after(timedelta(seconds=_seconds(element.get("time", "0"))))


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value < 1e7 else 0.0
