"""A strict subset of YAML 1.2, built from parser events with limits checked on the way (SPEC 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from fleetward.domain import limits
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.invisible_characters import INVISIBLE, UNREADABLE, invisible_characters
from fleetward.domain.path import Steps, format_path
from fleetward.store.formats.hidden_characters import (
    MAX_FINDINGS,
    hidden_character_finding,
    hidden_character_findings,
    name_finding,
    without_repeats,
)
from fleetward.store.formats.yaml_parser import parser_class
from fleetward.store.formats.yaml_scalar import AmbiguousScalar, plain_scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large a document may be: bytes, levels (the top mapping is level 1), nodes."""

    size: int = limits.AGENT_YAML_BYTES
    depth: int = limits.YAML_DEPTH
    nodes: int = limits.AGENT_YAML_NODES


AGENT_LIMITS = Limits()
GOVERNANCE_LIMITS = Limits(size=limits.GOVERNANCE_YAML_BYTES, nodes=limits.GOVERNANCE_YAML_NODES)
Span = tuple[int, int, int, int]
"""Line, column, end line, end column; from 1, the end exclusive."""


@dataclass(frozen=True, slots=True)
class NodePosition:
    """The positions of a node's key (in a list: of the node itself) and of its value."""

    key: Span
    value: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedYaml:
    """
    A parsed file: *data* is None where a finding says why; *positions* only where they were requested.

    A hidden character in prose is a finding that leaves the data readable.
    """

    data: dict[str, Any] | None
    findings: tuple[Finding, ...] = ()
    has_invisible: bool = False
    """Has it invisible characters, be they spelling or not?"""
    positions: Mapping[Steps, NodePosition] | None = None


class _ParsingStopped(Exception):
    """Parsing cannot go on."""


def parse_yaml(
    content: bytes, file: str, limits: Limits = AGENT_LIMITS, *, spots: bool = False
) -> ParsedYaml:
    """
    The document in *content*, never an exception.

    Rules: yaml-syntax, yaml-duplicate-key, yaml-not-allowed, yaml-ambiguous, yaml-limit, hidden-characters.
    """
    # the size before decoding: a refusal must not cost what the file would
    if len(content) > limits.size:
        place = Place(file=file)
        message = f"{len(content)} bytes, {limits.size} are allowed"
        return ParsedYaml(data=None, findings=(_finding("yaml-limit", message, place, "split the file"),))
    try:
        # YAML 1.2.2, section 5.2: a byte order mark may come first
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        place = Place(file=file, line=line, column=column, end_line=line, end_column=column + 1)
        return ParsedYaml(
            data=None, findings=(_finding("yaml-syntax", "not UTF-8", place, "save it as UTF-8"),)
        )
    if UNREADABLE.search(text) is not None:
        # parsers end lines at some of them: no waiver makes such a file readable
        fixed = (replace(finding, codepoint="") for finding in hidden_character_findings(text, file))
        return ParsedYaml(data=None, findings=tuple(fixed), has_invisible=True)
    parsed = _Builder(text, file, limits, spots).parsed()
    # on the raw text, so that comments are covered, too
    hidden = hidden_character_findings(text, file)
    if not hidden:
        return parsed
    return replace(parsed, findings=without_repeats((*parsed.findings, *hidden)), has_invisible=True)


def _finding(rule: str, message: str, place: Place, hint: str = "") -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, message=message, place=place, hint=hint)


_MAX_FINDINGS = 100
"""Findings a file, after which parsing stops."""
_MAX_CACHED_LENGTH = 40
_cached_scalar = lru_cache(maxsize=8192)(plain_scalar)
"""Keys, names and dates recur: a cache saves their parsing, and memory."""


class _Frame:
    """A collection that is being filled; *key* is the key whose value comes next."""

    __slots__ = ("container", "is_mapping", "key", "key_span", "start")

    def __init__(self, container: Any, start: Any) -> None:
        self.container, self.start = container, start
        self.is_mapping = isinstance(container, dict)
        self.key: str | None = None
        self.key_span: Span = (1, 1, 1, 1)

    @property
    def wants_key(self) -> bool:
        return self.key is None and self.is_mapping


