"""Walks two documents along the schema, and finds every difference between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fleetward.changes import direction, freeform
from fleetward.changes.delta import Delta, DeltaPath
from fleetward.changes.equality import canonical_text, identical, is_list, same_meaning
from fleetward.changes.nodes import SchemaNode, root_node
from fleetward.domain.change import ChangeKind, Direction
from fleetward.domain.path import ItemKey

_DISCRIMINATORS = ("when", "metric", "on", "rule", "key", "id", "name", "ref", "person")
"""The keys that identify a mapping in a list without order; the first that it has."""


def deltas(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, schema: Mapping[str, Any]
) -> tuple[Delta, ...]:
    """The differences between two documents; a block that was added or removed is split into its values."""
    return tuple(_walk(before, after, root_node(schema), DeltaPath()))


def _walk(before: Any, after: Any, node: SchemaNode, location: DeltaPath) -> Iterator[Delta]:
    # most of a manifest is equal: this is the fast way out
    if identical(before, after):
        return
    # before anything else: a single value may stand for a list of one
    if "x-list" in node.keywords:
        before, after = _as_lists(before, after)
    # free-form subtrees go to deepdiff, which is slow to import (ADR 0004)
    if not node.in_schema:
        yield from _freeform_deltas(before, after, node, location)
    elif _is_mapping_or_none(before) and _is_mapping_or_none(after):
        yield from _mapping_deltas(before or {}, after or {}, _node_for_block(node, before, after), location)
    elif (before is None or is_list(before)) and (after is None or is_list(after)):
        yield from _list_deltas(before or (), after or (), _node_for_block(node, before, after), location)
    elif not same_meaning(before, after, node.unit):
        yield _leaf_delta(before, after, node, location)


def _is_mapping_or_none(value: Any) -> bool:
    return value is None or type(value) is dict or isinstance(value, Mapping)


def _as_lists(before: Any, after: Any) -> tuple[Any, Any]:
    """A single value in the place of a list is a list with one item."""
    if is_list(before) == is_list(after):
        return before, after
    # a mapping stays as it is: in place of a list it is another kind of value
    first, second = (
        value if value is None or is_list(value) or isinstance(value, Mapping) else [value]
        for value in (before, after)
    )
    return first, second


def _node_for_block(node: SchemaNode, before: Any, after: Any) -> SchemaNode:
    whole = before is None or after is None
    # the value that appears or goes takes the direction of its block
    return node.with_presence((node.better or node.presence) if whole else None)


def _freeform_deltas(before: Any, after: Any, node: SchemaNode, location: DeltaPath) -> Iterator[Delta]:
    for path, first, second in freeform.leaf_differences(before, after):
        inner = location
        for step in path:
            inner = inner.item(step, before=step, after=step) if isinstance(step, int) else inner.key(step)
        yield _leaf_delta(first, second, node, inner)


def _leaf_delta(before: Any, after: Any, node: SchemaNode, location: DeltaPath) -> Delta:
    return Delta(
        location=location,
        kind=_kind_of(before, after),
        before=before,
        after=after,
        node=node,
        direction=direction.leaf_direction(node, before, after),
    )


def _kind_of(before: Any, after: Any) -> ChangeKind:
    if before is None:
        return ChangeKind.ADDED
    return ChangeKind.REMOVED if after is None else ChangeKind.CHANGED


def _mapping_deltas(
    before: Mapping[str, Any], after: Mapping[str, Any], node: SchemaNode, location: DeltaPath
) -> Iterator[Delta]:
    # sorted: the order of keys means nothing
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if not identical(old, new):
            yield from _walk(old, new, node.child(key), location.key(key))


def _list_deltas(
    before: Sequence[Any], after: Sequence[Any], node: SchemaNode, location: DeltaPath
) -> Iterator[Delta]:
    kinds = {"keyed": _keyed_deltas, "set": _set_deltas}
    yield from kinds.get(node.list_kind, _ordered_deltas)(before, after, node, location)


def _keyed_deltas(
    before: Sequence[Any], after: Sequence[Any], node: SchemaNode, location: DeltaPath
) -> Iterator[Delta]:
    first, second = _by_key(before, node.list_key), _by_key(after, node.list_key)
    for key in sorted({*first, *second}):
        old, new = first.get(key), second.get(key)
        old_item = None if old is None else before[old]
        new_item = None if new is None else after[new]
        if identical(old_item, new_item):
            continue
        inner = location.item(ItemKey(key), before=old, after=new)
        if old is not None and new is not None:
            yield from _walk(old_item, new_item, node.item(), inner)
        else:
            yield _element_delta(old_item, new_item, node, inner)


def _by_key(items: Sequence[Any], key: str) -> dict[str, int]:
    """Positions by key; a key's second item is called ``crm#2``, so that no item is lost."""
    positions: dict[str, int] = {}
    counts: Counter[str] = Counter()
    for position, item in enumerate(items):
        value = item.get(key) if isinstance(item, Mapping) else item
        name = value if isinstance(value, str) else canonical_text(item)
        counts[name] += 1
        # two tools of one name: the second must not hide behind the first
        positions[name if counts[name] == 1 else f"{name}#{counts[name]}"] = position
    return positions


