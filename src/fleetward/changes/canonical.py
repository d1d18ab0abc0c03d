"""A document as lines that mean something: one leaf a line, ordered, comments away, secrets masked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.changes.equality import canonical, is_list
from fleetward.changes.invisible_characters import visible
from fleetward.changes.masking import called, masked, masked_text, named
from fleetward.changes.nodes import Node, top
from fleetward.changes.walker import told_apart
from fleetward.domain import clock
from fleetward.domain.path import Item, Step, shown


def normal(data: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str, ...]:
    """
    ``spec.tools[crm].access: "read"`` for every leaf; two documents that say the same give the same lines.

    Lists without order are sorted, durations written by their length, nulls and empty blocks left out.
    """
    return tuple(_lines(data, top(schema), (), ""))


def _lines(value: Any, node: Node, steps: tuple[Step, ...], key: str) -> Iterator[str]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for name in sorted(value):
            yield from _lines(
                value[name], node.child(str(name)), (*steps, str(name)), called(value, str(name))
            )
    elif is_list(value):
        for step, item in _items(value, node):
            where = steps if step is None else (*steps, step)
            yield from _lines(item, node.item(), where, key)
    else:
        yield f"{named(shown(steps))}: {_told(value, node, key)}"


def _items(value: Any, node: Node) -> Iterator[tuple[Step | None, Any]]:
    """The items with what stands for them in a path; a set's elements need no place of their own."""
    if node.list_kind == "ordered":
        yield from enumerate(value)
    elif node.list_kind == "keyed":
        named = [(_name(item, node.list_key), item) for item in value]
        yield from sorted(
            ((Item(name), item) for name, item in named), key=lambda pair: (pair[0], canonical(pair[1]))
        )
    else:
        elements = {canonical(item): item for item in value}
        for text in sorted(elements):
            item = elements[text]
            yield (Item(told_apart(item)[0]) if isinstance(item, Mapping) else None), item


def _name(item: Any, key: str) -> str:
    named = item.get(key) if isinstance(item, Mapping) else item
    return named if isinstance(named, str) else canonical(item)


def _told(value: Any, node: Node, key: str) -> str:
    if node.unit == "duration" and isinstance(value, str):
        value = _length(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(visible(masked(value, key=key, secret=node.secret)), ensure_ascii=False, default=str)


def _length(text: str) -> str:
    """The duration in its largest whole unit: PT1800S is PT30M, PT24H is P1D."""
    try:
        seconds = int(clock.duration(text).total_seconds())
    except ValueError:
        return text
    for size, start, unit in ((86_400, "P", "D"), (3_600, "PT", "H"), (60, "PT", "M")):
        if seconds and seconds % size == 0:
            return f"{start}{seconds // size}{unit}"
    return f"PT{seconds}S"


def plain_lines(text: str) -> tuple[str, ...]:
    """Any other text: its lines with secrets masked and hidden characters written out."""
    return tuple(str(visible(line)) for line in masked_text(text).splitlines())
