"""Credentials in the files of an agent: where they stand, and never what they are."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.path import Item, Steps, item_key, shown
from fleetward.domain.secrets import Secret, certain

Locate = Callable[[str], Place]
MOST = 20
"""Findings a file: what is told about that many will hold for the rest."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_HINT = "revoke it where it was issued, then keep it outside and write a reference such as ${NAME}"


def secret_findings(
    text: str, file: str, data: Mapping[str, Any] | None = None, locate: Locate | None = None
) -> tuple[Finding, ...]:
    """
    One finding for each credential, at most MOST a file.

    *data* and *locate* are what the text says as YAML, and where that stands: for the path of a finding, and for
    what is written with escapes.
    """
    written = certain(text)
    if not written and "\\" not in text:
        return ()
    values = tuple(_values(data))
    found = (*_in_text(text, file, written, values, locate), *_escaped(text, values, locate))
    return tuple(islice(found, MOST))


def _in_text(
    text: str,
    file: str,
    found: tuple[Secret, ...],
    values: tuple[tuple[str, str], ...],
    locate: Locate | None,
) -> Iterator[Finding]:
    starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
    for one in found[:MOST]:
        line = bisect_right(starts, one.start)
        first = _LINE_END.split(text[one.start : one.end], maxsplit=1)[0]
        column = one.start - starts[line - 1] + 1
        place = Place(
            file=file,
            line=line,
            column=column,
            end_line=line,
            end_column=column + len(first),
            path=_path(first, line, values, locate) if locate else "",
        )
        yield _finding(one.kind, place)


def _path(beginning: str, line: int, values: tuple[tuple[str, str], ...], locate: Locate) -> str:
    """The value that holds it, the one written nearest where several do; none for a comment."""
    holding = [path for path, value in values if beginning in value]
    return min(holding, key=lambda path: abs(locate(path).line - line), default="")


def _escaped(text: str, values: tuple[tuple[str, str], ...], locate: Locate | None) -> Iterator[Finding]:
    """Those that only the reader sees: written with escapes, or broken over lines."""
    if "\\" not in text or locate is None:
        return
    for path, value in values:
        for one in certain(value):
            if _LINE_END.split(value[one.start : one.end])[0] not in text:
                yield _finding(one.kind, locate(path))


def _values(value: Any, at: Steps = ()) -> Iterator[tuple[str, str]]:
    """Every text in a document with its path, items of lists by their key where they have one."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _values(inner, (*at, str(key)))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            key = item_key(inner)
            yield from _values(inner, (*at, number if key is None else Item(key)))
    elif isinstance(value, str):
        yield shown(at), value


def _finding(kind: str, place: Place) -> Finding:
    message = f"this looks like a credential: {kind}"
    return Finding(
        rule="secret-in-manifest", severity=Severity.ERROR, message=message, place=place, hint=_HINT
    )
