"""Both sides of a comparison, read as far as they can be: agents that changed alone, governance once a side."""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

from fleetward import changes, rules
from fleetward.domain import layout, limits
from fleetward.domain.change import Change, Comparison, ExpectedRequirement, Unreadable
from fleetward.domain.errors import NotAFleet
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import AgentKey
from fleetward.domain.manifest import Agent
from fleetward.store.fleet.agent_assembly import build_candidate
from fleetward.store.fleet.file_checks import printable_path
from fleetward.store.fleet.load import LoadedFleet, with_agents
from fleetward.store.fleet.proposals import orphan_proposal
from fleetward.store.formats import json_schema
from fleetward.store.formats.document import Document, read_document
from fleetward.store.formats.schema_defaults import with_defaults
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.tree import LINK, REGULAR, SUBMODULE, Tree, TreeEntry
from fleetward.workflows.comparison.agents import compare_agent, dependents
from fleetward.workflows.comparison.changed_files import AGENT_FOLDERS, ChangedFiles
from fleetward.workflows.comparison.requirements import governance_requirements, with_requirements
from fleetward.workflows.comparison.revisions import Side
from fleetward.workflows.load import load_fleet
from fleetward.workflows.parallel import map_in_processes, process_count
from fleetward.workflows.suggestions import unknown_environment

SCHEMAS = {
    layout.CONFIG: "fleet-config",
    **{
        f"{layout.GOVERNANCE}/{name}.yaml": name
        for name in ("policy", "people", "connectors", "models", "waivers")
    },
}


KeyPair = tuple[AgentKey, AgentKey]
_BATCH = 500
"""Pairs that are held whole at any time: each question to git is a process."""
_MIN_PER_PROCESS = 10
"""Pairs for each process, from which starting it costs less than it saves."""


