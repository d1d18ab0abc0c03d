"""Every manifest that is one mistake away from a right one: systematic, so the same on every machine."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

Steps = tuple[str | int, ...]
Mutated = tuple[str, Any]
"""What was done, as ``kind at path``, and what came of it."""

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


def mutations(data: Any) -> Iterator[Mutated]:
    """Each of them made at each place of *data* where it can be made; no two results alike."""
    seen = {_text(data)}
    for path, value in list(_places(data, ())):
        for name, changed in _at(data, path, value):
            if (text := _text(changed)) not in seen:
                seen.add(text)
                yield f"{name} at {_shown(path)}", changed


def _at(data: Any, path: Steps, value: Any) -> Iterator[Mutated]:
    if path:
        yield "removed", _changed(data, path, _remove)
        for other in OTHERS:
            yield f"{_brief(other)} instead", _put(data, path, other)
    if path and isinstance(path[-1], str):
        for name in _names(path[-1]):
            yield f"renamed {name!r}", _changed(data, path, lambda above, key, name=name: _rename(above, key, name))
    if isinstance(value, dict):
        yield from _mapping(data, path, value)
    elif isinstance(value, list):
        yield from _list(data, path, value)
    else:
        yield from _scalar(data, path, value)


def _mapping(data: Any, path: Steps, value: dict[str, Any]) -> Iterator[Mutated]:
    for key in ("surprise", "x-ours", "X-ours", "x", "", "constructor", "__proto__"):
        yield f"a key {key!r} more", _put(data, path, {**value, key: 1})
    yield "120 keys more", _put(data, path, {**value, **{f"x-{number}": 1 for number in range(120)}})
    keys = list(value)
    for one, two in zip(keys, keys[1:], strict=False):
        yield f"{one} and {two} swapped", _put(data, path, {**value, one: value[two], two: value[one]})


def _list(data: Any, path: Steps, value: list[Any]) -> Iterator[Mutated]:
    yield "the first item twice", _put(data, path, [*value, *value[:1]])
    yield "turned into a mapping", _put(data, path, {str(index): one for index, one in enumerate(value)})
    yield "101 items", _put(data, path, [f"item-{number}" for number in range(101)])
    yield "100 items", _put(data, path, [f"item-{number}" for number in range(100)])
    yield "one within one", _put(data, path, [value])
    yield "1 and true and 1.0", _put(data, path, [1, True, 1.0])
    yield "of its first alone", _put(data, path, value[0] if value else "")


def _scalar(data: Any, path: Steps, value: Any) -> Iterator[Mutated]:
    others: tuple[Any, ...] = TEXTS if isinstance(value, str) else NUMBERS
    for other in others:
        yield f"{_brief(other)} instead", _put(data, path, other)
    if isinstance(value, str):
        yield "with a line feed", _put(data, path, f"{value}\n")
        yield "in capitals", _put(data, path, value.upper())
        yield "within a list", _put(data, path, [value])
    else:
        yield "as text", _put(data, path, str(value))


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


def _put(data: Any, path: Steps, value: Any) -> Any:
    return _changed(data, path, lambda above, key: above.__setitem__(key, value)) if path else value


def _changed(data: Any, path: Steps, change: Callable[[Any, Any], Any]) -> Any:
    changed = copy.deepcopy(data)
    spot = changed
    for step in path[:-1]:
        spot = spot[step]
    change(spot, path[-1])
    return changed


def _remove(above: Any, key: Any) -> None:
    del above[key]


def _rename(above: dict[str, Any], key: str, name: str) -> None:
    items = [(name if one == key else one, value) for one, value in above.items()]
    above.clear()
    above.update(items)


def _text(data: Any) -> str:
    return json.dumps(data)


def _brief(value: Any) -> str:
    shown = json.dumps(value)
    return shown if len(shown) <= 30 else f"{shown[:20]}... ({len(shown)})"


def _shown(path: Steps) -> str:
    return ".".join(str(step) for step in path) or "the top"
