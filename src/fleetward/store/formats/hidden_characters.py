"""Invisible characters of a file as findings: in prose what is no spelling, in names and keys every one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.invisible_characters import (
    INVISIBLE,
    character_name,
    codepoint,
    invisible_characters,
)
from fleetward.domain.path import Steps

RULE = "hidden-characters"
MAX_FINDINGS = 20
"""Findings a file."""
_PROSE = frozenset(
    (
        *("description", "displayName", "summary", "inScope", "outOfScope", "persona", "context", "how"),
        *("incidentResponse", "annotations", "reason", "note"),
    )
)
"""Keys of describing texts; what else a schema knows is a name, an id or a reference."""


def hidden_character_findings(text: str, file: str) -> tuple[Finding, ...]:
    """One finding for each invisible character that is no spelling, at most twenty a file."""
    findings = []
    for character in invisible_characters(text):
        place = Place(
            file=file,
            line=character.line,
            column=character.column,
            end_line=character.line,
            end_column=character.column + 1,
        )
        message = f"{character.codepoint} ({character.description}) cannot be seen by a reader"
        findings.append(hidden_character_finding(message, place, "delete the character", character.codepoint))
        if len(findings) == MAX_FINDINGS:
            break
    return tuple(findings)


def hidden_character_finding(message: str, place: Place, hint: str, waivable: str = "") -> Finding:
    """The finding; *waivable* is the code point that a waiver has to name, where one may."""
    return Finding(
        rule=RULE, severity=Severity.ERROR, message=message, place=place, hint=hint, codepoint=waivable
    )


def name_finding(name: str, place: Place, kind: str) -> Finding:
    """The finding for a name, a key or a value that is no prose, at its first invisible character."""
    match = INVISIBLE.search(name)
    character = match.group() if match else ""
    message = (
        f"{codepoint(character)} ({character_name(character)}) in {kind}: nobody can tell it from another"
    )
    return hidden_character_finding(message, place, "delete the character: only prose may need it")


def value_findings(data: Any, place: Callable[[Steps], Place]) -> Iterator[Finding]:
    """A finding for each text of a document that is no prose, and has an invisible character."""
    for steps, text in _named_texts(data, ()):
        if INVISIBLE.search(text) is not None:
            yield name_finding(text, place(steps), "a value that is no prose")


def _named_texts(value: Any, at: Steps) -> Iterator[tuple[Steps, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            is_person_name = key == "name" and len(at) == 2 and at[0] == "people"
            if key not in _PROSE and not key.startswith("x-") and not is_person_name:
                yield from _named_texts(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _named_texts(inner, (*at, number))
    elif isinstance(value, str):
        yield at, value


def without_repeats(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """All of them in order; of a character in a name only what is said of the name."""
    ordered = sorted(findings, key=lambda finding: finding.sort_key)
    names = [finding.place for finding in ordered if finding.rule == RULE and not finding.codepoint]
    return tuple(
        finding
        for finding in ordered
        if not finding.codepoint or not any(_holds(name, finding.place) for name in names)
    )


def _holds(outer: Place, inner: Place) -> bool:
    first, last = (outer.line, outer.column), (outer.end_line, outer.end_column)
    return first <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= last