def _element_delta(before: Any, after: Any, node: SchemaNode, location: DeltaPath) -> Delta:
    return Delta(
        location=location,
        kind=_kind_of(before, after),
        before=before,
        after=after,
        node=node.item(),
        direction=direction.element_direction(node, is_added=before is None),
    )


def _set_deltas(
    before: Sequence[Any], after: Sequence[Any], node: SchemaNode, location: DeltaPath
) -> Iterator[Delta]:
    # reversed: of equal items the first position is kept, which is shown
    first = {canonical_text(item): position for position, item in reversed(list(enumerate(before)))}
    second = {canonical_text(item): position for position, item in reversed(list(enumerate(after)))}
    # sorted by text: the order of a set means nothing (SPEC 5)
    removed = [first[text] for text in sorted(first.keys() - second.keys())]
    added = [second[text] for text in sorted(second.keys() - first.keys())]
    for old, new in _pairs(before, removed, after, added):
        if old is not None and new is not None:
            step = ItemKey(discriminator(after[new])[0])
            yield from _walk(before[old], after[new], node.item(), location.item(step, before=old, after=new))
        elif old is not None:
            yield _element_delta(before[old], None, node, location.element(before=old))
        elif new is not None:
            yield _element_delta(None, after[new], node, location.element(after=new))


def _pairs(
    before: Sequence[Any], removed: list[int], after: Sequence[Any], added: list[int]
) -> Iterator[tuple[int | None, int | None]]:
    """Positions of edited elements, paired by what identifies them; then those only removed, those only added."""
    before_marks = _unique_marks(before, removed)
    after_marks = _unique_marks(after, added)
    for mark in sorted(before_marks.keys() & after_marks.keys()):
        yield before_marks[mark], after_marks[mark]
    paired = before_marks.keys() & after_marks.keys()
    yield from ((old, None) for old in removed if old not in {before_marks[mark] for mark in paired})
    yield from ((None, new) for new in added if new not in {after_marks[mark] for mark in paired})


def _unique_marks(items: Sequence[Any], positions: list[int]) -> dict[tuple[str, str], int]:
    marked = [(discriminator(items[at]), at) for at in positions if isinstance(items[at], Mapping)]
    # a mark that occurs twice pairs nothing: a wrong pair would show a change that is none
    counts = Counter(mark for mark, _ in marked)
    return {mark: at for mark, at in marked if counts[mark] == 1}


def discriminator(item: Mapping[str, Any]) -> tuple[str, str]:
    """What identifies an element: its value, and its key; without one, the names of all its keys."""
    key_name = next((key for key in _DISCRIMINATORS if isinstance(item.get(key), str)), None)
    # without a known key the shape identifies it: two criteria of the same kind pair
    shape = sorted(key for key, value in item.items() if value is not None)
    return (str(item[key_name]) if key_name else "-".join(shape), key_name or "")


def _ordered_deltas(
    before: Sequence[Any], after: Sequence[Any], node: SchemaNode, location: DeltaPath
) -> Iterator[Delta]:
    """The positions with another item; and one delta for the list if the other items changed their order."""
    first, second = list(map(canonical_text, before)), list(map(canonical_text, after))
    # counted, not compared by position: an item in front would change all that follow
    common = Counter(first) & Counter(second)
    removed, added = _unmatched(first, common), _unmatched(second, common)
    # the items that stayed are in another order: a fallback list is tried in order
    if _remaining(first, removed) != _remaining(second, added):
        yield Delta(
            location=location,
            kind=ChangeKind.REORDERED,
            before=before,
            after=after,
            node=node,
            direction=Direction.NEUTRAL,
        )
    # the rest pairs by position: there is nothing else to go by
    for old, new in zip(removed, added, strict=False):
        inner = location.item(new, before=old, after=new)
        inside = tuple(_walk(before[old], after[new], node.item(), inner))
        if len(inside) > 1 and _is_replaced(before[old], after[new]):
            yield _leaf_delta(before[old], after[new], node.item(), inner)
        else:
            yield from inside
    for old in removed[len(added) :]:
        yield _element_delta(before[old], None, node, location.item(old, before=old, after=None))
    for new in added[len(removed) :]:
        yield _element_delta(None, after[new], node, location.item(new, before=None, after=new))


def _is_replaced(before: Any, after: Any) -> bool:
    """Is it another item, and no edit of the same one?"""
    are_mappings = isinstance(before, Mapping) and isinstance(after, Mapping)
    return are_mappings and discriminator(before) != discriminator(after)


def _unmatched(texts: list[str], common: Counter[str]) -> list[int]:
    room = Counter(common)
    positions = []
    for position, text in enumerate(texts):
        if room[text] > 0:
            room[text] -= 1
        else:
            positions.append(position)
    return positions


def _remaining(texts: list[str], without: list[int]) -> list[str]:
    skipped = set(without)
    return [text for position, text in enumerate(texts) if position not in skipped]
