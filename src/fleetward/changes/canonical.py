"""A document in canonical form: one value a line, sorted, without comments, secrets masked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.changes.equality import canonical_text, is_list
from fleetward.changes.invisible_characters import visible
from fleetward.changes.masking import masked, masked_text, printable_name, value_name
from fleetward.changes.nodes import SchemaNode, root_node
from fleetward.changes.walker import discriminator
from fleetward.domain.path import ItemKey, Step, format_path
from fleetward.domain.period import parse_period


def canonical_lines(data: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str, ...]:
    """
    ``spec.tools[crm].access: "read"`` for every value; two documents with the same meaning give the same lines.

    Lists without order are sorted, durations are normalised, nulls and empty blocks are left out.
    """
    return tuple(_lines(data, root_node(schema), (), ""))


def _lines(value: Any, node: SchemaNode, steps: tuple[Step, ...], key: str) -> Iterator[str]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for name in sorted(value):
            yield from _lines(
                value[name], node.child(str(name)), (*steps, str(name)), value_name(value, str(name))
            )
    elif is_list(value):
        for step, item in _items(value, node):
            where = steps if step is None else (*steps, step)
            yield from _lines(item, node.item(), where, key)
    else:
        yield f"{printable_name(format_path(steps))}: {_value_text(value, node, key)}"


def _items(value: Any, node: SchemaNode) -> Iterator[tuple[Step | None, Any]]:
    """The items with their step in a path; plain elements of a set have none."""
    if node.list_kind == "ordered":
        yield from enumerate(value)
    elif node.list_kind == "keyed":
        # two items with one key keep both lines: their text orders them
        keyed = [(_item_key(item, node.list_key), item) for item in value]
        yield from sorted(
            ((ItemKey(name), item) for name, item in keyed),
            key=lambda pair: (pair[0], canonical_text(pair[1])),
        )
    else:
        # a set holds each element once: duplicates have no meaning
        elements = {canonical_text(item): item for item in value}
        for text in sorted(elements):
            item = elements[text]
            yield (ItemKey(discriminator(item)[0]) if isinstance(item, Mapping) else None), item


def _item_key(item: Any, key: str) -> str:
    value = item.get(key) if isinstance(item, Mapping) else item
    return value if isinstance(value, str) else canonical_text(item)


def _value_text(value: Any, node: SchemaNode, key: str) -> str:
    if node.unit == "duration" and isinstance(value, str):
        value = _canonical_duration(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(visible(masked(value, key=key, secret=node.secret)), ensure_ascii=False, default=str)


def _canonical_duration(text: str) -> str:
    """The duration in its largest whole unit: PT1800S is PT30M, PT24H is P1D, P12M is P1Y."""
    # texts are compared by meaning: PT60M and PT1H are the same line
    try:
        length = parse_period(text)
    except ValueError:
        return text
    seconds = int(length.span.total_seconds())
    if length.months:
        years, months = divmod(length.months, 12)
        parts = ((years, "Y"), (months, "M"), (seconds // 86_400, "D"))
        return text if seconds % 86_400 else "P" + "".join(f"{count}{unit}" for count, unit in parts if count)
    for size, start, unit in ((86_400, "P", "D"), (3_600, "PT", "H"), (60, "PT", "M")):
        if seconds and seconds % size == 0:
            return f"{start}{seconds // size}{unit}"
    return f"PT{seconds}S"


def masked_lines(text: str) -> tuple[str, ...]:
    """The lines of any other text, with secrets masked and invisible characters as code points."""
    return tuple(str(visible(line)) for line in masked_text(text).splitlines())
