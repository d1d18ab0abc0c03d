"""Fields that a policy requires: which of them a manifest lacks, items of lists one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fleetward.domain.path import ItemKey, format_path, item_key, lookup

EVERY_ITEM = "[]"
"""In a path: each item of the list, as in ``spec.knowledge[].maxAge``."""


def is_written(value: Any) -> bool:
    """Is the value neither null nor empty?"""
    return value is not None and value != [] and value != {} and value != ""


def missing_fields(data: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """
    The paths of *data* that *path* requires and that are not written, or are empty.

    ``[]`` stands for every item; a list that is absent or empty lacks nothing.
    """
    return tuple(_missing(data, path))


def _missing(data: Any, path: str) -> Iterator[str]:
    before, every_item, after = path.partition(EVERY_ITEM)
    exists, value = lookup(data, before)
    if not every_item:
        if not exists or not is_written(value):
            yield path
        return
    if not exists or isinstance(value, str) or not isinstance(value, Sequence):
        return
    for position, item in enumerate(value):
        key = item_key(item)
        item_path = before + format_path((position if key is None else ItemKey(key),))
        if after.strip("."):
            joint = "" if after.startswith("[") else "."
            yield from (f"{item_path}{joint}{inner}" for inner in _missing(item, after.lstrip(".")))
        elif not is_written(item):
            yield item_path
