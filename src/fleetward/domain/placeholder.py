"""``TODO`` in a manifest: what its author did not know yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.domain.path import ItemKey, Steps, format_path, item_key

TODO = "TODO"
_FREE = frozenset({"labels", "annotations", "parameters"})
"""Groups whose texts are nobody's concern."""


def placeholder_paths(data: Any) -> tuple[str, ...]:
    """The path of every value that is ``TODO``, in the order of the file."""
    return tuple(format_path(steps) for steps in _placeholders(data, ()))


def _placeholders(value: Any, at: Steps) -> Iterator[Steps]:
    if value == TODO:
        yield at
    elif isinstance(value, Mapping):
        for key, child in value.items():
            if key not in _FREE and not key.startswith("x-"):
                yield from _placeholders(child, (*at, key))
    elif isinstance(value, list | tuple):
        for position, child in enumerate(value):
            key = item_key(child)
            yield from _placeholders(child, (*at, position if key is None else ItemKey(key)))
