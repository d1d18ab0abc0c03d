"""A look at a whole fleet: agent by agent, so that parts can be kept, or left to other processes."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from fleetward import __version__, rules
from fleetward.domain import layout, limits
from fleetward.domain.agent_check import AgentCheck
from fleetward.domain.digest import of_parts
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import AgentKey, Waiver
from fleetward.domain.manifest import Agent
from fleetward.store.cache.agent_summary import (
    decode,
    encode,
    encode_findings,
    file_count,
    has_agent,
    was_skipped,
)
from fleetward.store.cache.agent_summary import decode_findings as findings
from fleetward.store.fleet.agents import folder_of, read_agents
from fleetward.store.fleet.file_checks import Contents
from fleetward.store.fleet.load import FleetOutline, read_outline
from fleetward.store.fleet.proposals import orphan_proposals
from fleetward.store.git.tree import REGULAR, Tree, TreeEntry
from fleetward.workflows.parallel import MIN_PER_PROCESS, map_in_processes, process_count

if TYPE_CHECKING:
    from fleetward.store.cache.validation_cache import ValidationCache

BATCH = 100
"""Agents that are held whole at any time."""
_MIN_CACHED_PER_PROCESS = 300
"""Agents for each process, where most of them are known from an earlier look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRun:
    """What was found, and in how much."""

    findings: tuple[Finding, ...]
    governance_valid: bool
    files: int
    text: Callable[[str], str]
    """A file's text, read again for showing lines of it."""
    agents: tuple[AgentKey, ...] = ()
    skipped: tuple[AgentKey, ...] = ()
    """Those of them whose manifest is not right, so that no rule was asked of it."""
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class _AgentFiles:
    """An agent's files and those of its proposal."""

    key: AgentKey
    entries: tuple[TreeEntry, ...]


def validate_fleet(
    tree: Tree, now: datetime, *, cache: ValidationCache | None = None, processes: int | None = None
) -> ValidationRun:
    """
    All that is wrong in *tree* at *now*: the same whatever *cache* holds and however many *processes* take part.

    Errors: NotAFleet when there is no ``fleet-config.yaml``.
    """
    documents = dict(cache.documents) if cache else {}
    rule_ids = frozenset(rule.id for rule in rules.CATALOGUE)
    fleet = read_outline(tree, version=__version__, rules=rule_ids, governance_documents=documents)
    run = ValidationRun(
        findings=fleet.findings, governance_valid=False, files=len(fleet.contents), text=_file_reader(fleet)
    )
    if fleet.governance_snapshot is None:
        return run
    units, loose = _group_by_agent(fleet.agent_entries)
    checker = _AgentChecker(fleet, now, cache)
    min_per_process = _MIN_CACHED_PER_PROCESS if checker.cached else MIN_PER_PROCESS
    answers = map_in_processes(units, checker.check, process_count(processes, len(units), min_per_process))
    pieces = {name: _new_or_cached(name, piece, cache) for name, piece in answers}
    name = _fleet_key(checker.governance_key, fleet, loose, pieces)
    verdict = cache.fleet_findings.get(name) if cache else None
    if verdict is None:
        verdict = encode_findings(_agent_findings(fleet, units, loose, pieces, now))
    if cache is not None:
        cache.save(pieces, _used_documents(documents, fleet), {name: verdict})
    existing = [
        (unit.key, piece) for unit, piece in zip(units, pieces.values(), strict=True) if has_agent(piece)
    ]
    return replace(
        run,
        findings=(*fleet.findings, *_missing_policy(fleet), *findings(verdict)),
        governance_valid=fleet.governance_valid,
        files=run.files + sum(map(file_count, pieces.values())) + _count_files(loose, _contents(tree, loose)),
        agents=tuple(key for key, _ in existing),
        skipped=tuple(key for key, piece in existing if fleet.governance_valid and was_skipped(piece)),
        waivers=fleet.governance_snapshot.waivers,
    )


