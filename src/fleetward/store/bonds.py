"""
Which agents of an environment hang together by a name.

A rule about one agent looks at others only where one names the other, or both name the same: an agent that is called,
a state that is shared, an account, a successor. So the findings on an agent are the same whether the fleet is read
whole, or no more of it than hangs together with that agent. Where a name stands is looked for in the text as it is
written, which finds too many rather than too few; a text with a backslash in it may spell a name in another way, and
always belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from fleetward.domain import digest
from fleetward.domain.fleet import FleetConfig, Key
from fleetward.domain.manifest import MANIFEST
from fleetward.store.agents import ENVIRONMENTS, LARGEST_FILE, PROPOSALS
from fleetward.store.document import document
from fleetward.store.tree import REGULAR, Entry, Tree

_LISTS: Mapping[str, tuple[str, ...]] = {
    "dependsOn": ("agent",),
    "sharedState": ("name", "owner"),
    "tools": ("identity",),
}
_SCHEMAS = {MANIFEST: "agent", digest.OVERRIDES: "overrides"}

Texts = Mapping[str, Mapping[str, bytes]]
"""By agent and path what was written of it."""


def together(tree: Tree, config: FleetConfig, environment: str, names: Collection[str]) -> frozenset[Key]:
    """These agents wherever they are, and all that hang together with them in *environment*."""
    everywhere = [
        f"{ENVIRONMENTS}/{one.name}/{name}" for one in config.environments for name in sorted(names)
    ]
    tops = [f"{top}/{environment}" for top in (ENVIRONMENTS, PROPOSALS)]
    texts = _texts(tree, tree.entries(*tops, *everywhere))
    found = _reached(texts, names)
    stages = ((one.name, name) for one in config.environments for name in names)
    return frozenset((*stages, *((environment, name) for name in found)))


def _reached(texts: Texts, names: Collection[str]) -> frozenset[str]:
    """From one to the next by every name that they share."""
    odd = {name for name, own in texts.items() if any(b"\\" in text for text in own.values())}
    front, found, seen = {*names, *odd}, set[str](), set[str]()
    while front:
        found |= front
        words = {word for name in front for word in _words(name, texts.get(name, {}))} - seen
        seen |= words
        front = _naming(texts, words) - found if words else set()
    return frozenset(found)


def _naming(texts: Texts, words: Collection[str]) -> set[str]:
    """The agents of these names, and those in whose texts one of the words stands."""
    sought = re.compile(b"|".join(re.escape(_start(word)) for word in sorted(words)))
    holding = {name for name, own in texts.items() if any(sought.search(text) for text in own.values())}
    return holding | {word for word in words if word in texts}


def _start(word: str) -> bytes:
    """What of a name stands on one line however it is folded."""
    return (word.split() or [word])[0].encode("utf-8", "surrogatepass")


def _words(name: str, own: Mapping[str, bytes]) -> Iterator[str]:
    """The names by which others could be bound to this agent."""
    yield name
    for path, text in own.items():
        data = document(text, path, _SCHEMAS[path.rpartition("/")[2]]).data
        spec = data.get("spec") if isinstance(data, dict) else None
        if isinstance(spec, dict):
            yield from _named(spec)


def _named(spec: Mapping[str, Any]) -> Iterator[str]:
    for key, fields in _LISTS.items():
        items = spec.get(key)
        for item in items if isinstance(items, list) else ():
            yield from (item[field] for field in fields if isinstance(item, dict) and _text(item.get(field)))
    retirement = spec.get("retirement")
    successor = retirement.get("replacedBy") if isinstance(retirement, dict) else None
    yield from (one for one in (successor,) if _text(one))


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _texts(tree: Tree, entries: Collection[Entry]) -> Texts:
    wanted = [one for one in entries if one.mode in REGULAR and _written(one.path)]
    found: dict[str, dict[str, bytes]] = {}
    for path, content in tree.read(wanted, LARGEST_FILE).items():
        own = found.setdefault(path.split("/")[2], {})
        if isinstance(content, bytes):
            own[path] = content
    return found


def _written(path: str) -> bool:
    parts = path.split("/")
    return len(parts) == 4 and parts[3] in _SCHEMAS
