"""Compare the agents of both sides, in batches that worker processes share."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import partial

from fleetward.domain import layout
from fleetward.domain.change import Comparison, Unreadable
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import AgentKey
from fleetward.domain.manifest import Agent
from fleetward.store.fleet.agent_assembly import build_candidate
from fleetward.store.fleet.file_checks import printable_path
from fleetward.store.fleet.load import LoadedFleet, with_agents
from fleetward.store.fleet.proposals import orphan_proposal
from fleetward.store.git.tree import TreeEntry
from fleetward.workflows import progress
from fleetward.workflows.comparison.agents import compare_agent
from fleetward.workflows.comparison.dependents import FleetFiles, find_dependents
from fleetward.workflows.comparison.pair import FleetPair
from fleetward.workflows.comparison.requirements import with_requirements
from fleetward.workflows.comparison.revisions import Side
from fleetward.workflows.comparison.unreadable import path_finding, unreadable_agent
from fleetward.workflows.parallel import collector_paused, map_in_processes, process_count

KeyPair = tuple[AgentKey, AgentKey]
"""An agent's key at the base and at the head: they differ between two environments."""
_BATCH = 500
"""Pairs in memory at a time; each batch costs some processes of git."""
_MIN_PER_PROCESS = 10
"""Pairs for each worker process, from which starting it costs less than it saves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Some pairs, with both fleets loaded for them."""

    pair: FleetPair
    keys: Sequence[KeyPair]
    base: LoadedFleet | None
    head: LoadedFleet | None
    files: FleetFiles
    """All of the head."""


def compare_agents(
    pair: FleetPair, keys: Sequence[KeyPair], processes: int | None = None
) -> tuple[tuple[Comparison, ...], tuple[Unreadable, ...]]:
    """
    The changed agents, most significant first, and those that cannot be read.

    The result is the same for any number of *processes*.
    """
    with collector_paused():
        count = process_count(processes, len(keys), min_per_process=_MIN_PER_PROCESS)
        parts = map_in_processes(keys, partial(_compare_chunk, pair), count)
    # sorted at the end: the order must not depend on the number of processes
    comparisons = sorted((item for changed, _ in parts for item in changed), key=_sort_key)
    return tuple(comparisons), tuple(item for _, unreadable in parts for item in unreadable)


def _sort_key(comparison: Comparison) -> tuple[int, str, str]:
    row = comparison.row
    return row.significance.rank, row.environment, row.agent


def _compare_chunk(
    pair: FleetPair, keys: Sequence[KeyPair]
) -> list[tuple[list[Comparison], list[Unreadable]]]:
    """The part of one process: per batch the changed agents, and those that cannot be read."""
    files = FleetFiles(pair.head.tree)
    # loaded batch by batch: a large fleet would not fit into memory at once
    chunks = (keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH))
    parts = []
    for chunk in chunks:
        batch = _load_batch(pair, chunk, files)
        parts.append((list(_compare_batch(batch)), list(_unreadable(batch))))
        progress.add(len(chunk), len(keys), "agents")
    return parts


def _load_batch(pair: FleetPair, keys: Sequence[KeyPair], files: FleetFiles) -> _Batch:
    return _Batch(
        pair=pair,
        keys=keys,
        base=_load_agents(pair.base, pair.base_fleet, {base for base, _ in keys}),
        head=_load_agents(pair.head, pair.head_fleet, {head for _, head in keys}),
        files=files,
    )


def _load_agents(side: Side, fleet: LoadedFleet | None, keys: set[AgentKey]) -> LoadedFleet | None:
    """The fleet with these agents, and the agents of source environments that proposals would promote."""
    if fleet is None or fleet.snapshot is None:
        return fleet
    environments = {environment.name: environment for environment in fleet.snapshot.config.environments}
    sources = {
        # a proposal without an agent applies to the release of the source
        (environments[environment].sources[0], name)
        for environment, name in keys
        if environment in environments and environments[environment].gated
    }
    return with_agents(side.tree, fleet, keys | sources)


def _compare_batch(batch: _Batch) -> Iterator[Comparison]:
    for base_key, head_key in batch.keys:
        comparison = _compare_pair(batch, base_key, head_key)
        if comparison is not None:
            yield comparison


