"""The walk through two documents, led by the schema: what moved, before anybody says what it means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fleetward.changes import direction, freeform
from fleetward.changes.equality import alike, canonical, identical, is_list
from fleetward.changes.nodes import Node, top
from fleetward.domain.change import Direction, Kind
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.path import Item, Step, Steps, shown

_DISCRIMINATORS = ("when", "metric", "on", "rule", "key", "id", "name", "ref", "person")
"""What an item of a set of mappings is told apart by, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A path as people read it, and as it stands in each of the two documents."""

    steps: Steps = ()
    was: Steps = ()
    now: Steps = ()

    def key(self, key: str) -> Spot:
        """One mapping key further in."""
        return Spot(steps=(*self.steps, key), was=(*self.was, key), now=(*self.now, key))

    def item(self, step: Step, *, was: int | None, now: int | None) -> Spot:
        """One list item further in; a side that has no such item stays where it is."""
        there = self.was if was is None else (*self.was, was)
        here = self.now if now is None else (*self.now, now)
        return Spot(steps=(*self.steps, step), was=there, now=here)

    def element(self, *, was: int | None = None, now: int | None = None) -> Spot:
        """The same path to read, with the element's position for whoever looks it up."""
        return replace(self.item(0, was=was, now=now), steps=self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing that moved; None before or after stands for absent."""

    spot: Spot
    kind: Kind
    before: Any
    after: Any
    node: Node
    direction: Direction

    @property
    def path(self) -> str:
        """``spec.tools[crm].allow``."""
        return shown(self.spot.steps)

    @property
    def generic(self) -> str:
        """``spec.tools[].allow``: the path without which item it was."""
        text = ""
        for step in self.spot.steps:
            text += "[]" if isinstance(step, Item | int) else f".{step}"
        return text.removeprefix(".")

    @property
    def item(self) -> str:
        """The innermost list item that the path goes through."""
        return next((str(step) for step in reversed(self.spot.steps) if isinstance(step, Item | int)), "")


def moves(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, schema: Mapping[str, Any]
) -> tuple[Move, ...]:
    """What moved between two documents, in the order of the schema's reading."""
    return tuple(_walk(before, after, top(schema), Spot()))


def _walk(before: Any, after: Any, node: Node, spot: Spot) -> Iterator[Move]:
    if identical(before, after):
        return
    if "x-list" in node.keywords:
        before, after = _listed(before, after)
    if not node.known:
        yield from _free(before, after, node, spot)
    elif _mapped(before) and _mapped(after):
        yield from _mapping(before or {}, after or {}, _handed(node, before, after), spot)
    elif (before is None or is_list(before)) and (after is None or is_list(after)):
        yield from _list(before or (), after or (), _handed(node, before, after), spot)
    elif not alike(before, after, node.unit):
        yield _leaf(before, after, node, spot)


def _mapped(value: Any) -> bool:
    return value is None or type(value) is dict or isinstance(value, Mapping)


def _listed(before: Any, after: Any) -> tuple[Any, Any]:
    """Where a list may be written as its one value, that value is a list of one."""
    if is_list(before) == is_list(after):
        return before, after
    first, second = (
        value if value is None or is_list(value) or isinstance(value, Mapping) else [value]
        for value in (before, after)
    )
    return first, second


def _handed(node: Node, before: Any, after: Any) -> Node:
    whole = before is None or after is None
    return node.whole((node.better or node.presence) if whole else None)


def _free(before: Any, after: Any, node: Node, spot: Spot) -> Iterator[Move]:
    for path, first, second in freeform.moves(before, after):
        inner = spot
        for step in path:
            inner = inner.item(step, was=step, now=step) if isinstance(step, int) else inner.key(step)
        yield _leaf(first, second, node, inner)


def _leaf(before: Any, after: Any, node: Node, spot: Spot) -> Move:
    way = direction.of(node, before, after)
    return Move(spot=spot, kind=_kind(before, after), before=before, after=after, node=node, direction=way)


def _kind(before: Any, after: Any) -> Kind:
    if before is None:
        return Kind.ADDED
    return Kind.REMOVED if after is None else Kind.CHANGED


def _mapping(before: Mapping[str, Any], after: Mapping[str, Any], node: Node, spot: Spot) -> Iterator[Move]:
    for key in sorted({*before, *after}):
        was, now = before.get(key), after.get(key)
        if not identical(was, now):
            yield from _walk(was, now, node.child(key), spot.key(key))


def _list(before: Sequence[Any], after: Sequence[Any], node: Node, spot: Spot) -> Iterator[Move]:
    kinds = {"keyed": _keyed, "set": _set}
    yield from kinds.get(node.list_kind, _ordered)(before, after, node, spot)


def _keyed(before: Sequence[Any], after: Sequence[Any], node: Node, spot: Spot) -> Iterator[Move]:
    first, second = _by_key(before, node.list_key), _by_key(after, node.list_key)
    for key in sorted({*first, *second}):
        was, now = first.get(key), second.get(key)
        gone = None if was is None else before[was]
        come = None if now is None else after[now]
        if identical(gone, come):
            continue
        inner = spot.item(Item(key), was=was, now=now)
        if was is not None and now is not None:
            yield from _walk(gone, come, node.item(), inner)
        else:
            yield _element(gone, come, node, inner)


def _by_key(items: Sequence[Any], key: str) -> dict[str, int]:
    """Position by key; one that stands twice goes on as ``crm#2``, so that nothing is dropped."""
    found: dict[str, int] = {}
    seen: Counter[str] = Counter()
    for position, item in enumerate(items):
        named = item.get(key) if isinstance(item, Mapping) else item
        name = named if isinstance(named, str) else canonical(item)
        seen[name] += 1
        found[name if seen[name] == 1 else f"{name}#{seen[name]}"] = position
    return found


def _element(before: Any, after: Any, node: Node, spot: Spot) -> Move:
    way = direction.of_element(node, came=before is None)
    return Move(
        spot=spot, kind=_kind(before, after), before=before, after=after, node=node.item(), direction=way
    )


def _set(before: Sequence[Any], after: Sequence[Any], node: Node, spot: Spot) -> Iterator[Move]:
    first = {canonical(item): position for position, item in reversed(list(enumerate(before)))}
    second = {canonical(item): position for position, item in reversed(list(enumerate(after)))}
    gone = [first[text] for text in sorted(first.keys() - second.keys())]
    come = [second[text] for text in sorted(second.keys() - first.keys())]
    for was, now in _pairs(before, gone, after, come):
        if was is not None and now is not None:
            step = Item(told_apart(after[now])[0])
            yield from _walk(before[was], after[now], node.item(), spot.item(step, was=was, now=now))
        elif was is not None:
            yield _element(before[was], None, node, spot.element(was=was))
        elif now is not None:
            yield _element(None, after[now], node, spot.element(now=now))


def _pairs(
    before: Sequence[Any], gone: list[int], after: Sequence[Any], come: list[int]
) -> Iterator[tuple[int | None, int | None]]:
    """Elements that are one edited, found by what tells them apart where that is unique; then the rest."""
    left = _alone(before, gone)
    right = _alone(after, come)
    for mark in sorted(left.keys() & right.keys()):
        yield left[mark], right[mark]
    paired = left.keys() & right.keys()
    yield from ((was, None) for was in gone if was not in {left[mark] for mark in paired})
    yield from ((None, now) for now in come if now not in {right[mark] for mark in paired})


def _alone(items: Sequence[Any], positions: list[int]) -> dict[tuple[str, str], int]:
    marked = [(told_apart(items[at]), at) for at in positions if isinstance(items[at], Mapping)]
    seen = Counter(mark for mark, _ in marked)
    return {mark: at for mark, at in marked if seen[mark] == 1}


def told_apart(item: Mapping[str, Any]) -> tuple[str, str]:
    """What an element goes by, and of which shape it is."""
    named = next((key for key in _DISCRIMINATORS if isinstance(item.get(key), str)), None)
    shape = sorted(key for key, value in item.items() if value is not None)
    return (str(item[named]) if named else "-".join(shape), named or "")


def _ordered(before: Sequence[Any], after: Sequence[Any], node: Node, spot: Spot) -> Iterator[Move]:
    """Places that hold something else; and once for the whole list, that what stayed was moved."""
    first, second = list(map(canonical, before)), list(map(canonical, after))
    kept = Counter(first) & Counter(second)
    gone, come = _left_over(first, kept), _left_over(second, kept)
    if _stayed(first, gone) != _stayed(second, come):
        yield Move(
            spot=spot, kind=Kind.REORDERED, before=before, after=after, node=node, direction=Direction.NEUTRAL
        )
    for was, now in zip(gone, come, strict=False):
        yield from _walk(before[was], after[now], node.item(), spot.item(now, was=was, now=now))
    for was in gone[len(come) :]:
        yield _element(before[was], None, node, spot.item(was, was=was, now=None))
    for now in come[len(gone) :]:
        yield _element(None, after[now], node, spot.item(now, was=None, now=now))


def _left_over(texts: list[str], kept: Counter[str]) -> list[int]:
    room = Counter(kept)
    found = []
    for position, text in enumerate(texts):
        if room[text] > 0:
            room[text] -= 1
        else:
            found.append(position)
    return found


def _stayed(texts: list[str], without: list[int]) -> list[str]:
    skipped = set(without)
    return [text for position, text in enumerate(texts) if position not in skipped]