class FleetPair:
    """Both sides as far as they could be read; the law is the base's, where it has one."""

    def __init__(self, base: Side, head: Side) -> None:
        self.base, self.head = base, head
        self.before, self.after = (_read_governance(side.tree) for side in (base, head))
        if self.before is None and self.after is None:
            raise NotAFleet(
                f"no {layout.CONFIG} at either side", hint="fleet init, or --root PATH, or -C DIR"
            )
        self._share_config()
        fleets = [item.snapshot for item in (self.before, self.after) if item and item.snapshot]
        self.policy_fleet = next((item for item in fleets if item.policy), fleets[0])

    def _share_config(self) -> None:
        """Where one side's configuration cannot be read, the other's stands in: its agents can still be compared."""
        configs = [
            reading.snapshot.config for reading in (self.before, self.after) if reading and reading.snapshot
        ]
        if not configs:
            for reading in (self.after, self.before):
                if reading is not None:
                    reading.require_governance()
        if self.before is not None and self.before.snapshot is None:
            self.before = load_fleet(self.base.tree, (), fallback_config=configs[0])
        if self.after is not None and self.after.snapshot is None:
            self.after = load_fleet(self.head.tree, (), fallback_config=configs[0])

    def require_environments(self, *environments: str) -> None:
        """
        An environment that nobody has is not an empty one.

        Errors: UsageError.
        """
        names = [environment.name for environment in self.policy_fleet.config.environments]
        for name in environments:
            if name not in names:
                raise unknown_environment(name, names)

    def compare_agents(
        self, pairs: Sequence[KeyPair], processes: int | None = None
    ) -> tuple[tuple[Comparison, ...], tuple[Unreadable, ...]]:
        """
        What became of each agent, worst first, and what cannot be read of them: *pairs* of earlier and later key.

        The same for any number of *processes*.
        """
        with _without_collector():
            parts = map_in_processes(
                pairs, self._parts, process_count(processes, len(pairs), min_per_process=_MIN_PER_PROCESS)
            )
        rank = lambda item: (item.row.significance.rank, item.row.environment, item.row.agent)  # noqa: E731
        comparisons = sorted((item for part, _ in parts for item in part), key=rank)
        return tuple(comparisons), tuple(item for _, unread in parts for item in unread)

    def _parts(self, pairs: Sequence[KeyPair]) -> list[tuple[list[Comparison], list[Unreadable]]]:
        return [
            _Batch(self, pairs[start : start + _BATCH]).compare() for start in range(0, len(pairs), _BATCH)
        ]

    def unreadable(self) -> Iterator[Unreadable]:
        """What is wrong with what governs."""
        for side, reading in (("base", self.before), ("head", self.after)):
            if reading is not None:
                yield from _unreadable_governance(reading, side)

    def compare_governance(self, path: str) -> Iterable[Change]:
        """What moved in a governing file; one that a side cannot read is told among the unreadable."""
        if path == layout.CONFIG:
            return self._compare_file(path)
        if not path.startswith(f"{layout.GOVERNANCE}/"):
            return ()
        governance_changes = self._compare_file(path) if path in SCHEMAS else _unknown_file(path)
        return tuple(replace(change, requires=self._requirements) for change in governance_changes)

    def _compare_file(self, path: str) -> tuple[Change, ...]:
        kind = SCHEMAS[path]
        sides = [_load_document(side.tree, path, kind) for side in (self.base, self.head)]
        if any(exists and (loaded is None or loaded.data is None) for exists, loaded in sides):
            return ()
        (_, base_document), (_, head_document) = sides
        before, after = _with_defaults(
            kind, *(loaded.data if loaded else None for loaded in (base_document, head_document))
        )
        return changes.compare_document(
            before,
            after,
            schema=json_schema.load_schema(kind),
            file=path,
            locate_before=base_document.locate if base_document else _file_only(path),
            locate_after=head_document.locate if head_document else _file_only(path),
        )

    @cached_property
    def _requirements(self) -> tuple[ExpectedRequirement, ...]:
        """What other governance needs; none before the first entry of a ledger, which trusts the one it finds."""
        fleet = self.before.snapshot if self.before else None
        trusted = fleet is not None and self.base.tree.entries(layout.LEDGERS)
        return governance_requirements(fleet) if fleet and trusted else ()

    def find_dependents(self, key: AgentKey) -> tuple[str, ...]:
        """Who at the later side still depends on an agent that is gone: the one question that reads all of it."""
        environment, name = key
        mark = name.encode("utf-8", "surrogateescape")
        pattern = re.compile(rb"(?<![A-Za-z0-9-])" + re.escape(mark) + rb"(?![A-Za-z0-9-])")
        candidates = {
            path.split("/")[2]
            for path, content in self._manifests.get(environment, {}).items()
            # a name can be written otherwise only with a backslash
            if (mark in content and pattern.search(content)) or b"\\" in content
        }
        if not candidates:
            return ()
        config = self.after.snapshot.config if self.after and self.after.snapshot else None
        snapshot = load_fleet(
            self.head.tree, {(environment, agent) for agent in candidates}, fallback_config=config
        ).snapshot
        return dependents(snapshot, environment, name) if snapshot else ()

    @cached_property
    def all_agents(self) -> tuple[AgentKey, ...]:
        """Every agent of the later side, whether it was looked at or not."""
        paths = (entry.path.split("/") for entry in self.head.tree.entries(layout.ENVIRONMENTS))
        return tuple(sorted({(parts[1], parts[2]) for parts in paths if len(parts) > 3}))

    @cached_property
    def _manifests(self) -> dict[str, dict[str, bytes]]:
        """What the manifests of the later side hold, by environment and path."""
        entries = [
            entry
            for entry in self.head.tree.entries(*AGENT_FOLDERS)
            if entry.mode in REGULAR and entry.path.endswith((f"/{layout.MANIFEST}", f"/{layout.OVERRIDES}"))
        ]
        manifests: dict[str, dict[str, bytes]] = {}
        for path, content in self.head.tree.read(entries, limits.AGENT_FILE_BYTES).items():
            if isinstance(content, bytes):
                manifests.setdefault(path.split("/")[1], {})[path] = content
        return manifests