def _compare_pair(batch: _Batch, base_key: AgentKey, head_key: AgentKey) -> Comparison | None:
    """What changed of an agent; None if nothing did, or if a side cannot be read."""
    before, after = _agent_before(batch, base_key, head_key), _effective_agent(batch.head, head_key)
    # reported by _unreadable: half a comparison could look harmless
    if not all(agent is None or _is_comparable(agent) for agent in (before, after)):
        return None
    occasion = None
    if batch.pair.crossing is not None and (before is None or after is None):
        before, after, occasion = batch.pair.crossing.lone_pair(before, after)
    is_retired = after is None and before is not None
    snapshot = batch.pair.head_fleet.snapshot if batch.pair.head_fleet else None
    config = snapshot.config if snapshot else None
    comparison = compare_agent(
        batch.pair.policy_fleet,
        before,
        after,
        # asked for a retirement alone: it reads the whole head side (SPEC 5)
        find_dependents(batch.files, head_key, config) if is_retired else (),
        occasion,
    )
    return with_requirements(comparison, batch.pair.policy_fleet, before, after) if comparison else None


def _agent_before(batch: _Batch, base_key: AgentKey, head_key: AgentKey) -> Agent | None:
    """
    The agent at the base, with its proposal.

    A proposal that was promoted since is left out: the running agents are compared then.
    """
    base, head = (fleet.snapshot if fleet else None for fleet in (batch.base, batch.head))
    if base and head and base_key in base.proposals and head_key not in head.proposals:
        before, after = base.agents.get(base_key), head.agents.get(head_key)
        # the proposal moved into the folder: comparing it again would show no change
        if after is not None and (before is None or before.state != after.state):
            return before
    return _effective_agent(batch.base, base_key)


def _effective_agent(fleet: LoadedFleet | None, key: AgentKey) -> Agent | None:
    """The agent with its proposal; a proposal without an agent applies to that of the source environment."""
    snapshot = fleet.snapshot if fleet else None
    if snapshot is None:
        return None
    agent = snapshot.proposed_agents.get(key) or snapshot.agents.get(key)
    proposal = snapshot.proposals.get(key)
    if agent is not None or proposal is None:
        return agent
    environment = snapshot.config.environment(key[0])
    if environment is None or not environment.gated:
        return None
    source = snapshot.agents.get((environment.sources[0], key[1]))
    return build_candidate(source, key[0], proposal, proposed=True)[0] if source else None


def _is_comparable(agent: Agent) -> bool:
    return agent.manifest is not None and agent.readable


def _unreadable(batch: _Batch) -> Iterator[Unreadable]:
    if batch.base is not None:
        yield from _unreadable_agents(batch, batch.base, "base", {base for base, _ in batch.keys})
    if batch.head is not None:
        yield from _unreadable_agents(batch, batch.head, "head", {head for _, head in batch.keys})


def _unreadable_agents(
    batch: _Batch, fleet: LoadedFleet, side: str, keys: Collection[AgentKey]
) -> Iterator[Unreadable]:
    snapshot = fleet.snapshot
    if snapshot is None:
        return
    errors = [finding for finding in fleet.findings if finding.severity is Severity.ERROR]
    for key in sorted(keys):
        agent = _effective_agent(fleet, key)
        is_unreadable = agent is not None and not _is_comparable(agent)
        printable = (key[0], printable_path(key[1]))
        agent_errors = [finding for finding in errors if (finding.environment, finding.agent) == printable]
        if not is_unreadable:  # only its proposal is: the running agent is compared
            agent_errors = [
                finding for finding in agent_errors if finding.place.file.startswith(f"{layout.PROPOSALS}/")
            ]
        if agent_errors:
            yield unreadable_agent(printable, side, agent_errors[0], len(agent_errors) - 1)
        elif is_unreadable:
            folder = layout.agent_folder(*printable)
            message = "cannot be read with what is proposed"
            finding = path_finding("file-unreadable", message, folder, "fleet validate")
            yield unreadable_agent(printable, side, finding)
        # at the head alone: a proposal that the change removes is no fault
        elif agent is None and key in snapshot.proposals and side == "head":
            path = layout.proposal_file(*key)
            proposal = TreeEntry(path=path, mode=snapshot.proposals[key].mode)
            finding = orphan_proposal(key, proposal, snapshot.config, batch.files.agents)
            yield unreadable_agent(key, side, finding)
