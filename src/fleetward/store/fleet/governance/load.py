"""``fleet-config.yaml`` and ``governance/`` of a tree as one value: each file is read after those that it refers to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar, TypeVarTuple

from fleetward.domain import layout
from fleetward.domain.errors import NotAFleet
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fixed_tools import fixed_tools
from fleetward.domain.fleet import FleetConfig, LookupFile, Snapshot, Waiver
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.domain.secrets import mask_finding
from fleetward.store.fleet.file_checks import file_error, unreadable_file, unreadable_reason
from fleetward.store.fleet.governance.config import parse_config
from fleetward.store.fleet.governance.cross_checks import misnamed_files, unknown_tiers
from fleetward.store.fleet.governance.lookup_file import parse_lookup_file
from fleetward.store.fleet.governance.people import parse_people
from fleetward.store.fleet.governance.policy import parse_policy
from fleetward.store.fleet.governance.source import Source
from fleetward.store.fleet.governance.waivers import parse_waivers
from fleetward.store.formats.document import Document, read_document
from fleetward.store.formats.secret_scan import secret_findings
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.tree import REGULAR, Tree, TreeEntry

GovernanceDocuments = MutableMapping[str, list[Any]]
"""Data and located places of governance files without findings, by kind and digest."""
KINDS = {
    layout.CONFIG: "fleet-config",
    layout.PEOPLE: "people",
    layout.POLICY: "policy",
    layout.CONNECTORS: "connectors",
    layout.MODELS: "models",
    layout.WAIVERS: "waivers",
}
"""The files that are read, each with the name of its schema."""
_T = TypeVar("_T")
_Arguments = TypeVarTuple("_Arguments")
_Parsed = tuple[_T | None, tuple[Finding, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Governance:
    """What governs a fleet, as far as it could be read."""

    config: FleetConfig | None
    people: People
    policy: Policy | None
    connectors: LookupFile | None
    models: LookupFile | None
    waivers: tuple[Waiver, ...]
    findings: tuple[Finding, ...]
    contents: Mapping[str, bytes]
    """The files that were read, by path."""

    @property
    def is_valid(self) -> bool:
        """Can decisions rest on it? A credential in a file is an error, but changes no decision."""
        errors = (finding for finding in self.findings if finding.severity is Severity.ERROR)
        return all(finding.rule == "secret-in-manifest" for finding in errors)

    def snapshot(self, config: FleetConfig) -> Snapshot:
        """A fleet without agents; *config* is this one's, or stands in for it."""
        return Snapshot(
            config=config,
            agents={},
            people=self.people,
            policy=self.policy,
            connectors=self.connectors,
            models=self.models,
            waivers=self.waivers,
        )


def load_governance(
    tree: Tree,
    entries: Iterable[TreeEntry],
    *,
    version: str,
    rules: Collection[str] = (),
    documents: GovernanceDocuments | None = None,
) -> Governance:
    """
    The governance files among *entries*.

    *rules* are the ids that a waiver may name; *documents* are files that were read before, and get what is read.
    Errors: NotAFleet without a ``fleet-config.yaml``; FleetError where it requires another *version* of the tool.
    """
    files = _GovernanceFiles(tree, entries, {} if documents is None else documents)
    if layout.CONFIG not in files.entries:
        raise NotAFleet(
            f"no {layout.CONFIG} in this commit", hint="commit it first: git add -A && git commit"
        )
    config = files.parse(layout.CONFIG, parse_config, version, rules)
    readable_people = files.parse(layout.PEOPLE, parse_people)
    people = readable_people or People()
    if config is not None and config.forge_hosts:
        people = replace(people, forge_hosts=config.forge_hosts)
    policy, waivers = None, None
    if readable_people is not None or layout.PEOPLE not in files.entries:
        # else every team of the policy and every approver of a waiver would be unknown
        policy = files.parse(layout.POLICY, parse_policy, people)
        waivers = files.parse(layout.WAIVERS, parse_waivers, people, frozenset(rules))
    connectors = files.parse(layout.CONNECTORS, parse_lookup_file)
    if policy is not None and connectors is not None:
        policy = replace(policy, connectors=connectors.data)
    if config is not None and connectors is not None:
        config = replace(config, fixed_tools=fixed_tools(connectors.data))
    models = files.parse(layout.MODELS, parse_lookup_file)
    if config is not None and policy is not None:
        files.findings.extend(unknown_tiers(config, policy))
    files.findings.extend(misnamed_files(files.entries))
    return Governance(
        config=config,
        people=people,
        policy=policy,
        connectors=connectors,
        models=models,
        waivers=waivers or (),
        findings=tuple(map(mask_finding, files.findings)),
        contents=files.contents,
    )