class _Batch:
    """Some pairs, read on both sides: all that is held of them at a time."""

    def __init__(self, fleet_pair: FleetPair, pairs: Sequence[KeyPair]) -> None:
        self.both, self.pairs = fleet_pair, pairs
        self.before = _with_agents(fleet_pair.base, fleet_pair.before, {pair[0] for pair in pairs})
        self.after = _with_agents(fleet_pair.head, fleet_pair.after, {pair[1] for pair in pairs})

    def compare(self) -> tuple[list[Comparison], list[Unreadable]]:
        """What became of each agent that can be read, and what cannot."""
        comparisons = [
            comparison for pair in self.pairs if (comparison := self._compare_pair(*pair)) is not None
        ]
        return comparisons, list(self._unreadable())

    def _compare_pair(self, key: AgentKey, head_key: AgentKey) -> Comparison | None:
        agent_before, agent_after = self._agent_before(key, head_key), _effective_agent(self.after, head_key)
        if not all(agent is None or _is_comparable(agent) for agent in (agent_before, agent_after)):
            return None
        relying = (
            self.both.find_dependents(head_key) if agent_after is None and agent_before is not None else ()
        )
        elsewhere = head_key[0] if head_key[0] != key[0] else None
        law = self.both.policy_fleet
        comparison = compare_agent(law, agent_before, agent_after, relying, elsewhere)
        return with_requirements(comparison, law, agent_before, agent_after) if comparison else None

    def _agent_before(self, key: AgentKey, head_key: AgentKey) -> Agent | None:
        """The agent at the earlier side: as it was wished for, but as it stood where it became what stands now."""
        base_fleet, head_fleet = (side.snapshot if side else None for side in (self.before, self.after))
        if base_fleet and head_fleet and key in base_fleet.proposals and head_key not in head_fleet.proposals:
            stood, stands = base_fleet.agents.get(key), head_fleet.agents.get(head_key)
            if stands is not None and (stood is None or stood.state != stands.state):
                return stood
        return _effective_agent(self.before, key)

    def _unreadable(self) -> Iterator[Unreadable]:
        for side, reading, at in (("base", self.before, 0), ("head", self.after, 1)):
            if reading is not None:
                yield from self._of_agents(reading, {pair[at] for pair in self.pairs}, side)

    def _of_agents(self, reading: LoadedFleet, keys: set[AgentKey], side: str) -> Iterator[Unreadable]:
        snapshot = reading.snapshot
        if snapshot is None:
            return
        errors = [finding_ for finding_ in reading.findings if finding_.severity is Severity.ERROR]
        for key in sorted(keys):
            agent = _effective_agent(reading, key)
            unfit = agent is not None and not _is_comparable(agent)
            about = [
                finding_
                for finding_ in errors
                if (finding_.environment, finding_.agent) == (key[0], printable_path(key[1]))
            ]
            if not unfit:  # a proposal that cannot be read is not in place, and what stands there is compared
                about = [
                    finding_ for finding_ in about if finding_.place.file.startswith(f"{layout.PROPOSALS}/")
                ]
            if about:
                yield _unreadable(key[0], printable_path(key[1]), side, about[0], more_count=len(about) - 1)
            elif unfit:
                place = layout.agent_folder(key[0], printable_path(key[1]))
                finding = _finding(
                    "file-unreadable", "cannot be read with what is proposed", place, "fleet validate"
                )
                yield _unreadable(key[0], printable_path(key[1]), side, finding)
            elif agent is None and key in snapshot.proposals and side == "head":  # gone, it harms nobody
                proposal = TreeEntry(
                    path="/".join((layout.PROPOSALS, *key, layout.OVERRIDES)),
                    mode=snapshot.proposals[key].mode,
                )
                yield _unreadable(
                    *key, side, orphan_proposal(key, proposal, snapshot.config, self.both.all_agents)
                )


