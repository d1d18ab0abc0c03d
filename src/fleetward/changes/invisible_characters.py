"""Invisible characters (controls, bidirectional marks, zero widths) as code points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.changes.equality import is_list
from fleetward.domain.invisible_characters import INVISIBLE, codepoint, hidden_characters, with_visible


def code_points(value: Any) -> Counter[str]:
    """How often each hidden character, as ``U+202E``, occurs in *value*; in keys also one that is spelling."""
    return Counter(map(codepoint, _hidden(value)))


def _hidden(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from hidden_characters(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from INVISIBLE.findall(str(key))
            yield from _hidden(item)
    elif is_list(value):
        for item in value:
            yield from _hidden(item)


def visible(value: Any) -> Any:
    """The same value with hidden characters as ``<U+202E>``."""
    if isinstance(value, str):
        return with_visible(value)
    if isinstance(value, Mapping):
        return {visible(key): visible(item) for key, item in value.items()}
    return [visible(item) for item in value] if is_list(value) else value
