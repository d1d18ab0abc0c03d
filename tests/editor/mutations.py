"""Every manifest that is one mistake away from a valid one, the same on every machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from typing import Any

Steps = tuple[str | int, ...]
Change = Callable[[Any, Any], None]
"""Is given what holds the value, and its key there."""

OTHERS: tuple[Any, ...] = (None, True, 0, 1.0, "", "1", [], {}, [None], {"a": 1})
"""One of every type, and what some readers take for another."""
NUMBERS = (-1, 0, 0.5, 1, 1.0, 1.5, 7, 100, 10**6, 2**53, -0.0, 1e-9, 1e300)
TEXTS = (
    " ", "x", "X", "x\n", "\nx", "x y", "a" * 63, "a" * 64, "a" * 2001, "\U0001f600" * 60, "é", "é", "-", "a-", "0",
    "true", "2026-02-30", "2026-13-01", "0000-01-01", "2024-02-29", "2026-02-29", "2026-11-20\n", "2026-1-1",
    "P1D", "P1D\n", "P1M", "P1Y", "P", "PT", "P1.5D", "p1d", "-P1D", "PT90M", "P1DT1H", "https://a.example/",
    "https://", "ftp://a.example/", "javascript:alert(1)", "a@b", "a@b@c", "../x.md", "x/../y.md", "prompts/system.md",
    "prompts//x", "/x", "C:\\x", "sha256:" + "0" * 64, "sha256:" + "0" * 63, "0" * 40, "*", "a*", "EUR", "eur",
    "x-ours", "٣", "K",
)  # fmt: skip


def mutations(data: Any, every: int = 1) -> Iterator[tuple[str, Any]]:
    """Each mutation as ``kind at path`` with its data, or one in *every*; only those that differ from *data*."""
    before = json.dumps(data)
    changes = ((name, path, change) for path, value in _places(data, ()) for name, change in _at(path, value))
    for name, path, change in islice(changes, 0, None, every):
        root = [json.loads(before)]
        above: Any = root
        for step in (0, *path)[:-1]:
            above = above[step]
        change(above, (0, *path)[-1])
        if json.dumps(root[0]) != before:
            yield f"{name} at {'.'.join(map(str, path)) or 'the top'}", root[0]


def _at(path: Steps, value: Any) -> Iterator[tuple[str, Change]]:
    if path:
        yield "removed", lambda above, key: above.__delitem__(key)
        for replacement in OTHERS:
            yield f"{_brief(replacement)} instead", _put(replacement)
    if path and isinstance(path[-1], str):
        for name in _names(path[-1]):
            yield f"renamed {name!r}", _rename(name)
    if isinstance(value, dict):
        yield from _mapping(value)
    elif isinstance(value, list):
        yield from _list(value)
    else:
        yield from _scalar(value)


def _mapping(value: dict[str, Any]) -> Iterator[tuple[str, Change]]:
    for key in ("surprise", "x-ours", "X-ours", "x", "", "constructor", "__proto__"):
        yield f"a key {key!r} more", _put({**value, key: 1})
    yield "120 keys more", _put({**value, **{f"x-{number}": 1 for number in range(120)}})
    for first, second in pairwise(value):
        yield f"{first} and {second} swapped", _put({**value, first: value[second], second: value[first]})


def _list(value: list[Any]) -> Iterator[tuple[str, Change]]:
    yield "the first item twice", _put([*value, *value[:1]])
    yield "turned into a mapping", _put({str(index): item for index, item in enumerate(value)})
    yield "101 items", _put([f"item-{number}" for number in range(101)])
    yield "100 items", _put([f"item-{number}" for number in range(100)])
    yield "one within one", _put([value])
    yield "1 and true and 1.0", _put([1, True, 1.0])
    yield "of its first alone", _put(value[0] if value else "")


def _scalar(value: Any) -> Iterator[tuple[str, Change]]:
    replacements: tuple[Any, ...] = TEXTS if isinstance(value, str) else NUMBERS
    for replacement in replacements:
        yield f"{_brief(replacement)} instead", _put(replacement)
    if isinstance(value, str):
        yield "with a line feed", _put(f"{value}\n")
        yield "in capitals", _put(value.upper())
        yield "within a list", _put([value])
    else:
        yield "as text", _put(str(value))


def _names(key: str) -> tuple[str, ...]:
    return (f"{key}s", key.upper(), key[:-1], f"x-{key}", f" {key}")


def _places(value: Any, path: Steps) -> Iterator[tuple[Steps, Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _places(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _places(child, (*path, index))


def _put(value: Any) -> Change:
    return lambda above, key: above.__setitem__(key, value)


def _rename(name: str) -> Change:
    def change(above: dict[str, Any], key: str) -> None:
        items = [(name if old == key else old, value) for old, value in above.items()]
        above.clear()
        above.update(items)

    return change


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 30 else f"{text[:20]}... ({len(text)})"
