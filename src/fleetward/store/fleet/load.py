"""From a tree of files to a fleet: what can be trusted as values, the rest as findings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import field, replace
from functools import lru_cache
from typing import Any

from fleetward.domain import layout, limits
from fleetward.domain.errors import GovernanceInvalid, NotAFleet
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import AgentKey, FleetConfig, LookupFile, Snapshot, Waiver
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.domain.secrets import mask_finding
from fleetward.store.fleet import governance
from fleetward.store.fleet.agents import orphan_proposals, read_agents
from fleetward.store.fleet.file_checks import unreadable_file, unreadable_reason
from fleetward.store.formats.document import Document, read_document
from fleetward.store.formats.secret_scan import secret_findings
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.tree import REGULAR, Tree, TreeEntry
from fleetward.store.records.current_ledgers import load_ledgers

GovernanceDocuments = MutableMapping[str, list[Any]]
"""Of governing files that are clean, by kind and digest: the data, and places by path as far as they were asked."""
KeySelection = Collection[AgentKey] | Callable[[FleetConfig], Collection[AgentKey]]
_FILES = ("people", "policy", "connectors", "models", "waivers")
_MAX_NAMED_AGENTS = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFleet:
    """A fleet as far as it could be read, and what could not."""

    snapshot: Snapshot | None
    findings: tuple[Finding, ...]
    governance_valid: bool = True
    """False while a governing file is wrong: rules would find fault with every agent because of it."""
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
    """A whole fleet before its agents are read: what governs it, and which files there are."""

    tree: Tree
    governance_snapshot: Snapshot | None
    """Without agents; None where ``fleet-config.yaml`` cannot be read."""
    findings: tuple[Finding, ...]
    governance_valid: bool
    contents: Mapping[str, bytes]
    """Of the governing files."""
    agent_entries: tuple[TreeEntry, ...] = ()
    """Of agents and proposals."""
    governance_entries: tuple[TreeEntry, ...] = ()
    """Of the governing files and the ledgers."""
    ledger_contents: Mapping[str, bytes | int | None] = field(default_factory=dict)
    """Ledgers as they were read."""


def read_outline(
    tree: Tree,
    *,
    version: str,
    rules: Collection[str] = (),
    fallback_config: FleetConfig | None = None,
    documents: GovernanceDocuments | None = None,
) -> FleetOutline:
    """
    The fleet in *tree*, its agents not yet read.

    *rules* are the ids that a waiver may name, *fallback_config* what stands in for a configuration that cannot be read,
    *documents* what is known of governing files already; what is read of them is put there.
    Errors: NotAFleet when there is no ``fleet-config.yaml``.
    """
    # at once: each question to git is a process
    everything = tree.entries(
        layout.CONFIG, layout.GOVERNANCE, layout.ENVIRONMENTS, layout.LEDGERS, layout.PROPOSALS
    )
    governing = _GovernanceReader(tree, everything, version, rules, documents)
    governing.config = governing.config or fallback_config
    findings = tuple(map(mask_finding, governing.findings))
    if governing.config is None:
        return FleetOutline(
            tree=tree,
            governance_snapshot=None,
            findings=findings,
            governance_valid=False,
            contents=governing.contents,
        )
    ledgers, broken, ledgers_read = load_ledgers(tree, everything, governing.config)
    tops = frozenset((layout.ENVIRONMENTS, layout.PROPOSALS))
    return FleetOutline(
        tree=tree,
        governance_snapshot=replace(governing.snapshot(), ledgers=ledgers),
        findings=(*findings, *broken),
        governance_valid=governing.readable,
        contents=governing.contents,
        agent_entries=tuple(entry for entry in everything if entry.path.partition("/")[0] in tops),
        ledger_contents=ledgers_read,
        governance_entries=tuple(
            entry
            for entry in everything
            if entry.path.partition("/")[0] in (layout.CONFIG, layout.GOVERNANCE, layout.LEDGERS)
        ),
    )


def read_fleet(
    tree: Tree,
    *,
    version: str,
    rules: Collection[str] = (),
    only: KeySelection | None = None,
    fallback_config: FleetConfig | None = None,
) -> LoadedFleet:
    """
    The fleet in *tree*; *only* these agents where not None, or those that it names once the configuration is read.

    *rules* are the ids that a waiver may name, *fallback_config* what stands in for a configuration that cannot be read.
    Errors: NotAFleet when there is no ``fleet-config.yaml``.
    """
    outline = (
        read_outline(tree, version=version, rules=rules, fallback_config=fallback_config)
        if only is None
        else _partial_outline(tree, version, rules, only, fallback_config)
    )
    if outline.governance_snapshot is None:
        return LoadedFleet(
            snapshot=None, findings=outline.findings, governance_valid=False, contents=outline.contents
        )
    orphans = (
        orphan_proposals(outline.agent_entries, outline.governance_snapshot.config) if only is None else ()
    )
    empty = LoadedFleet(
        snapshot=outline.governance_snapshot,
        findings=(*outline.findings, *orphans),
        governance_valid=outline.governance_valid,
        contents=outline.contents,
    )
    return _add_agents(tree, empty, outline.agent_entries)


def with_agents(tree: Tree, reading: LoadedFleet, keys: Collection[AgentKey]) -> LoadedFleet:
    """What was read of *tree* without any agent, with these agents."""
    return _add_agents(tree, reading, _agent_entries(tree, keys))


def _add_agents(tree: Tree, reading: LoadedFleet, entries: Sequence[TreeEntry]) -> LoadedFleet:
    if reading.snapshot is None:
        return reading
    contents = tree.read((entry for entry in entries if entry.mode in REGULAR), limits.AGENT_FILE_BYTES)
    fleet_agents = read_agents(entries, contents, reading.snapshot.config)
    snapshot = replace(
        reading.snapshot,
        agents=fleet_agents.agents,
        proposals=fleet_agents.proposals,
        proposed_agents=fleet_agents.proposed,
    )
    agent_contents = {path: content for path, content in contents.items() if isinstance(content, bytes)}
    return replace(
        reading,
        snapshot=snapshot,
        findings=tuple(
            sorted((*reading.findings, *fleet_agents.findings), key=lambda finding: finding.sort_key)
        ),
        contents={**reading.contents, **agent_contents},
    )


def _partial_outline(
    tree: Tree, version: str, rules: Collection[str], only: KeySelection, fallback_config: FleetConfig | None
) -> FleetOutline:
    """A fleet of which only some agents are asked for; ledgers tell of the whole, and are not read."""
    governing = _GovernanceReader(tree, tree.entries(layout.CONFIG, layout.GOVERNANCE), version, rules)
    governing.config = governing.config or fallback_config
    config = governing.config
    return FleetOutline(
        tree=tree,
        governance_snapshot=governing.snapshot() if config else None,
        findings=tuple(map(mask_finding, governing.findings)),
        governance_valid=governing.readable and config is not None,
        contents=governing.contents,
        agent_entries=_agent_entries(tree, only(config) if callable(only) else only) if config else (),
    )


def _agent_entries(tree: Tree, keys: Collection[AgentKey]) -> tuple[TreeEntry, ...]:
    """The files of these agents; where they are many, git is asked for all: a command line has an end."""
    if len(keys) > _MAX_NAMED_AGENTS:
        wanted_keys = frozenset(keys)
        everything = tree.entries(layout.ENVIRONMENTS, layout.PROPOSALS)
        return tuple(entry for entry in everything if tuple(entry.path.split("/")[1:3]) in wanted_keys)
    folders = [
        f"{top}/{env}/{name}" for env, name in sorted(keys) for top in (layout.ENVIRONMENTS, layout.PROPOSALS)
    ]
    return tree.entries(*folders) if folders else ()


class _GovernanceReader:
    """``fleet-config.yaml`` and ``governance/``, in the order in which one needs the other."""

    def __init__(
        self,
        tree: Tree,
        files: Iterable[TreeEntry],
        version: str,
        rules: Collection[str],
        documents: GovernanceDocuments | None = None,
    ) -> None:
        self.documents: GovernanceDocuments = {} if documents is None else documents
        self.findings: list[Finding] = []
        self.contents: dict[str, bytes] = {}
        entries = {entry.path: entry for entry in files}
        paths = [layout.CONFIG, *(f"{layout.GOVERNANCE}/{name}.yaml" for name in _FILES)]
        self.stored = tree.read(
            [entries[path] for path in paths if path in entries and entries[path].mode in REGULAR],
            GOVERNANCE_LIMITS.size,
        )
        if layout.CONFIG not in entries:
            raise NotAFleet(f"no {layout.CONFIG} here", hint="fleet init, or -C DIR")
        self.policy: Policy | None
        self.waivers: tuple[Waiver, ...]
        self.config: FleetConfig | None = self._read(
            entries, layout.CONFIG, "fleet-config", lambda d, s: governance.parse_config(d, s, version, rules)
        )
        people_or_none = self._read(entries, "people", "people", governance.parse_people)
        people = self.people = people_or_none or People()
        # Without its people a policy cannot be judged: every team in it would be undefined.
        missing = people_or_none is None and "governance/people.yaml" in entries
        self.policy = (
            None
            if missing
            else self._read(entries, "policy", "policy", lambda d, s: governance.parse_policy(d, s, people))
        )
        self.connectors: LookupFile | None = self._read(
            entries, "connectors", "connectors", governance.parse_register
        )
        self.models: LookupFile | None = self._read(entries, "models", "models", governance.parse_register)
        waivers = lambda d, s: governance.parse_waivers(d, s, people, frozenset(rules))  # noqa: E731
        self.waivers = (() if missing else self._read(entries, "waivers", "waivers", waivers)) or ()
        if self.config is not None and self.policy is not None:
            self.findings.extend(governance.unknown_tiers(self.config, self.policy))
        inside = [path for path in entries if path.startswith(f"{layout.GOVERNANCE}/")]
        self.findings.extend(governance.misnamed_files(layout.GOVERNANCE, inside, _FILES))
        # a credential is wrong there, and changes nothing of what is said
        faults = (finding for finding in self.findings if finding.rule != "secret-in-manifest")
        self.readable = not any(finding.severity is Severity.ERROR for finding in faults)

    def snapshot(self) -> Snapshot:
        if self.config is None:
            raise NotAFleet(f"{layout.CONFIG} cannot be read", hint="fleet validate")
        return Snapshot(
            config=self.config,
            agents={},
            people=self.people,
            policy=self.policy,
            connectors=self.connectors,
            models=self.models,
            waivers=self.waivers,
        )

    def _read(
        self,
        entries: Mapping[str, TreeEntry],
        name: str,
        kind: str,
        make: Callable[[dict[str, Any], governance.Source], tuple[Any, tuple[Finding, ...]]],
    ) -> Any:
        file = name if name == layout.CONFIG else f"{layout.GOVERNANCE}/{name}.yaml"
        if file not in entries:
            return None
        if entries[file].mode not in REGULAR:
            self.findings.append(unreadable_file(entries[file], "link-in-agent", "is no regular file"))
            return None
        content = self.stored.get(file)
        if not isinstance(content, bytes):
            self.findings.append(
                unreadable_file(entries[file], *unreadable_reason(content, GOVERNANCE_LIMITS.size))
            )
            return None
        self.contents[file] = content
        doc, locate = self._document(content, file, kind)
        self.findings.extend(doc.findings)
        text = content.decode("utf-8-sig", "replace")
        self.findings.extend(secret_findings(text, file, doc.data, locate))
        if doc.data is None or doc.findings:
            return None
        value, findings = make(doc.data, governance.Source(file=file, sha256=doc.sha256, locate=locate))
        self.findings.extend(findings)
        return value

    def _document(self, content: bytes, file: str, kind: str) -> tuple[Document, Callable[[str], Place]]:
        """The document, and where its paths stand; what is asked of it again is not read again."""
        name = f"{kind} {hashlib.sha256(content).hexdigest()}"
        if name in self.documents:
            data, places = self.documents[name]
            doc = Document(file=file, content=content, schema=kind, limits=GOVERNANCE_LIMITS, data=data)
        else:
            doc, places = _cached_document(content, file, kind), {}
            if doc.data is not None and not doc.findings:
                self.documents[name] = [doc.data, places]

        def locate(path: str) -> Place:
            if path not in places:
                place = doc.locate(path)
                places[path] = [place.line, place.column, place.end_line, place.end_column, place.path]
            line, column, end_line, end_column, resolved_path = places[path]
            return Place(
                file=file,
                line=line,
                column=column,
                end_line=end_line,
                end_column=end_column,
                path=resolved_path,
            )

        return doc, locate


@lru_cache(maxsize=16)
def _cached_document(content: bytes, file: str, kind: str) -> Document:
    """What governs is mostly the same on both sides of a comparison."""
    return read_document(content, file, kind, GOVERNANCE_LIMITS)