class _GovernanceFiles:
    """The governance files of a tree, and the findings of those that were parsed."""

    def __init__(self, tree: Tree, entries: Iterable[TreeEntry], documents: GovernanceDocuments) -> None:
        folder = f"{layout.GOVERNANCE}/"
        self.entries = {
            entry.path: entry
            for entry in entries
            if entry.path == layout.CONFIG or entry.path.startswith(folder)
        }
        regular = [entry for path, entry in self.entries.items() if path in KINDS and entry.mode in REGULAR]
        self.stored = tree.read(regular, GOVERNANCE_LIMITS.size)
        self.documents = documents
        self.findings: list[Finding] = []
        self.contents: dict[str, bytes] = {}

    def parse(
        self,
        file: str,
        parser: Callable[[dict[str, Any], Source, *_Arguments], _Parsed[_T]],
        *arguments: *_Arguments,
    ) -> _T | None:
        """The value of *file*; None where it does not exist, or cannot be understood."""
        content = self._content(file)
        if content is None:
            return None
        self.contents[file] = content
        document, locate = self._document(content, file)
        self.findings.extend(document.findings)
        text = content.decode("utf-8-sig", "replace")
        self.findings.extend(secret_findings(text, file, document.data, locate))
        if document.data is None or document.findings:
            return None
        source = Source(file=file, sha256=document.sha256, locate=locate)
        value, findings = parser(document.data, source, *arguments)
        self.findings.extend(findings)
        return value

    def _content(self, file: str) -> bytes | None:
        entry = self.entries.get(file)
        if entry is None:
            return None
        if entry.fault is not None:
            self.findings.append(file_error(entry, "file-unreadable", entry.fault, "git fsck --strict"))
            return None
        if entry.mode not in REGULAR:
            self.findings.append(unreadable_file(entry, "link-in-agent", "is no regular file"))
            return None
        content = self.stored.get(file)
        if not isinstance(content, bytes):
            reason = unreadable_reason(content, GOVERNANCE_LIMITS.size)
            self.findings.append(unreadable_file(entry, *reason))
            return None
        return content

    def _document(self, content: bytes, file: str) -> tuple[Document, Callable[[str], Place]]:
        """The document and the places of its paths, both from ``documents`` where they are there."""
        kind = KINDS[file]
        name = f"{kind} {hashlib.sha256(content).hexdigest()}"
        if name in self.documents:
            data, places = self.documents[name]
            document = Document(file=file, content=content, schema=kind, limits=GOVERNANCE_LIMITS, data=data)
        else:
            document, places = _read_document(content, file, kind), {}
            if document.data is not None and not document.findings:
                self.documents[name] = [document.data, places]

        def locate(path: str) -> Place:
            if path not in places:
                place = document.locate(path)
                places[path] = [place.line, place.column, place.end_line, place.end_column, place.path]
            line, column, end_line, end_column, nearest = places[path]
            return Place(
                file=file, line=line, column=column, end_line=end_line, end_column=end_column, path=nearest
            )

        return document, locate


@lru_cache(maxsize=16)
def _read_document(content: bytes, file: str, kind: str) -> Document:
    # the two sides of a comparison, and one commit and the next, mostly have the same governance
    return read_document(content, file, kind, GOVERNANCE_LIMITS)
