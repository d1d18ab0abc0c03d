"""Check each agent on its own, in batches: results can be cached, and come from other processes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from fleetward import rules
from fleetward.domain import limits
from fleetward.domain.agent_check import AgentCheck
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import AgentKey
from fleetward.store.cache.agent_summary import encode
from fleetward.store.cache.keys import agent_key, governance_key
from fleetward.store.fleet.agents import folder_of, read_agents
from fleetward.store.fleet.file_checks import Contents
from fleetward.store.fleet.load import FleetOutline
from fleetward.store.git.tree import REGULAR, Tree, TreeEntry
from fleetward.workflows import progress

if TYPE_CHECKING:
    from fleetward.store.cache.validation_cache import ValidationCache

BATCH = 100
"""Agents in memory at a time."""


@dataclass(frozen=True, slots=True)
class AgentFiles:
    """The files of an agent and of its proposal."""

    key: AgentKey
    entries: tuple[TreeEntry, ...]


def group_by_agent(entries: Iterable[TreeEntry]) -> tuple[list[AgentFiles], list[TreeEntry]]:
    """The agents, sorted by key, and the files that belong to none."""
    by_key: dict[AgentKey, list[TreeEntry]] = {}
    other_entries = []
    for entry in entries:
        folder = folder_of(entry)
        if folder is None:
            other_entries.append(entry)
        else:
            by_key.setdefault(folder[1:], []).append(entry)
    return [AgentFiles(key, tuple(by_key[key])) for key in sorted(by_key)], other_entries


class AgentChecker:
    """Checks agents under one governance; those that are cached are not read again."""

    def __init__(self, fleet: FleetOutline, now: datetime, cache: ValidationCache | None) -> None:
        self.fleet, self.now = fleet, now
        self.cached = cache.agent_checks if cache else {}
        self.compared = rules.compared_fields()
        self.governance_key = governance_key(fleet, now)
        governance = fleet.governance_snapshot
        self.attestations = governance.attestations if governance else {}

    def check(self, agents: Sequence[AgentFiles]) -> list[Any]:
        """For each agent its cache key and its encoded check, None if that is cached; picklable."""
        answers: list[Any] = []
        for batch in _batches(agents):
            answers.extend(self._check_batch(batch))
            progress.add(len(batch), len(agents), "agents")
        return answers

    def _check_batch(self, agents: Sequence[AgentFiles]) -> Iterator[list[Any]]:
        entries = (entry for agent in agents for entry in agent.entries)
        contents = read_contents(self.fleet.tree, entries)
        keys = [
            agent_key(
                self.governance_key,
                agent.key,
                agent.entries,
                contents,
                self.attestations.get(agent.key[1], ()),
            )
            for agent in agents
        ]
        changed = [agent for agent, key in zip(agents, keys, strict=True) if key not in self.cached]
        checks = {check.key: encode(check, self.compared) for check in self._check(changed, contents)}
        for agent, key in zip(agents, keys, strict=True):
            yield [key, checks.get(agent.key)]

    def _check(self, agents: Sequence[AgentFiles], contents: Contents) -> Iterator[AgentCheck]:
        governance = self.fleet.governance_snapshot
        if governance is None:
            return
        read = [(agent, read_agents(agent.entries, contents, governance.config)) for agent in agents]
        snapshot = replace(
            governance,
            agents={key: agent.as_read for _, loaded in read for key, agent in loaded.agents.items()},
            proposed_agents={
                key: agent.as_read for _, loaded in read for key, agent in loaded.proposed.items()
            },
            ledgers={},
        )
        findings: dict[AgentKey, list[Finding]] = defaultdict(list)
        for finding in rules.agent_findings(snapshot, self.now) if self.fleet.governance_valid else ():
            findings[finding.environment or "", finding.agent or ""].append(finding)
        for files, loaded in read:
            yield AgentCheck(
                key=files.key,
                load_findings=loaded.findings,
                rule_findings=tuple(findings[files.key]),
                files=count_read(files.entries, contents),
                agent=snapshot.agents.get(files.key),
                proposed_agent=snapshot.proposed_agents.get(files.key),
            )


def _batches(agents: Sequence[AgentFiles]) -> Iterator[Sequence[AgentFiles]]:
    remaining = iter(agents)
    while batch := tuple(islice(remaining, BATCH)):
        yield batch


def read_contents(tree: Tree, entries: Iterable[TreeEntry]) -> Contents:
    """The contents of regular files, by path; a size for files that are too large for an agent."""
    return tree.read((entry for entry in entries if entry.mode in REGULAR), limits.AGENT_FILE_BYTES)


def count_read(entries: Iterable[TreeEntry], contents: Contents) -> int:
    """How many of *entries* were read."""
    return sum(isinstance(contents.get(entry.path), bytes) for entry in entries)