class _Builder:
    """Values, and where requested their positions, from parser events; without recursion, so depth is no danger."""

    def __init__(self, text: str, file: str, limits: Limits, spots: bool) -> None:
        self.text, self.file, self.limits = text, file, limits
        self.positions: dict[Steps, NodePosition] | None = {} if spots else None
        self.findings: list[Finding] = []
        self.hidden: list[Finding] = []
        self.has_invisible = not text.isascii() and INVISIBLE.search(text) is not None
        self.stack: list[_Frame] = []
        self.data: dict[str, Any] | None = None
        self.documents = 0
        self.nodes = 0

    def parsed(self) -> ParsedYaml:
        clean = True
        try:
            self._read_events()
        except _ParsingStopped:
            clean = False
        except Exception as error:  # noqa: BLE001 - parsers raise whatever they like on hostile scalars
            self.findings.append(_syntax_finding(error, self.file, self.text))
            clean = False
        if clean and self.data is None and not self.findings:
            place = Place(file=self.file)
            self.findings.append(
                _finding("yaml-syntax", "the file is empty", place, "write a mapping: key: value")
            )
        data = self.data if clean and not self.findings else None
        return ParsedYaml(
            data=data,
            findings=without_repeats((*self.findings, *self.hidden)) if self.hidden else tuple(self.findings),
            has_invisible=self.has_invisible,
            positions=self.positions,
        )

    def _read_events(self) -> None:
        """The hot loop of a large fleet: one lookup and one call for each event."""
        parser = parser_class()(self.text)
        handlers = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": self._mapping,
            "SequenceStartEvent": self._sequence,
            "MappingEndEvent": self._close,
            "SequenceEndEvent": self._close,
            # aliases multiply a small text into a large one
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._start,
        }
        try:
            while (event := parser.get_event()) is not None:
                handler = handlers.get(type(event).__name__)
                if handler is not None:
                    handler(event)
        finally:
            # the parser holds itself in a cycle until it is disposed of
            parser.dispose()

    def _alias(self, event: Any) -> None:
        self._stop("yaml-not-allowed", f"an alias: *{event.anchor}", event, "write the value out")

    def _mapping(self, event: Any) -> None:
        self._node(event)
        self._open(event, {})

    def _sequence(self, event: Any) -> None:
        self._node(event)
        self._open(event, [])

    def _start(self, event: Any) -> None:
        self.documents += 1
        # %YAML 1.1 would ask for another meaning of the same text
        if event.version or event.tags:
            self._stop("yaml-not-allowed", "a directive", event, "delete the line that begins with %")
        if self.documents > 1:
            self._stop("yaml-not-allowed", "a second document", event, "one document a file: delete the ---")

    def _node(self, event: Any) -> None:
        self.nodes += 1
        if self.stack and event.anchor is None and event.tag is None and self.nodes <= self.limits.nodes:
            return  # nearly always
        # counted on events, so that no value is built beyond the limit
        if self.nodes > self.limits.nodes:
            self._stop("yaml-limit", f"more than {self.limits.nodes} values", event, "split the file")
        if event.anchor is not None:
            self._stop(
                "yaml-not-allowed", f"an anchor: &{event.anchor}", event, "write the value out where needed"
            )
        # a tag changes the type of a value, and readers know different ones
        if event.tag is not None:
            self._stop("yaml-not-allowed", f"a tag: {event.tag}", event, "delete the tag")
        if not self.stack and type(event).__name__ != "MappingStartEvent":
            self._stop("yaml-syntax", "the top of the file is not a mapping", event, "write key: value")

    def _open(self, event: Any, container: Any) -> None:
        # a mapping or a list as key is legal YAML, and no JSON has it
        if self.stack and self.stack[-1].wants_key:
            self._stop("yaml-not-allowed", "a key that is not a string", event, "write a plain word as key")
        # parsing stops here: on 25,000 nested brackets PyYAML's C loader crashes
        if len(self.stack) >= self.limits.depth:
            self._stop("yaml-limit", f"nested deeper than {self.limits.depth} levels", event, "flatten it")
        self.stack.append(_Frame(container, event))

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        if not self.stack:
            self.data = frame.container
            if self.positions is not None:
                span = _span(frame.start, event)
                self.positions[()] = NodePosition(span, span)
            return
        self._put(frame.container, _span(frame.start, event) if self.positions is not None else None)

    def _scalar(self, event: Any) -> None:
        self._node(event)
        frame = self.stack[-1]
        value = self._value(event)
        if frame.key is not None or not frame.is_mapping:
            self._put(value, _span(event, event) if self.positions is not None else None)
            return
        # a merge key is YAML 1.1 alone; a YAML 1.2 reader sees a key named <<
        if not event.style and event.value == "<<":
            self._stop("yaml-not-allowed", "a merge key", event, "write the keys out")
        # plain keys are resolved, too: 1 and true are no strings
        if not isinstance(value, str):
            hint = f'write "{event.value}"' if event.value else "write the key before the colon"
            self._stop("yaml-not-allowed", f"the key {event.value!r} is not a string", event, hint)
        # parsers keep the last of two equal keys: a reviewer may have read the first
        if value in frame.container:
            steps = (*self._steps(), value)
            hint = "delete one of the two: the last would win silently"
            self._report("yaml-duplicate-key", f"{value!r} is there twice", event, hint, steps)
        if self.has_invisible and INVISIBLE.search(value) is not None:
            self._report_finding(name_finding(value, self._place(event, (*self._steps(), value)), "a key"))
        frame.key = value
        if self.positions is not None:
            frame.key_span = _span(event, event)

    def _value(self, event: Any) -> Any:
        text: str = event.value
        # quoted scalars are strings in every reader
        if not event.style:
            try:
                # long texts rarely recur, and would only fill the cache
                return _cached_scalar(text) if len(text) <= _MAX_CACHED_LENGTH else plain_scalar(text)
            except AmbiguousScalar as error:
                self._report("yaml-ambiguous", str(error), event, f'write "{text}"', self._steps())
                return text
        if event.style == '"' and INVISIBLE.search(text) is not None:
            self.has_invisible = True
            # escapes write what the raw text did not show
            for character in invisible_characters(text):
                message = f"{character.codepoint} ({character.description}) written as an escape"
                waivable = "" if UNREADABLE.search(text) else character.codepoint
                place = self._place(event, self._steps())
                finding = hidden_character_finding(message, place, "delete the escape", waivable)
                if not waivable:
                    self._report_finding(finding)
                elif len(self.hidden) < MAX_FINDINGS:
                    self.hidden.append(finding)
                break
        return text

    def _steps(self) -> Steps:
        """The raw steps of the value that comes next; computed only for findings and positions."""
        steps: list[str | int] = []
        for frame in self.stack:
            if frame.key is not None:
                steps.append(frame.key)
            elif not frame.is_mapping:
                steps.append(len(frame.container))
        return tuple(steps)

    def _put(self, value: Any, span: Span | None) -> None:
        frame = self.stack[-1]
        if span is not None and self.positions is not None:
            self.positions[self._steps()] = NodePosition(
                frame.key_span if frame.key is not None else span, span
            )
        if frame.key is None:
            frame.container.append(value)
        else:
            frame.container[frame.key] = value
            frame.key = None

    def _report(self, rule: str, message: str, event: Any, hint: str, steps: Steps = ()) -> None:
        self._report_finding(_finding(rule, message, self._place(event, steps), hint))

    def _report_finding(self, finding: Finding) -> None:
        self.findings.append(finding)
        if len(self.findings) >= _MAX_FINDINGS:
            raise _ParsingStopped

    def _place(self, event: Any, steps: Steps) -> Place:
        line, column, end_line, end_column = _span(event, event)
        return Place(
            file=self.file,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            path=format_path(steps),
        )

    def _stop(self, rule: str, message: str, event: Any, hint: str) -> None:
        self._report(rule, message, event, hint, self._steps())
        raise _ParsingStopped