@contextmanager
def _without_collector() -> Iterator[None]:
    """Values are made by the hundred thousand and none in circles: looking for those costs a tenth of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _read_governance(tree: Tree) -> LoadedFleet | None:
    """What governs a side; None where there is no fleet at all."""
    try:
        return load_fleet(tree, ())
    except NotAFleet:
        return None


def _with_agents(side: Side, reading: LoadedFleet | None, keys: set[AgentKey]) -> LoadedFleet | None:
    """With these agents, and for what is proposed the sources that it would be promoted from."""
    if reading is None or reading.snapshot is None:
        return reading
    environments = {environment.name: environment for environment in reading.snapshot.config.environments}
    sources = {
        (environments[env].sources[0], name)
        for env, name in keys
        if env in environments and environments[env].gated
    }
    return with_agents(side.tree, reading, keys | sources)


def _effective_agent(reading: LoadedFleet | None, key: AgentKey) -> Agent | None:
    """The agent as rules see it; one that is only proposed stands on the release of its source."""
    snapshot = reading.snapshot if reading else None
    if snapshot is None:
        return None
    standing = snapshot.proposed_agents.get(key) or snapshot.agents.get(key)
    proposal = snapshot.proposals.get(key)
    if standing is not None or proposal is None:
        return standing
    environment = snapshot.config.environment(key[0])
    source = (
        snapshot.agents.get((environment.sources[0], key[1])) if environment and environment.gated else None
    )
    return build_candidate(source, key[0], proposal, proposed=True)[0] if source else None


def _is_comparable(agent: Agent) -> bool:
    return agent.manifest is not None and agent.readable


# What cannot be read


def blocked_folders(touched: ChangedFiles) -> Iterator[Unreadable]:
    """Links and nested repositories where folders belong: what is behind them cannot be seen."""
    for path, modes in touched.items():
        above = (
            path.split("/")[0] in (*AGENT_FOLDERS, layout.GOVERNANCE)
            and path.count("/") < 2
            and path not in SCHEMAS
        )
        if above and modes & {LINK, SUBMODULE}:
            kind = "a symbolic link" if LINK in modes else "a repository of its own"
            hint = "put the folder itself here"
            yield _unreadable(None, None, "head", _finding("link-in-agent", f"{kind}, no folder", path, hint))


def _unreadable_governance(reading: LoadedFleet, side: str) -> Iterator[Unreadable]:
    """Governing files that are wrong: what a promotion will ask cannot be told by them."""
    errors = [
        finding
        for finding in reading.findings
        if finding.severity is Severity.ERROR and finding.agent is None and finding.place.file in SCHEMAS
    ]
    counts = Counter(finding.place.file for finding in errors)
    for file in sorted(counts):
        first = next(finding for finding in errors if finding.place.file == file)
        yield _unreadable(None, None, side, first, more_count=counts[file] - 1)


def _unreadable(
    environment: str | None, agent: str | None, side: str, finding: Finding, *, more_count: int = 0
) -> Unreadable:
    return Unreadable(
        environment=environment, agent=agent, side=side, finding=finding, further_findings=more_count
    )


def _finding(rule: str, message: str, file: str, hint: str) -> Finding:
    place = Place(file=printable_path(file))
    return Finding(rule=rule, severity=Severity.ERROR, message=message, place=place, hint=hint)


# Governing files


def _load_document(tree: Tree, path: str, kind: str) -> tuple[bool, Document | None]:
    """Whether the file is there, and it, where it can be read at all."""
    entries = [entry for entry in tree.entries(path) if entry.path == path]
    if not entries:
        return False, None
    content = tree.read([entry for entry in entries if entry.mode in REGULAR], GOVERNANCE_LIMITS.size).get(
        path
    )
    return True, read_document(content, path, kind, GOVERNANCE_LIMITS) if isinstance(content, bytes) else None


def _with_defaults(kind: str, *sides: Mapping[str, Any] | None) -> tuple[Mapping[str, Any] | None, ...]:
    """Both sides with what holds where nothing is written; of a rule that one side weighs, its usual weight."""
    filled = tuple(None if item is None else with_defaults(item, kind) for item in sides)
    if kind != "fleet-config":
        return filled
    weights = [{} if item is None else item.get("rules") or {} for item in filled]
    if not all(isinstance(item, Mapping) for item in weights):  # told as unreadable, and compared as it is
        return filled
    usual = {
        item.id: item.severity.value
        for item in rules.CATALOGUE
        if any(item.id in weighed for weighed in weights)
    }
    return tuple(
        item and {**item, "rules": {**usual, **weighed}}
        for item, weighed in zip(filled, weights, strict=True)
    )


def _file_only(path: str) -> Callable[[str], Place]:
    return lambda _: Place(file=path)


def _unknown_file(path: str) -> tuple[Change, ...]:
    return (changes.unknown_file_change(printable_path(path)),)