def _missing_policy(fleet: FleetOutline) -> Iterator[Finding]:
    """Agents are to be promoted, and nothing says what that asks: then no rule of tiers was asked either."""
    policy = layout.POLICY
    gated = (
        [
            environment.name
            for environment in fleet.governance_snapshot.config.environments
            if environment.gated
        ]
        if fleet.governance_snapshot
        else []
    )
    if gated and all(entry.path != policy for entry in fleet.governance_entries):
        yield Finding(
            rule="policy-unsatisfiable",
            severity=Severity.ERROR,
            message=f"nothing says what a promotion into {gated[0]!r} asks: there is no {policy}",
            place=Place(file=policy),
            hint=f"write {policy}; its shape: fleet schema policy",
        )


def _agent_findings(
    opened_fleet: FleetOutline,
    units: Sequence[_AgentFiles],
    loose: list[TreeEntry],
    encoded_checks: Mapping[str, list[Any]],
    now: datetime,
) -> Iterator[Finding]:
    """What is wrong with agents: what reading found, then what rules find, waivers applied."""
    if opened_fleet.governance_snapshot is None:
        return
    locate = _place_finder(opened_fleet, units)
    checks = [decode(check_, locate) for check_ in encoded_checks.values()]
    fleet = replace(
        opened_fleet.governance_snapshot,
        agents={check.key: check.agent for check in checks if check.agent is not None},
        proposed_agents={
            check.key: check.proposed_agent for check in checks if check.proposed_agent is not None
        },
    )
    yield from read_agents(loose, {}, fleet.config).findings
    yield from orphan_proposals((entry for unit in units for entry in unit.entries), fleet.config)
    yield from (check for check_ in checks for check in check_.load_findings)
    if opened_fleet.governance_valid:
        yield from rules.add_fleet_findings(
            fleet, now, (check for check_ in checks for check in check_.rule_findings)
        )


class _AgentChecker:
    """How an agent is looked at, and the name of all that this rests on."""

    def __init__(self, fleet: FleetOutline, now: datetime, cache: ValidationCache | None) -> None:
        self.fleet, self.now = fleet, now
        self.cached = cache.agent_checks if cache else {}
        self.compared = rules.compared_fields()
        self.governance_key = _governance_key(fleet, now)

    def check(self, units: Sequence[_AgentFiles]) -> list[Any]:
        """For each its name and its piece, None where that is known already."""
        return [answer for batch in _batches(units) for answer in self._batch(batch)]

    def _batch(self, units: Sequence[_AgentFiles]) -> Iterator[list[Any]]:
        contents = _contents(self.fleet.tree, [entry for unit in units for entry in unit.entries])
        names = [_agent_key(self.governance_key, unit, contents) for unit in units]
        unknown = [unit for unit, name in zip(units, names, strict=True) if name not in self.cached]
        encoded_checks = {
            piece.key: encode(piece, self.compared) for piece in self._checks(unknown, contents)
        }
        for unit, name in zip(units, names, strict=True):
            yield [name, encoded_checks.get(unit.key)]

    def _checks(self, units: Sequence[_AgentFiles], contents: Contents) -> Iterator[AgentCheck]:
        governing = self.fleet.governance_snapshot
        if governing is None:
            return
        read = [(unit, read_agents(unit.entries, contents, governing.config)) for unit in units]
        part = replace(
            governing,
            agents={key: agent for _, loaded in read for key, agent in loaded.agents.items()},
            proposed_agents={key: agent for _, loaded in read for key, agent in loaded.proposed.items()},
            ledgers={},
        )
        findings_by_key: dict[AgentKey, list[Finding]] = defaultdict(list)
        for finding in rules.agent_findings(part, self.now) if self.fleet.governance_valid else ():
            findings_by_key[finding.environment or "", finding.agent or ""].append(finding)
        for unit, loaded in read:
            yield AgentCheck(
                key=unit.key,
                load_findings=loaded.findings,
                rule_findings=tuple(findings_by_key[unit.key]),
                files=_count_files(unit.entries, contents),
                agent=loaded.agents.get(unit.key),
                proposed_agent=loaded.proposed.get(unit.key),
            )


def _group_by_agent(entries: Iterable[TreeEntry]) -> tuple[list[_AgentFiles], list[TreeEntry]]:
    """The agents in order, and what lies beside them."""
    inside: dict[AgentKey, list[TreeEntry]] = {}
    loose = []
    for entry in entries:
        folder = folder_of(entry)
        if folder is None:
            loose.append(entry)
        else:
            inside.setdefault(folder[1:], []).append(entry)
    return [_AgentFiles(key, tuple(inside[key])) for key in sorted(inside)], loose


