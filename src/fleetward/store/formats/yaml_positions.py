"""Line and column of a value in a YAML file; computed only for files with something to report."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fleetward.domain.path import Steps
from fleetward.store.formats.strict_yaml import NodePosition, Span
from fleetward.store.formats.yaml_parser import parser_class

_MAX_CACHED = 32
"""Files whose nodes are cached; findings of one file mostly come in a row."""


def find_position(content: bytes, at: Steps) -> tuple[Steps, NodePosition]:
    """
    The position of the value at *at*, or of the nearest one above it, with the steps that lead there.

    *content* was parsed before without a finding: hostile files do not get here.
    """
    key = value = _root_node(content)
    for depth, step in enumerate(at):
        pair = _child(value, step)
        if pair is None:
            return at[:depth], NodePosition(_span(key), _span(value))
        key, value = pair
    return at, NodePosition(_span(key), _span(value))


def first_word(content: bytes, at: Steps) -> Span:
    """The key of the value at *at*; of an item of a list, or of the whole file, its own first key."""
    key = value = _root_node(content)
    for step in at:
        key, value = _child(value, step) or (key, value)
    if key is value and value.id == "mapping" and value.value:
        key = value.value[0][0]
    return _span(key)


def _child(node: Any, step: str | int) -> tuple[Any, Any] | None:
    """The key and the value one step deeper; an item of a list is its own key."""
    if node.id == "mapping" and isinstance(step, str):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if node.id == "sequence" and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _span(node: Any) -> Span:
    first, last = node.start_mark, node.end_mark
    return (first.line + 1, first.column + 1, last.line + 1, last.column + 1)


@lru_cache(maxsize=_MAX_CACHED)
def _root_node(content: bytes) -> Any:
    """The file as nodes: libyaml composes them in half the time of a walk over its events."""
    # composing recurses: the depth limit of the strict parser has held before
    return _composer()(content.decode("utf-8-sig")).get_single_node()


@lru_cache(maxsize=1)
def _composer() -> Any:
    from yaml.composer import Composer

    reader = parser_class()

    class Nodes(reader, Composer):  # type: ignore[misc, valid-type]
        """Nodes with their positions; their tags are not resolved."""

        def __init__(self, text: str) -> None:
            Composer.__init__(self)
            reader.__init__(self, text)

        # tags are not needed, and resolving them reads YAML 1.1
        def resolve(self, *_: Any) -> None: ...

        def descend_resolver(self, *_: Any) -> None: ...

        def ascend_resolver(self) -> None: ...

    return Nodes
