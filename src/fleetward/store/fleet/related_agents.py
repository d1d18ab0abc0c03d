"""
Which agents have to be loaded together: those that refer to each other, or share a resource.

A rule about one agent looks at another only where one names the other, where both name the same state or account,
or along a chain of dependencies. So the findings about an agent are the same whether the whole fleet is loaded, or
only the agents that are related to it. Names are searched in the raw text, which finds too many agents rather than
too few. A text with a backslash or a NUL may spell a name in another way, and a file that cannot be read may hold
anything: their agents always count as related.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from fleetward.domain import layout, limits
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import AgentKey, FleetConfig
from fleetward.store.formats.document import DocumentCache, read_document
from fleetward.store.git.tree import REGULAR, Tree, TreeEntry

_SHARED = {"sharedState": ("name",), "tools": ("identity",)}
"""Fields of lists in ``spec`` that name something which several agents may use."""
_DEPENDED_ON = {"dependsOn": ("agent",), "sharedState": ("owner",)}
"""Fields of lists in ``spec`` that name another agent."""
_SCHEMAS = {layout.MANIFEST: "agent", layout.OVERRIDES: "overrides"}
_UNREADABLE = b"\0"
"""Stands for the text of a file that cannot be read."""


def related_keys(
    tree: Tree,
    config: FleetConfig,
    environment: str,
    names: Collection[str],
    documents: DocumentCache | None = None,
) -> frozenset[AgentKey]:
    """These agents in every environment, and all agents that are related to them in *environment*."""
    folders = [
        layout.agent_folder(stage.name, name) for stage in config.environments for name in sorted(names)
    ]
    tops = [f"{top}/{environment}" for top in (layout.ENVIRONMENTS, layout.PROPOSALS)]
    texts = _AgentTexts(texts=_read_texts(tree, tree.entries(*tops, *folders)), documents=documents)
    related = _related_names(texts, names)
    stages = ((stage.name, name) for stage in config.environments for name in names)
    return frozenset((*stages, *((environment, name) for name in related)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _AgentTexts:
    """The manifests, overrides and proposals of some agents, by name and path."""

    texts: Mapping[str, Mapping[str, bytes]]
    documents: DocumentCache | None

    def mentioning(self, words: Collection[str]) -> Iterator[str]:
        """The agents in whose texts one of the words occurs, or could."""
        sought = (b"\\", b"\0", *(_first_word(word) for word in sorted(words)))
        # one word after the other: several times faster than one pattern of all of them
        return (
            name
            for name, files in self.texts.items()
            if any(word in text for text in files.values() for word in sought)
        )

    def dependencies(self, name: str) -> Iterator[str]:
        """The agents that *name* refers to."""
        yield from self.fields(name, _DEPENDED_ON)
        for spec in self._specs(name):
            retirement = spec.get("retirement")
            if isinstance(retirement, dict):
                yield str(retirement.get("replacedBy"))
        yield from self.starters(name)

    def starters(self, name: str) -> Iterator[str]:
        """The agents whose completion starts *name*."""
        for spec in self._specs(name):
            orchestration = spec.get("orchestration")
            triggers = orchestration.get("triggers") if isinstance(orchestration, dict) else None
            for trigger in triggers if isinstance(triggers, list) else ():
                yield str(trigger.get("of") if isinstance(trigger, dict) else None)

    def fields(self, name: str, sought: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        """The texts in these fields of these lists of the agent's ``spec``."""
        for spec in self._specs(name):
            for key, fields in sought.items():
                items = spec.get(key)
                for item in items if isinstance(items, list) else ():
                    values = [item.get(field) for field in fields] if isinstance(item, dict) else []
                    yield from (value for value in values if isinstance(value, str) and value)

    def _specs(self, name: str) -> Iterator[Mapping[str, Any]]:
        for path, text in self.texts.get(name, {}).items():
            kind = _SCHEMAS[path.rpartition("/")[2]]
            data = read_document(text, path, kind, documents=self.documents).data
            spec = data.get("spec") if isinstance(data, dict) else None
            if isinstance(spec, dict):
                yield spec


def _related_names(texts: _AgentTexts, names: Collection[str]) -> frozenset[str]:
    """*names*, the agents that mention them or what they share, and all that these depend on, however deep."""
    words = {word for name in names for word in (name, *texts.fields(name, _SHARED))}
    added, related = {*names, *texts.mentioning(words)}, set[str]()
    # a circle is found from each of its agents, and a trigger stands with the agent that it starts
    starters = {name: frozenset(texts.starters(name)) for name in texts.mentioning(["completion"])}
    while added:
        related |= added
        dependencies = {word for name in added for word in texts.dependencies(name)}
        started = {name for name, before in starters.items() if before & added}
        added = ((dependencies | started) & texts.texts.keys()) - related
    return frozenset(related)


def _first_word(word: str) -> bytes:
    """The part of a name that is on one line, however YAML folds it."""
    return (word.split() or [word])[0].encode("utf-8", "surrogatepass")


def _read_texts(tree: Tree, entries: Collection[TreeEntry]) -> Mapping[str, Mapping[str, bytes]]:
    spec_files = [entry for entry in entries if _is_spec_file(entry.path)]
    contents = tree.read([entry for entry in spec_files if entry.mode in REGULAR], limits.AGENT_FILE_BYTES)
    texts: dict[str, dict[str, bytes]] = {}
    for entry in spec_files:
        content = contents.get(entry.path)
        files = texts.setdefault(entry.path.split("/")[2], {})
        files[entry.path] = content if isinstance(content, bytes) else _UNREADABLE
    return texts


def _is_spec_file(path: str) -> bool:
    parts = path.split("/")
    return len(parts) == 4 and parts[3] in _SCHEMAS