def _batches(units: Sequence[_AgentFiles]) -> Iterator[Sequence[_AgentFiles]]:
    remaining = iter(units)
    while batch := tuple(islice(remaining, BATCH)):
        yield batch


def _contents(tree: Tree, entries: Iterable[TreeEntry]) -> Contents:
    return tree.read((entry for entry in entries if entry.mode in REGULAR), limits.AGENT_FILE_BYTES)


def _count_files(entries: Iterable[TreeEntry], contents: Contents) -> int:
    return sum(isinstance(contents.get(entry.path), bytes) for entry in entries)


def _governance_key(fleet: FleetOutline, now: datetime) -> bytes:
    """What every agent is judged by: the day, and all that governs."""
    day = now.astimezone(UTC).date().isoformat()
    files = sorted(fleet.contents.items())
    modes = [f"{entry.path}\0{entry.mode}" for entry in fleet.governance_entries]
    parts = [part for path, content in files for part in (path.encode(), content)]
    return of_parts(day.encode(), *map(os.fsencode, modes), *parts).encode()


def _agent_key(governance_key: bytes, unit: _AgentFiles, contents: Contents) -> str:
    """The digest of all that an agent's piece rests on."""
    parts = [governance_key, *map(os.fsencode, unit.key)]
    for entry in unit.entries:
        parts += [os.fsencode(entry.path), entry.mode.encode(), _content_bytes(contents.get(entry.path))]
    return of_parts(*parts)


def _fleet_key(
    governance_key: bytes, fleet: FleetOutline, loose: Iterable[TreeEntry], pieces: Iterable[str]
) -> str:
    """The digest of all that a verdict on the whole rests on."""
    ledgers = [
        f"{path}\0".encode() + _content_bytes(content)
        for path, content in sorted(fleet.ledger_contents.items())
    ]
    beside = [f"{entry.mode} {entry.path}" for entry in loose]
    return of_parts(
        governance_key,
        of_parts(*ledgers).encode(),
        of_parts(*map(os.fsencode, beside)).encode(),
        *map(str.encode, pieces),
    )


def _content_bytes(content: bytes | int | None) -> bytes:
    return b"=" + content if isinstance(content, bytes) else repr(content).encode()


def _new_or_cached(name: str, piece: list[Any] | None, cache: ValidationCache | None) -> list[Any]:
    if piece is not None:
        return piece
    assert cache is not None  # noqa: S101 - where nothing is known, everything is made
    return cache.agent_checks[name]


def _used_documents(documents: dict[str, list[Any]], fleet: FleetOutline) -> dict[str, list[Any]]:
    digests = {hashlib.sha256(content).hexdigest() for content in fleet.contents.values()}
    return {name: data for name, data in documents.items() if name.partition(" ")[2] in digests}


def _file_reader(fleet: FleetOutline) -> Callable[[str], str]:
    def text(file: str) -> str:
        if file in fleet.contents:
            return fleet.contents[file].decode("utf-8-sig", "replace")
        entries = [entry for entry in fleet.agent_entries if entry.path == file]
        content = _contents(fleet.tree, entries).get(file)
        return content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else ""

    return lru_cache(maxsize=64)(text)


def _place_finder(
    fleet: FleetOutline, units: Sequence[_AgentFiles]
) -> Callable[[AgentKey, bool, str], Place]:
    """Where a path of an agent is written; it is read again, for few are ever asked for."""
    by_key = {unit.key: unit.entries for unit in units}

    @lru_cache(maxsize=64)
    def whole(key: AgentKey, proposed: bool) -> Agent | None:
        governing = fleet.governance_snapshot
        if governing is None:
            return None
        loaded = read_agents(by_key[key], _contents(fleet.tree, by_key[key]), governing.config)
        return (loaded.proposed if proposed else loaded.agents).get(key)

    def locate(key: AgentKey, proposed: bool, path: str) -> Place:
        agent = whole(key, proposed)
        if agent is None or agent.manifest is None:  # it has changed since
            return Place(file=layout.agent_folder("/".join(key), layout.MANIFEST))
        return agent.manifest.place(path)

    return locate
