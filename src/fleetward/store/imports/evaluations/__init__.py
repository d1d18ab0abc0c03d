"""Files of evaluation tools, read into one shape: one adapter a file, one row a format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import Measured
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.formats import strict_json
from fleetward.store.imports.evaluations import deepeval, fleetward_record, inspect_ai, junit, promptfoo

LARGEST_JSON = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Json:
    """An adapter of a JSON format: does it know the data, and what do they say."""

    holds: Callable[[Mapping[str, Any]], bool]
    of: Callable[[Mapping[str, Any], str], Measured]


_JSON = {
    fleetward_record.NAME: _Json(holds=fleetward_record.holds, of=fleetward_record.of),
    inspect_ai.NAME: _Json(holds=inspect_ai.holds, of=inspect_ai.of),
    deepeval.NAME: _Json(holds=deepeval.holds, of=deepeval.of),
    promptfoo.NAME: _Json(holds=promptfoo.holds, of=promptfoo.of),
}
FORMATS = (*sorted((*_JSON, junit.NAME)),)
"""What ``spec.evals[].format`` may say."""

_LOSSY = "promptfoo's CSV and JSONL leave out what evidence needs: the tags of the run and its totals"
_EXPORT = "write JSON: 'promptfoo eval -o results.json', or 'promptfoo export eval EVAL-ID -o results.json'"


def measured(content: bytes, *, format: str | None, name: str) -> Measured:  # noqa: A002
    """
    What the evaluation file *content* says; *name* is what messages call it.

    ``format`` is one of FORMATS, or None to tell it by the content.
    Errors: FleetError when it is none of them, not the one that was named, malformed, or lossy.
    """
    if format is not None and format not in FORMATS:
        raise FleetError(f"no evaluation format {format!r}", hint=f"known are {', '.join(FORMATS)}")
    if content.startswith(b"PK"):
        _only(format, inspect_ai.NAME, name)
        return inspect_ai.of_archive(content, name)
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<" or format == junit.NAME:
        _only(format, junit.NAME, name)
        return junit.measured(content, name)
    if start != b"{":
        raise _unknown(content, name)
    data = _object(content, name)
    found = next((known for known, adapter in _JSON.items() if adapter.holds(data)), None)
    if found is None:
        raise _unknown(content, name)
    _only(format, found, name)
    return _JSON[found].of(data, name)


def _object(content: bytes, name: str) -> Mapping[str, Any]:
    try:
        data = strict_json.decoded(content, name, limit=LARGEST_JSON)
    except FleetError:
        if _is_jsonl(content, name):
            raise FleetError(f"{name}: {_LOSSY}", hint=_EXPORT) from None
        raise
    if not isinstance(data, dict) or _is_row(data):
        raise FleetError(f"{name}: {_LOSSY}", hint=_EXPORT)
    return data


def _only(asked: str | None, found: str, name: str) -> None:
    if asked is not None and asked != found:
        raise FleetError(
            f"{name}: the content is that of {found}, not of {asked!r}",
            hint=f"give a file that {asked} wrote, or correct 'format' in spec.evals",
        )


def _is_jsonl(content: bytes, name: str) -> bool:
    first, more, _ = content.partition(b"\n")
    if not more:
        return False
    try:
        return _is_row(strict_json.decoded(first, name, limit=LARGEST_JSON))
    except FleetError:
        return False


def _is_row(data: object) -> bool:
    return isinstance(data, dict) and "testIdx" in data and "promptIdx" in data


def _unknown(content: bytes, name: str) -> FleetError:
    first = content[:4096].partition(b"\n")[0]
    if b"Named Scores" in first or b"Grader Reason" in first or (b"Status,Score" in first):
        return FleetError(f"{name}: {_LOSSY}", hint=_EXPORT)
    return FleetError(
        f"{name}: no evaluation file that is known",
        hint=f"known are {', '.join(FORMATS)}; any other tool can write {fleetward_record.FORMAT!r}",
    )
