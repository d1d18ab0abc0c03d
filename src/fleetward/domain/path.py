"""Paths into a document, written as in ``spec.tools[crm].allow``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any


class ItemKey(str):
    """The key of an item in a keyed list: the ``crm`` of ``spec.tools[crm]``."""

    __slots__ = ()


Step = str | int
Steps = tuple[Step, ...]

ITEM_KEYS = ("name", "agent", "window", "id")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_ITEM = re.compile(r"[A-Za-z0-9_.:/@-]+")
_LAST = re.compile(r"""(\.[^.\[\]]+|\[("(?:[^"\\]|\\.)*"|[^\]]*)\])$""")
_TOKEN = re.compile(r'\[("(?:[^"\\]|\\.)*"|[^\]]*)\]|([^.\[\]]+)')


def format_path(steps: Iterable[Step]) -> str:
    """The path as text: ``("spec", "tools", Item("crm"), "allow", 0)`` is ``spec.tools[crm].allow[0]``."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif isinstance(step, ItemKey):
            text += f"[{step if _PLAIN_ITEM.fullmatch(step) else json.dumps(str(step))}]"
        elif _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step)}]"
    return text


@lru_cache(maxsize=4096)
def parse_path(path: str) -> tuple[str, ...]:
    """The keys of a written path, brackets and quotes taken off."""
    keys = []
    for bracketed, plain in _TOKEN.findall(path):
        keys.append(json.loads(bracketed) if bracketed.startswith('"') else bracketed or plain)
    return tuple(keys)


def parent_path(path: str) -> str:
    """The path of the mapping or list around the value at *path*."""
    return _LAST.sub("", path)


def lookup(data: Any, path: str) -> tuple[bool, Any]:
    """Whether *path* exists in *data*, and its value; list items are found by key, else by position."""
    value = data
    for step in parse_path(path):
        if type(value) is dict:  # nearly always; asking for the abstract Mapping costs ten times as much
            if step not in value:
                return False, None
            value = value[step]
            continue
        exists, value = _step(value, step)
        if not exists:
            return False, None
    return True, value


def covers(pattern: str, path: str) -> bool:
    """Is *path* the path *pattern*, or inside it?"""
    return path == pattern or (path.startswith(pattern) and path[len(pattern)] in ".[")


def _step(value: Any, step: str) -> tuple[bool, Any]:
    if isinstance(value, Mapping):
        return (True, value[step]) if step in value else (False, None)
    if isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            if isinstance(item, Mapping) and step == item_key(item):
                return True, item
        # a key that looks like a number was searched first
        if step.isdigit() and int(step) < len(value):
            return True, value[int(step)]
    return False, None


def item_key(item: Any) -> str | None:
    """The key of a list item, None where it has none."""
    if isinstance(item, Mapping):
        for key in ITEM_KEYS:
            if isinstance(item.get(key), str):
                return str(item[key])
    return None
