"""Differences where the schema says nothing: the one door to deepdiff."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.changes.equality import canonical_text, is_list, normal_form

_LARGEST = 2_000
"""A block with more values is reported as a whole: comparing its parts would take too long."""

Difference = tuple[tuple[str | int, ...], Any, Any]
"""Path, before, after; None stands for absent."""


def leaf_differences(before: Any, after: Any) -> Iterator[Difference]:
    """The smallest parts that differ, sorted."""
    if canonical_text(before) == canonical_text(after):
        return
    if _is_comparable(before, after):
        yield from sorted(
            _deep_differences(before, after),
            key=lambda difference: (tuple(map(str, difference[0])), str(difference)),
        )
    else:
        yield (), before, after


def _is_comparable(before: Any, after: Any) -> bool:
    mappings = isinstance(before, Mapping) and isinstance(after, Mapping)
    lists = is_list(before) and is_list(after)
    return (mappings or lists) and _count(before) + _count(after) <= _LARGEST


def _deep_differences(before: Any, after: Any) -> Iterator[Difference]:
    from deepdiff import DeepDiff

    # values as JSON keep their types: deepdiff takes true for 1 inside lists
    tree = DeepDiff(
        _encoded(normal_form(before)), _encoded(normal_form(after)), view="tree", threshold_to_diff_deeper=0
    )
    for kind, levels in tree.items():
        for level in levels:
            path = tuple(level.path(output_format="list"))
            first = None if kind.endswith("_added") else _decoded(level.t1)
            second = None if kind.endswith("_removed") else _decoded(level.t2)
            yield path, first, second


def _encoded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _encoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    return json.dumps(value, ensure_ascii=False, default=str)


def _decoded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _decoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    return json.loads(value)


def _count(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + sum(_count(item) for item in value.values())
    return 1 + sum(_count(item) for item in value) if is_list(value) else 1
