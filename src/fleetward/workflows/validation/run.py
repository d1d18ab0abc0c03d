"""Validate a whole fleet: each agent on its own, then what rules find between agents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fleetward import __version__, rules
from fleetward.domain import layout
from fleetward.domain.attestation import Attestation
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import WAIVABLE_TEXT, AgentKey, Snapshot, Waiver
from fleetward.store.cache.agent_summary import (
    decode,
    decode_findings,
    encode_findings,
    file_count,
    has_agent,
    unread_paths,
    was_skipped,
)
from fleetward.store.cache.keys import fleet_key
from fleetward.store.fleet.agents import read_agents
from fleetward.store.fleet.load import FleetOutline, read_outline
from fleetward.store.fleet.proposals import orphan_proposals
from fleetward.store.git.tree import Tree, TreeEntry
from fleetward.workflows.parallel import MIN_PER_PROCESS, map_in_processes, process_count
from fleetward.workflows.validation.agent_checker import (
    AgentChecker,
    AgentFiles,
    count_read,
    group_by_agent,
    read_contents,
)
from fleetward.workflows.validation.file_places import place_finder, text_reader

if TYPE_CHECKING:
    from fleetward.store.cache.validation_cache import ValidationCache

_MIN_CACHED_PER_PROCESS = 300
"""Agents for each process where most of them are cached."""


Attestations = Mapping[str, tuple[Attestation, ...]]
"""By agent what was attested of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRun:
    """The findings of a fleet, and what was checked."""

    findings: tuple[Finding, ...]
    governance_valid: bool
    """Could rules run? They need valid configuration and governance."""
    files: int
    text: Callable[[str], str]
    """The text of a file by its path."""
    agents: tuple[AgentKey, ...] = ()
    skipped: tuple[AgentKey, ...] = ()
    """The agents whose manifest is invalid, so that no rule was run for them."""
    unread: Mapping[AgentKey, tuple[str, ...]] = field(default_factory=dict)
    """By agent the wrong values that no rule saw, by path."""
    waivers: tuple[Waiver, ...] = ()
    governance: Snapshot | None = None
    """Configuration, governance and ledgers; None where the configuration cannot be read."""


def validate_fleet(
    tree: Tree,
    now: datetime,
    *,
    cache: ValidationCache | None = None,
    processes: int | None = None,
    attestations: Callable[[], Attestations] | None = None,
) -> ValidationRun:
    """
    Validate the fleet in *tree* at *now*; neither *cache* nor the number of *processes* changes the result.

    *attestations* are asked for only where the tree has any.
    Errors: NotAFleet if there is no ``fleet-config.yaml``.
    """
    documents = dict(cache.documents) if cache else {}
    rule_ids = frozenset(rule.id for rule in rules.CATALOGUE)
    fleet = read_outline(tree, version=__version__, rules=rule_ids, governance_documents=documents)
    governance = fleet.governance_snapshot
    if governance is None:
        return ValidationRun(
            findings=fleet.findings,
            governance_valid=False,
            files=len(fleet.contents),
            text=text_reader(fleet),
        )
    if fleet.attestation_entries and attestations is not None:
        governance = replace(governance, attestations=attestations())
        fleet = replace(fleet, governance_snapshot=governance)
    agents, other_entries = group_by_agent(fleet.agent_entries)
    checker = AgentChecker(fleet, now, cache)
    checks = _check_agents(checker, agents, cache, processes)
    key = fleet_key(checker.governance_key, fleet, other_entries, checks)
    findings = cache.fleet_findings.get(key) if cache else None
    if findings is None:
        fresh = _find(fleet, governance, agents, other_entries, checks.values(), now)
        findings = encode_findings(fresh)
    if cache is not None:
        cache.save(checks, _used_documents(documents, fleet), {key: findings})
    existing = [
        (agent.key, check) for agent, check in zip(agents, checks.values(), strict=True) if has_agent(check)
    ]
    other_files = count_read(other_entries, read_contents(tree, other_entries))
    return ValidationRun(
        findings=(*fleet.findings, *_missing_policy(fleet, governance), *decode_findings(findings)),
        governance_valid=fleet.governance_valid,
        files=len(fleet.contents) + sum(map(file_count, checks.values())) + other_files,
        text=text_reader(fleet),
        agents=tuple(key for key, _ in existing),
        skipped=tuple(key for key, check in existing if fleet.governance_valid and was_skipped(check)),
        unread={
            key: paths for key, check in existing if fleet.governance_valid and (paths := unread_paths(check))
        },
        waivers=governance.waivers,
        governance=governance,
    )


def _check_agents(
    checker: AgentChecker,
    agents: Sequence[AgentFiles],
    cache: ValidationCache | None,
    processes: int | None,
) -> dict[str, list[Any]]:
    """The encoded check of every agent by its cache key, in the order of *agents*."""
    min_per_process = _MIN_CACHED_PER_PROCESS if checker.cached else MIN_PER_PROCESS
    count = process_count(processes, len(agents), min_per_process)
    answers = map_in_processes(agents, checker.check, count)
    cached = cache.agent_checks if cache else {}
    return {key: cached[key] if check is None else check for key, check in answers}


def _missing_policy(fleet: FleetOutline, governance: Snapshot) -> Iterator[Finding]:
    """A gated environment needs a policy; without one, no rule about tiers can run."""
    gated = [environment.name for environment in governance.config.environments if environment.gated]
    if gated and all(entry.path != layout.POLICY for entry in fleet.governance_entries):
        yield Finding(
            rule="policy-unsatisfiable",
            severity=Severity.ERROR,
            message=f"there is no {layout.POLICY}: nothing says what a promotion into {gated[0]!r} requires",
            place=Place(file=layout.POLICY),
            hint=f"write {layout.POLICY}: fleet schema policy prints its schema",
        )


def _find(
    fleet: FleetOutline,
    governance: Snapshot,
    agents: Sequence[AgentFiles],
    other_entries: Sequence[TreeEntry],
    encoded_checks: Iterable[list[Any]],
    now: datetime,
) -> Iterator[Finding]:
    """The findings of all agents: of their files, of rules for one agent, of rules for the fleet, waivers applied."""
    locate = place_finder(fleet, agents)
    checks = [decode(check, locate) for check in encoded_checks]
    snapshot = replace(
        governance,
        agents={check.key: check.agent for check in checks if check.agent is not None},
        proposed_agents={
            check.key: check.proposed_agent for check in checks if check.proposed_agent is not None
        },
    )
    yield from read_agents(other_entries, {}, governance.config).findings
    yield from orphan_proposals((entry for agent in agents for entry in agent.entries), governance.config)
    read_findings = [finding for check in checks for finding in check.load_findings]
    if not fleet.governance_valid:
        yield from read_findings
        return
    yield from (finding for finding in read_findings if finding.rule not in WAIVABLE_TEXT)
    agent_findings = (finding for check in checks for finding in check.rule_findings)
    texts = [finding for finding in read_findings if finding.rule in WAIVABLE_TEXT]
    yield from rules.add_fleet_findings(snapshot, now, agent_findings, texts)


def _used_documents(documents: dict[str, list[Any]], fleet: FleetOutline) -> dict[str, list[Any]]:
    """The parsed governance files that this run used; the cache keeps no others."""
    digests = {hashlib.sha256(content).hexdigest() for content in fleet.contents.values()}
    return {name: data for name, data in documents.items() if name.partition(" ")[2] in digests}
