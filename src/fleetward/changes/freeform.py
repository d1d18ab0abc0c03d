"""What moved where the schema says nothing: the one door to deepdiff."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.changes.equality import canonical, is_list, plain

_LARGEST = 2_000
"""Beyond so many values a block is reported whole; finding the pieces would cost too much."""

Found = tuple[tuple[str | int, ...], Any, Any]
"""Where, before, after; None stands for absent."""


def moves(before: Any, after: Any) -> Iterator[Found]:
    """The smallest pieces that differ, in a steady order."""
    if canonical(before) == canonical(after):
        return
    if _comparable(before, after):
        yield from sorted(_deep(before, after), key=lambda found: (tuple(map(str, found[0])), str(found)))
    else:
        yield (), before, after


def _comparable(before: Any, after: Any) -> bool:
    mappings = isinstance(before, Mapping) and isinstance(after, Mapping)
    lists = is_list(before) and is_list(after)
    return (mappings or lists) and _count(before) + _count(after) <= _LARGEST


def _deep(before: Any, after: Any) -> Iterator[Found]:
    from deepdiff import DeepDiff

    # written leaves keep the types apart: deepdiff alone takes true for 1 inside lists
    tree = DeepDiff(_written(plain(before)), _written(plain(after)), view="tree", threshold_to_diff_deeper=0)
    for kind, levels in tree.items():
        for level in levels:
            path = tuple(level.path(output_format="list"))
            first = None if kind.endswith("_added") else _read(level.t1)
            second = None if kind.endswith("_removed") else _read(level.t2)
            yield path, first, second


def _written(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _written(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_written(item) for item in value]
    return json.dumps(value, ensure_ascii=False, default=str)


def _read(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_read(item) for item in value]
    return json.loads(value)


def _count(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + sum(_count(item) for item in value.values())
    return 1 + sum(_count(item) for item in value) if is_list(value) else 1
