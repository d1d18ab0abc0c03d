"""
Which agents of an environment hang together by a name.

A rule about one agent looks at another only where one names the other, where both name the same state or account,
or along a chain of calls. So the findings on an agent, and those that it causes for others, are the same whether the
fleet is read whole, or no more of it than hangs together with that agent. Where a name stands is looked for in the
text as it is written, which finds too many rather than too few; a text with a backslash or a NUL in it may spell a
name in another way, and one that cannot be had may say anything: these always belong to them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from fleetward.domain import digest
from fleetward.domain.fleet import FleetConfig, Key
from fleetward.domain.manifest import MANIFEST
from fleetward.store.fleet.agents import ENVIRONMENTS, PROPOSALS
from fleetward.store.fleet.file_checks import LARGEST_FILE
from fleetward.store.formats.document import document
from fleetward.store.git.tree import REGULAR, Entry, Tree

_SHARED = {"sharedState": ("name",), "tools": ("identity",)}
_CALLED = {"dependsOn": ("agent",), "sharedState": ("owner",)}
_SCHEMAS = {MANIFEST: "agent", digest.OVERRIDES: "overrides"}
_UNKNOWN = b"\0"
"""In place of a text that cannot be had."""

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
    """Those that name one of *names* or share something with it, and whom all of these rely on, to the last."""
    words = {word for name in names for word in (name, *_fields(texts.get(name, {}), _SHARED))}
    front, found = {*names, *_naming(texts, words)}, set[str]()
    while front:
        found |= front
        front = {word for name in front for word in _relied(texts.get(name, {})) if word in texts} - found
    return frozenset(found)


def _naming(texts: Texts, words: Collection[str]) -> Iterator[str]:
    """The agents in whose texts one of the words stands, or could."""
    sought = (b"\\", b"\0", *(_start(word) for word in sorted(words)))
    # one word after the other: several times faster than a pattern of all of them
    return (
        name for name, own in texts.items() if any(word in text for text in own.values() for word in sought)
    )


def _start(word: str) -> bytes:
    """What of a name stands on one line however it is folded."""
    return (word.split() or [word])[0].encode("utf-8", "surrogatepass")


def _relied(own: Mapping[str, bytes]) -> Iterator[str]:
    """The agents that this one names."""
    yield from _fields(own, _CALLED)
    for spec in _specs(own):
        retirement = spec.get("retirement")
        if isinstance(retirement, dict):
            yield str(retirement.get("replacedBy"))


def _fields(own: Mapping[str, bytes], sought: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The texts that stand in these fields of these lists."""
    for spec in _specs(own):
        for key, fields in sought.items():
            items = spec.get(key)
            for item in items if isinstance(items, list) else ():
                values = [item.get(field) for field in fields] if isinstance(item, dict) else []
                yield from (value for value in values if isinstance(value, str) and value)


def _specs(own: Mapping[str, bytes]) -> Iterator[Mapping[str, Any]]:
    for path, text in own.items():
        data = document(text, path, _SCHEMAS[path.rpartition("/")[2]]).data
        spec = data.get("spec") if isinstance(data, dict) else None
        if isinstance(spec, dict):
            yield spec


def _texts(tree: Tree, entries: Collection[Entry]) -> Texts:
    wanted = [one for one in entries if _written(one.path)]
    contents = tree.read([one for one in wanted if one.mode in REGULAR], LARGEST_FILE)
    found: dict[str, dict[str, bytes]] = {}
    for one in wanted:
        content = contents.get(one.path)
        own = found.setdefault(one.path.split("/")[2], {})
        own[one.path] = content if isinstance(content, bytes) else _UNKNOWN
    return found


def _written(path: str) -> bool:
    parts = path.split("/")
    return len(parts) == 4 and parts[3] in _SCHEMAS
