"""Credentials in the files of an agent, as findings that never quote them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import pbkdf2_hmac
from itertools import islice
from typing import Any

from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.path import ItemKey, Steps, format_path, item_key
from fleetward.domain.secrets import Secret, certain_secrets

Locate = Callable[[str], Place]
Value = tuple[str, str, str]
"""A text of a document: its path, the name of its key, the text."""
MAX_FINDINGS = 20
"""Findings a file."""
_ESCAPE_MARKS = ("\\", "value:", 'value"')
"""Escapes, and values written before their names: these texts are scanned again as parsed YAML."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_HINT = "revoke it where it was issued, then keep it outside and write a reference such as ${NAME}"


def secret_findings(
    text: str, file: str, data: Mapping[str, Any] | None = None, locate: Locate | None = None
) -> tuple[Finding, ...]:
    """
    One finding for each credential, at most MOST a file.

    *data* and *locate* are the parsed YAML and its places: for the path of a finding, and for secrets that are
    written with escapes.
    """
    written = certain_secrets(text)
    odd = any(mark in text for mark in _ESCAPE_MARKS)
    # nearly every file ends here, before its values are walked
    if not written and not odd:
        return ()
    values = tuple(_values(data))
    visible = tuple(_visible_secrets(text, file, written, values, locate))
    texts = {text[item.start : item.end] for item in written}
    lines = {item.place.line for item in visible}
    hidden = _hidden_secrets(texts, lines, values, locate) if odd and locate is not None else ()
    findings = (*visible, *hidden)
    return tuple(islice(findings, MAX_FINDINGS))


def _visible_secrets(
    text: str,
    file: str,
    secrets: tuple[Secret, ...],
    values: tuple[Value, ...],
    locate: Locate | None,
) -> Iterator[Finding]:
    starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
    for secret in secrets[:MAX_FINDINGS]:
        line = bisect_right(starts, secret.start)
        first = _LINE_END.split(text[secret.start : secret.end], maxsplit=1)[0]
        column = secret.start - starts[line - 1] + 1
        place = Place(
            file=file,
            line=line,
            column=column,
            end_line=line,
            end_column=column + len(first),
            path=_path(first, line, values, locate) if locate else "",
        )
        yield _finding(secret.kind, place, text[secret.start : secret.end])


def _path(beginning: str, line: int, values: tuple[Value, ...], locate: Locate) -> str:
    """The path of the value with this text, the nearest of several; empty for a comment."""
    holding = [path for path, _, value in values if beginning in value]
    return min(holding, key=lambda path: abs(locate(path).line - line), default="")


def _hidden_secrets(
    texts: Collection[str], lines: Collection[int], values: tuple[Value, ...], locate: Locate
) -> Iterator[Finding]:
    """Secrets that only parsed YAML shows: written with escapes, over several lines, or apart from their name."""
    for path, name, value in values:
        alone, together = certain_secrets(value), f"{name}: {value}"
        for secret in alone or certain_secrets(together):
            hidden = (value if alone else together)[secret.start : secret.end]
            first = _LINE_END.split(hidden)[0]
            reported = any(first in text or text in first for text in texts)
            if not reported and (alone or locate(path).line not in lines):
                yield _finding(secret.kind, locate(path), hidden)


def _values(value: Any, at: Steps = (), label: str = "") -> Iterator[Value]:
    """Every text in a document; the path names items of keyed lists by their key."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            # pairs such as those of environment variables write the name beside the value
            name = value.get("name") if key == "value" else None
            yield from _values(inner, (*at, str(key)), name if isinstance(name, str) else str(key))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            key = item_key(inner)
            yield from _values(inner, (*at, number if key is None else ItemKey(key)), label)
    elif isinstance(value, str):
        yield format_path(at), label, value


def secret_digest(secret: str) -> str:
    """Tells secrets apart in public reports; slow, so that nobody tries a list of passwords on it."""
    return pbkdf2_hmac("sha256", secret.encode("utf-8", "surrogatepass"), b"fleetward", 10_000).hex()


def _finding(kind: str, place: Place, secret: str) -> Finding:
    # never the text itself: reports and logs are public more often than files
    message = f"this looks like a credential: {kind}"
    return Finding(
        rule="secret-in-manifest",
        severity=Severity.ERROR,
        message=message,
        place=place,
        hint=_HINT,
        secret=secret_digest(secret),
    )
