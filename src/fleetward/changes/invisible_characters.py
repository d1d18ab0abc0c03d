"""Invisible characters (controls, bidirectional marks, zero widths) as code points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.changes.equality import is_list
from fleetward.domain.invisible_characters import FORBIDDEN, codepoint


def code_points(value: Any) -> Counter[str]:
    """How often each invisible character, as ``U+202E``, occurs in *value*, keys included."""
    return Counter(codepoint(character) for text in _texts(value) for character in FORBIDDEN.findall(text))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif is_list(value):
        for item in value:
            yield from _texts(item)


def visible(value: Any) -> Any:
    """The same value with invisible characters as ``<U+202E>``."""
    if isinstance(value, str):
        return (
            value
            if FORBIDDEN.search(value) is None
            else FORBIDDEN.sub(lambda match: f"<{codepoint(match.group())}>", value)
        )
    if isinstance(value, Mapping):
        return {visible(key): visible(item) for key, item in value.items()}
    return [visible(item) for item in value] if is_list(value) else value
