"""Agents that were added and look like ones that are gone: the same content under another name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fleetward.domain import digest, layout, limits
from fleetward.domain.change import AgentStatus, Comparison
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.fleet.agent_references import renamed_text
from fleetward.store.formats.strict_yaml import parse_yaml
from fleetward.store.git.contents import contents
from fleetward.store.git.tree import Tree

_NAMING = (layout.MANIFEST, layout.OVERRIDES)
_MAX_AGENTS = 200
"""Agents of each kind; where more come and go, a name is the least of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lone:
    """An agent that one side alone has."""

    environment: str
    """Empty where environments are compared with each other."""
    name: str
    files: Mapping[str, bytes]

    @property
    def signature(self) -> tuple[str, str]:
        """The environment, and the digest of the files that do not hold its name."""
        others = ((path, text) for path, text in self.files.items() if path not in _NAMING)
        return self.environment, digest.of_files(others)


def with_renames(
    comparisons: Sequence[Comparison], before: Tree, after: Tree, *, across: bool = False
) -> tuple[Comparison, ...]:
    """
    The same comparisons; an agent that looks renamed says what it was, and the old one what it became.

    *before* holds the agents that are gone, *after* those that are new; *across*: in another environment.
    """
    gone = _lone_agents(comparisons, AgentStatus.RETIRED, before, across)
    new = _lone_agents(comparisons, AgentStatus.ADDED, after, across)
    if not gone or not new or max(len(gone), len(new)) > _MAX_AGENTS:
        return tuple(comparisons)
    pairs = dict(_pairs(gone, new))
    formers = {name: old for old, name in pairs.items()}
    return tuple(_with_rename(comparison, pairs, formers) for comparison in comparisons)


def _lone_agents(
    comparisons: Iterable[Comparison], status: AgentStatus, tree: Tree, across: bool
) -> list[_Lone]:
    agents = []
    for row in (comparison.row for comparison in comparisons if comparison.row.status is status):
        folder = layout.agent_folder(row.environment, row.agent)
        files = contents(tree, folder, limit=limits.AGENT_FILE_BYTES)
        if files:
            by_path = {path[len(folder) + 1 :]: content for path, content in files.items()}
            agents.append(_Lone(environment="" if across else row.environment, name=row.agent, files=by_path))
    return agents


def _pairs(gone: Sequence[_Lone], new: Sequence[_Lone]) -> Iterable[tuple[str, str]]:
    by_signature: dict[tuple[str, str], list[_Lone]] = {}
    for agent in gone:
        by_signature.setdefault(agent.signature, []).append(agent)
    taken: set[str] = set()
    for agent in new:
        former = next(
            (
                old
                for old in by_signature.get(agent.signature, ())
                if old.name not in taken and _is_same(old, agent)
            ),
            None,
        )
        if former is not None:
            taken.add(former.name)
            yield former.name, agent.name


def _is_same(old: _Lone, new: _Lone) -> bool:
    """Do both say the same but for the name? Comments and layout may differ."""
    try:
        return all(
            _data(renamed_text(old.files[path], old.name, new.name, path) if path in old.files else None)
            == _data(new.files.get(path))
            for path in _NAMING
        )
    except FleetError:
        return False


def _data(text: bytes | None) -> object:
    return None if text is None else parse_yaml(text, "").data


def _with_rename(comparison: Comparison, pairs: Mapping[str, str], formers: Mapping[str, str]) -> Comparison:
    row = comparison.row
    if row.status is AgentStatus.ADDED and (old := formers.get(row.agent)):
        words = f"looks like a rename of {old!r}: the same content under another name"
        return _saying(replace(comparison, rename_of=old), words)
    if row.status is AgentStatus.RETIRED and (new := pairs.get(row.agent)):
        words = f"looks like a rename to {new!r}: the same content under another name"
        return _saying(replace(comparison, renamed_to=new), words)
    return comparison


def _saying(comparison: Comparison, words: str) -> Comparison:
    changes = tuple(replace(change, reason=f"{change.reason}; {words}") for change in comparison.changes)
    return replace(comparison, changes=changes)
