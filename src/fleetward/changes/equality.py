"""When two values are equal: 1 equals 1.0 but not true, PT60M equals PT1H, null equals absent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fleetward.domain.period import parse_period

Value = Any

_quote = json.encoder.encode_basestring
_NO_LISTS = frozenset({str, int, float, bool, dict, type(None)})


def is_list(value: Value) -> bool:
    """Is it a list, and not a text?"""
    if type(value) in _NO_LISTS:
        return False
    return type(value) is list or (isinstance(value, Sequence) and not isinstance(value, str | bytes))


def identical(before: Value, after: Value) -> bool:
    """Are both equal, types included? Values that differ here may still have the same meaning."""
    # == is faster and finds every difference but that of true and 1
    return before is after or (bool(before == after) and _same_types(before, after))


def _same_types(before: Value, after: Value) -> bool:
    kind = type(before)
    if kind is not type(after):
        return False
    if kind is dict:
        for key, value in before.items():
            # strings are most values, and == has compared them
            if type(value) is not str and not _same_types(value, after[key]):
                return False
    elif kind is list:
        for first, second in zip(before, after, strict=True):
            if type(first) is not str and not _same_types(first, second):
                return False
    return True


def same_meaning(before: Value, after: Value, unit: str | None = None) -> bool:
    """Do both have the same meaning?"""
    if unit == "duration" and isinstance(before, str) and isinstance(after, str):
        return _duration(before) == _duration(after)
    return identical(before, after) or canonical_text(before) == canonical_text(after)


def canonical_text(value: Value) -> str:
    """One text for all values with the same meaning, whatever the order of keys, nulls and number types."""
    if type(value) is str:
        return _quote(value)
    return json.dumps(normal_form(value), sort_keys=True, ensure_ascii=False, default=str)


def normal_form(value: Value) -> Value:
    """The value without nulls in mappings, and with whole floats as integers."""
    if isinstance(value, Mapping):
        return {str(key): normal_form(item) for key, item in value.items() if item is not None}
    if is_list(value):
        return [normal_form(item) for item in value]
    # JSON has one kind of number: 1 and 1.0 are the same
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _duration(text: str) -> object:
    try:
        length = parse_period(text)
    except ValueError:
        return text
    return length.months, length.span
