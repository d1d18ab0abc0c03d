"""Texts and places of a fleet's files, read again on demand: reports need few of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from fleetward.domain import layout
from fleetward.domain.finding import Place
from fleetward.domain.fleet import AgentKey
from fleetward.domain.manifest import Agent
from fleetward.store.fleet.agents import read_agents
from fleetward.store.fleet.load import FleetOutline
from fleetward.workflows.validation.agent_checker import AgentFiles, read_contents


def text_reader(fleet: FleetOutline) -> Callable[[str], str]:
    """A function from the path of a file to its text."""

    def text(file: str) -> str:
        if file in fleet.contents:
            return fleet.contents[file].decode("utf-8-sig", "replace")
        entries = [entry for entry in fleet.agent_entries if entry.path == file]
        content = read_contents(fleet.tree, entries).get(file)
        return content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else ""

    return lru_cache(maxsize=64)(text)


def place_finder(fleet: FleetOutline, agents: Sequence[AgentFiles]) -> Callable[[AgentKey, bool, str], Place]:
    """A function from an agent's key, whether its proposal is meant, and a path to the place in the file."""
    entries = {agent.key: agent.entries for agent in agents}

    @lru_cache(maxsize=64)
    def load(key: AgentKey, proposed: bool) -> Agent | None:
        governance = fleet.governance_snapshot
        if governance is None:
            return None
        loaded = read_agents(entries[key], read_contents(fleet.tree, entries[key]), governance.config)
        agent = (loaded.proposed if proposed else loaded.agents).get(key)
        return agent and agent.as_read

    def locate(key: AgentKey, proposed: bool, path: str) -> Place:
        agent = load(key, proposed)
        if agent is None or agent.manifest is None:  # the file has changed since
            return Place(file=layout.manifest_file(*key))
        return agent.manifest.place(path)

    return locate
