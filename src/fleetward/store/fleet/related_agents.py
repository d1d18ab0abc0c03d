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

from fleetward.domain import layout, limits
from fleetward.domain.fleet import AgentKey, FleetConfig
from fleetward.store.formats.document import read_document
from fleetward.store.git.tree import REGULAR, Tree, TreeEntry

_SHARED = {"sharedState": ("name",), "tools": ("identity",)}
_DEPENDED_ON = {"dependsOn": ("agent",), "sharedState": ("owner",)}
_SCHEMAS = {layout.MANIFEST: "agent", layout.OVERRIDES: "overrides"}
_UNREADABLE = b"\0"
"""In place of a text that cannot be had."""

Texts = Mapping[str, Mapping[str, bytes]]
"""By agent and path what was written of it."""


def related_keys(
    tree: Tree, config: FleetConfig, environment: str, names: Collection[str]
) -> frozenset[AgentKey]:
    """These agents wherever they are, and all that hang together with them in *environment*."""
    everywhere = [
        layout.agent_folder(stage.name, name) for stage in config.environments for name in sorted(names)
    ]
    tops = [f"{top}/{environment}" for top in (layout.ENVIRONMENTS, layout.PROPOSALS)]
    texts = _texts(tree, tree.entries(*tops, *everywhere))
    related = _related_names(texts, names)
    stages = ((stage.name, name) for stage in config.environments for name in names)
    return frozenset((*stages, *((environment, name) for name in related)))


def _related_names(texts: Texts, names: Collection[str]) -> frozenset[str]:
    """Those that name one of *names* or share something with it, and whom all of these rely on, to the last."""
    words = {word for name in names for word in (name, *_fields(texts.get(name, {}), _SHARED))}
    front, related = {*names, *_agents_mentioning(texts, words)}, set[str]()
    while front:
        related |= front
        front = {
            word for name in front for word in _dependencies(texts.get(name, {})) if word in texts
        } - related
    return frozenset(related)


def _agents_mentioning(texts: Texts, words: Collection[str]) -> Iterator[str]:
    """The agents in whose texts one of the words stands, or could."""
    sought = (b"\\", b"\0", *(_first_word(word) for word in sorted(words)))
    # one word after the other: several times faster than a pattern of all of them
    return (
        name
        for name, agent_texts in texts.items()
        if any(word in text for text in agent_texts.values() for word in sought)
    )


def _first_word(word: str) -> bytes:
    """What of a name stands on one line however it is folded."""
    return (word.split() or [word])[0].encode("utf-8", "surrogatepass")


def _dependencies(agent_texts: Mapping[str, bytes]) -> Iterator[str]:
    """The agents that this one names."""
    yield from _fields(agent_texts, _DEPENDED_ON)
    for spec in _specs(agent_texts):
        retirement = spec.get("retirement")
        if isinstance(retirement, dict):
            yield str(retirement.get("replacedBy"))


def _fields(agent_texts: Mapping[str, bytes], sought: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The texts that stand in these fields of these lists."""
    for spec in _specs(agent_texts):
        for key, fields in sought.items():
            items = spec.get(key)
            for item in items if isinstance(items, list) else ():
                values = [item.get(field) for field in fields] if isinstance(item, dict) else []
                yield from (value for value in values if isinstance(value, str) and value)


def _specs(agent_texts: Mapping[str, bytes]) -> Iterator[Mapping[str, Any]]:
    for path, text in agent_texts.items():
        data = read_document(text, path, _SCHEMAS[path.rpartition("/")[2]]).data
        spec = data.get("spec") if isinstance(data, dict) else None
        if isinstance(spec, dict):
            yield spec


def _texts(tree: Tree, entries: Collection[TreeEntry]) -> Texts:
    agent_files = [entry for entry in entries if _is_spec_file(entry.path)]
    contents = tree.read([entry for entry in agent_files if entry.mode in REGULAR], limits.AGENT_FILE_BYTES)
    texts_by_agent: dict[str, dict[str, bytes]] = {}
    for entry in agent_files:
        content = contents.get(entry.path)
        agent_texts = texts_by_agent.setdefault(entry.path.split("/")[2], {})
        agent_texts[entry.path] = content if isinstance(content, bytes) else _UNREADABLE
    return texts_by_agent


def _is_spec_file(path: str) -> bool:
    parts = path.split("/")
    return len(parts) == 4 and parts[3] in _SCHEMAS
