"""From a tree of files to a fleet: what is valid becomes values, the rest becomes findings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field, replace

from fleetward.domain import layout, limits
from fleetward.domain.errors import GovernanceInvalid
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import AgentKey, FleetConfig, Snapshot
from fleetward.store.fleet.agents import read_agents
from fleetward.store.fleet.governance.load import GovernanceDocuments, load_governance
from fleetward.store.fleet.proposals import orphan_proposals
from fleetward.store.formats.document import DocumentCache, read_document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.tree import REGULAR, Tree, TreeEntry, checked_entries
from fleetward.store.records.current_ledgers import load_ledgers

KeySelection = Collection[AgentKey] | Callable[[FleetConfig], Collection[AgentKey]]
"""Agents to load: their keys, or a function that chooses them once the configuration is known."""
_MAX_NAMED_AGENTS = 1_500
"""More agents than these are not named on git's command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFleet:
    """A fleet as far as it could be read, and what could not."""

    snapshot: Snapshot | None
    findings: tuple[Finding, ...]
    governance_valid: bool = True
    """False where a governance file has an error: rules would then report every agent because of it."""
    contents: Mapping[str, bytes] = field(default_factory=dict)
    """Every file that was read, by path: for frames around findings."""

    def text(self, file: str) -> str:
        """A file's text, for showing lines of it."""
        return self.contents.get(file, b"").decode("utf-8-sig", "replace")

    def line(self, file: str, kind: str, path: str) -> int:
        """The line of *file* where *path* stands."""
        return read_document(self.contents.get(file, b""), file, kind, GOVERNANCE_LIMITS).locate(path).line

    def require_governance(self) -> Snapshot:
        """
        The fleet, for a command that has to decide by its governance.

        Errors: GovernanceInvalid when a file that decisions rest on is wrong.
        """
        errors = tuple(
            finding
            for finding in self.findings
            if _is_governance(finding) and finding.severity is Severity.ERROR
        )
        if self.snapshot is None or errors or self.snapshot.policy is None:
            first = errors[0] if errors else None
            where = (
                f"{first.place.file}:{first.place.line}: {first.message}"
                if first
                else "no governance/policy.yaml"
            )
            raise GovernanceInvalid(f"cannot decide: {where}", hint="fleet validate", findings=errors)
        return self.snapshot


def _is_governance(finding: Finding) -> bool:
    return finding.place.file == layout.CONFIG or finding.place.file.startswith(layout.GOVERNANCE + "/")


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOutline:
    """A fleet before its agents are read: governance, ledgers, and which files there are."""

    tree: Tree
    governance_snapshot: Snapshot | None
    """Without agents; None where ``fleet-config.yaml`` cannot be read."""
    findings: tuple[Finding, ...]
    governance_valid: bool
    contents: Mapping[str, bytes]
    """Of the governance files."""
    agent_entries: tuple[TreeEntry, ...] = ()
    """Of agents and proposals."""
    governance_entries: tuple[TreeEntry, ...] = ()
    """Of the governance files and the ledgers."""
    attestation_entries: tuple[TreeEntry, ...] = ()
    ledger_contents: Mapping[str, bytes | int | None] = field(default_factory=dict)
    """Ledgers as they were read."""


def read_outline(
    tree: Tree,
    *,
    version: str,
    rules: Collection[str] = (),
    fallback_config: FleetConfig | None = None,
    governance_documents: GovernanceDocuments | None = None,
) -> FleetOutline:
    """
    The fleet in *tree* before its agents are read.

    *rules* are the ids that a waiver may name, *fallback_config* stands in for a configuration that cannot be read.
    *governance_documents* are files that were read before; what is read now is added.
    Errors: NotAFleet when there is no ``fleet-config.yaml``.
    """
    # in one go: each question to git is a process
    entries = checked_entries(
        tree,
        layout.CONFIG,
        layout.GOVERNANCE,
        layout.ENVIRONMENTS,
        layout.LEDGERS,
        layout.PROPOSALS,
        layout.ATTESTATIONS,
    )
    governance = load_governance(tree, entries, version=version, rules=rules, documents=governance_documents)
    config = governance.config or fallback_config
    if config is None:
        return FleetOutline(
            tree=tree,
            governance_snapshot=None,
            findings=governance.findings,
            governance_valid=False,
            contents=governance.contents,
        )
    ledgers, ledger_findings, ledger_contents = load_ledgers(tree, entries, config)
    agent_tops = (layout.ENVIRONMENTS, layout.PROPOSALS)
    governance_tops = (layout.CONFIG, layout.GOVERNANCE, layout.LEDGERS)
    return FleetOutline(
        tree=tree,
        governance_snapshot=replace(governance.snapshot(config), ledgers=ledgers),
        findings=(*governance.findings, *ledger_findings),
        governance_valid=governance.is_valid,
        contents=governance.contents,
        agent_entries=tuple(entry for entry in entries if entry.path.partition("/")[0] in agent_tops),
        ledger_contents=ledger_contents,
        attestation_entries=tuple(
            entry for entry in entries if entry.path.startswith(f"{layout.ATTESTATIONS}/")
        ),
        governance_entries=tuple(
            entry for entry in entries if entry.path.partition("/")[0] in governance_tops
        ),
    )