def _syntax_finding(error: Exception, file: str, text: str) -> Finding:
    # ValueError and KeyError of the parser carry no mark
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.count("\n") + 1
    if line > lines:  # libyaml counts one more where the file ends too early
        line, column = lines, len(text) - (text.rfind("\n") + 1) + 1
    if _indented_by_tab(text, line):
        hint = "indent with spaces: YAML does not take tabs there"
        place = Place(file=file, line=line, column=1, end_line=line, end_column=max(2, column))
        return _finding("yaml-syntax", "indented with a tab", place, hint)
    message = getattr(error, "problem", None) or (str(error).splitlines() or [type(error).__name__])[0]
    place = Place(file=file, line=line, column=column, end_line=line, end_column=column + 1)
    return _finding("yaml-syntax", str(message), place, "check indentation, colons and quotes here")


def _indented_by_tab(text: str, line: int) -> bool:
    lines = text.split("\n")
    written = lines[line - 1] if line <= len(lines) else ""
    # the message of libyaml for a tab names neither the tab nor the cause
    return "\t" in written[: len(written) - len(written.lstrip(" \t"))]


def _span(start: Any, end: Any) -> Span:
    first, last = start.start_mark, end.end_mark
    return (first.line + 1, first.column + 1, last.line + 1, last.column + 1)
