"""Files of evaluation tools, read into one shape: one adapter a file, one row a format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fleetward.domain import limits
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvaluationResult
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.formats import strict_json
from fleetward.store.imports.evaluations import deepeval, fleetward_record, inspect_ai, junit, promptfoo


@dataclass(frozen=True, slots=True, kw_only=True)
class _JsonAdapter:
    """An adapter of a JSON format: does it know the data, and what do they say."""

    recognises: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any], str], EvaluationResult]


_JSON_ADAPTERS = {
    fleetward_record.NAME: _JsonAdapter(
        recognises=fleetward_record.recognises, read=fleetward_record.read_record
    ),
    inspect_ai.NAME: _JsonAdapter(recognises=inspect_ai.recognises, read=inspect_ai.read_log),
    deepeval.NAME: _JsonAdapter(recognises=deepeval.recognises, read=deepeval.read_run),
    promptfoo.NAME: _JsonAdapter(recognises=promptfoo.recognises, read=promptfoo.read_output),
}
FORMATS = (*sorted((*_JSON_ADAPTERS, junit.NAME)),)
"""What ``spec.evals[].format`` may say."""

_LOSSY = "promptfoo's CSV and JSONL leave out what evidence needs: the tags of the run and its totals"
_EXPORT = "write JSON: 'promptfoo eval -o results.json', or 'promptfoo export eval EVAL-ID -o results.json'"


def read_evaluation(content: bytes, *, format: str | None, file: str) -> EvaluationResult:  # noqa: A002
    """
    What the evaluation file *content* says; *file* is what messages call it.

    ``format`` is one of FORMATS, or None to tell it by the content.
    Errors: FleetError when it is none of them, not the one that was named, malformed, or lossy.
    """
    if format is not None and format not in FORMATS:
        raise FleetError(f"no evaluation format {format!r}", hint=f"known are {', '.join(FORMATS)}")
    if content.startswith(b"PK"):
        _require_format(format, inspect_ai.NAME, file)
        return inspect_ai.read_archive(content, file)
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<" or format == junit.NAME:
        _require_format(format, junit.NAME, file)
        return junit.read_report(content, file)
    if start != b"{":
        raise _unknown_format(content, file)
    data = _object(content, file)
    actual = next((kind for kind, adapter in _JSON_ADAPTERS.items() if adapter.recognises(data)), None)
    if actual is None:
        raise _unknown_format(content, file)
    _require_format(format, actual, file)
    return _JSON_ADAPTERS[actual].read(data, file)


def _object(content: bytes, file: str) -> Mapping[str, Any]:
    try:
        data = strict_json.parse_json(content, file, limit=limits.EVALUATION_JSON_BYTES)
    except FleetError:
        if _is_jsonl(content, file):
            raise FleetError(f"{file}: {_LOSSY}", hint=_EXPORT) from None
        raise
    if not isinstance(data, dict) or _is_row(data):
        raise FleetError(f"{file}: {_LOSSY}", hint=_EXPORT)
    return data


def _require_format(expected: str | None, actual: str, file: str) -> None:
    if expected is not None and expected != actual:
        raise FleetError(
            f"{file}: the content is that of {actual}, not of {expected!r}",
            hint=f"give a file that {expected} wrote, or correct 'format' in spec.evals",
        )


def _is_jsonl(content: bytes, file: str) -> bool:
    first, line_break, _ = content.partition(b"\n")
    if not line_break:
        return False
    try:
        return _is_row(strict_json.parse_json(first, file, limit=limits.EVALUATION_JSON_BYTES))
    except FleetError:
        return False


def _is_row(data: object) -> bool:
    return isinstance(data, dict) and "testIdx" in data and "promptIdx" in data


def _unknown_format(content: bytes, file: str) -> FleetError:
    first = content[:4096].partition(b"\n")[0]
    if b"Named Scores" in first or b"Grader Reason" in first or (b"Status,Score" in first):
        return FleetError(f"{file}: {_LOSSY}", hint=_EXPORT)
    return FleetError(
        f"{file}: no evaluation file that is known",
        hint=f"known are {', '.join(FORMATS)}; any other tool can write {fleetward_record.FORMAT!r}",
    )