def read_fleet(
    tree: Tree,
    *,
    version: str,
    rules: Collection[str] = (),
    only: KeySelection | None = None,
    fallback_config: FleetConfig | None = None,
    documents: DocumentCache | None = None,
) -> LoadedFleet:
    """
    The fleet in *tree*, or *only* these agents of it; without ledgers then.

    *rules* are the ids that a waiver may name, *fallback_config* stands in for a configuration that cannot be read.
    Errors: NotAFleet when there is no ``fleet-config.yaml``.
    """
    outline = (
        read_outline(tree, version=version, rules=rules, fallback_config=fallback_config)
        if only is None
        else _partial_outline(tree, version, rules, only, fallback_config)
    )
    snapshot = outline.governance_snapshot
    if snapshot is None:
        return LoadedFleet(
            snapshot=None, findings=outline.findings, governance_valid=False, contents=outline.contents
        )
    orphans = orphan_proposals(outline.agent_entries, snapshot.config) if only is None else ()
    empty = LoadedFleet(
        snapshot=snapshot,
        findings=(*outline.findings, *orphans),
        governance_valid=outline.governance_valid,
        contents=outline.contents,
    )
    return _add_agents(tree, empty, outline.agent_entries, documents)


def with_agents(
    tree: Tree, fleet: LoadedFleet, keys: Collection[AgentKey], documents: DocumentCache | None = None
) -> LoadedFleet:
    """*fleet*, which was loaded from *tree* without agents, with these agents."""
    return _add_agents(tree, fleet, _agent_entries(tree, keys), documents)


def _add_agents(
    tree: Tree, fleet: LoadedFleet, entries: Sequence[TreeEntry], documents: DocumentCache | None
) -> LoadedFleet:
    if fleet.snapshot is None:
        return fleet
    contents = tree.read((entry for entry in entries if entry.mode in REGULAR), limits.AGENT_FILE_BYTES)
    read = read_agents(entries, contents, fleet.snapshot.config, documents)
    snapshot = replace(
        fleet.snapshot, agents=read.agents, proposals=read.proposals, proposed_agents=read.proposed
    )
    agent_contents = {path: content for path, content in contents.items() if isinstance(content, bytes)}
    return replace(
        fleet,
        snapshot=snapshot,
        findings=tuple(sorted((*fleet.findings, *read.findings), key=lambda finding: finding.sort_key)),
        contents={**fleet.contents, **agent_contents},
    )


def _partial_outline(
    tree: Tree, version: str, rules: Collection[str], only: KeySelection, fallback_config: FleetConfig | None
) -> FleetOutline:
    """The outline for some agents; ledgers concern the whole fleet, and are not read."""
    entries = checked_entries(tree, layout.CONFIG, layout.GOVERNANCE)
    governance = load_governance(tree, entries, version=version, rules=rules)
    config = governance.config or fallback_config
    return FleetOutline(
        tree=tree,
        governance_snapshot=governance.snapshot(config) if config else None,
        findings=governance.findings,
        governance_valid=governance.is_valid and config is not None,
        contents=governance.contents,
        agent_entries=_agent_entries(tree, only(config) if callable(only) else only) if config else (),
    )


def _agent_entries(tree: Tree, keys: Collection[AgentKey]) -> tuple[TreeEntry, ...]:
    """The files of these agents; where they are many, all are listed: a command line has a largest length."""
    tops = (layout.ENVIRONMENTS, layout.PROPOSALS)
    if len(keys) > _MAX_NAMED_AGENTS:
        key_set = frozenset(keys)
        listed = checked_entries(tree, *tops)
        return tuple(entry for entry in listed if tuple(entry.path.split("/")[1:3]) in key_set)
    folders = [f"{top}/{env}/{name}" for env, name in sorted(keys) for top in tops]
    return checked_entries(tree, *folders) if folders else ()
