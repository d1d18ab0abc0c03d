"""From a tree of files to a fleet: what can be trusted as values, the rest as findings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import field, replace
from functools import lru_cache
from typing import Any

from fleetward.domain.errors import GovernanceInvalid, NotAFleet
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import CONFIG, FleetConfig, Key, Register, Snapshot, Waiver
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.domain.secrets import concealed
from fleetward.store.fleet import governance
from fleetward.store.fleet.agents import ENVIRONMENTS, PROPOSALS, agents, unfounded
from fleetward.store.fleet.file_checks import LARGEST_FILE, unreadable, why_not
from fleetward.store.formats.document import Document, document
from fleetward.store.formats.secret_scan import secret_findings
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.tree import REGULAR, Entry, Tree
from fleetward.store.records.current_ledgers import LEDGERS, standing

GOVERNANCE = "governance"
Documents = MutableMapping[str, list[Any]]
"""Of governing files that are clean, by kind and digest: the data, and places by path as far as they were asked."""
Only = Collection[Key] | Callable[[FleetConfig], Collection[Key]]
_FILES = ("people", "policy", "connectors", "models", "waivers")
_MOST_NAMED = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A fleet as far as it could be read, and what could not."""

    snapshot: Snapshot | None
    findings: tuple[Finding, ...]
    judgeable: bool = True
    """False while a governing file is wrong: rules would find fault with every agent because of it."""
    contents: Mapping[str, bytes] = field(default_factory=dict)
    """Every file that was read, by path: for frames around findings."""

    def text(self, file: str) -> str:
        """A file's text, for showing lines of it."""
        return self.contents.get(file, b"").decode("utf-8-sig", "replace")

    def line(self, file: str, kind: str, path: str) -> int:
        """The line of *file* where *path* stands."""
        return document(self.contents.get(file, b""), file, kind, GOVERNANCE_LIMITS).locate(path).line

    def governed(self) -> Snapshot:
        """
        The fleet, for a command that has to decide by its governance.

        Errors: GovernanceInvalid when a file that decisions rest on is wrong.
        """
        wrong = tuple(one for one in self.findings if _governs(one) and one.severity is Severity.ERROR)
        if self.snapshot is None or wrong or self.snapshot.policy is None:
            first = wrong[0] if wrong else None
            where = (
                f"{first.place.file}:{first.place.line}: {first.message}"
                if first
                else "no governance/policy.yaml"
            )
            raise GovernanceInvalid(f"cannot decide: {where}", hint="fleet validate", findings=wrong)
        return self.snapshot


def _governs(finding: Finding) -> bool:
    return finding.place.file == CONFIG or finding.place.file.startswith(GOVERNANCE + "/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A whole fleet before its agents are read: what governs it, and which files there are."""

    tree: Tree
    governing: Snapshot | None
    """Without agents; None where ``fleet-config.yaml`` cannot be read."""
    findings: tuple[Finding, ...]
    judgeable: bool
    contents: Mapping[str, bytes]
    """Of the governing files."""
    entries: tuple[Entry, ...] = ()
    """Of agents and proposals."""
    governed_by: tuple[Entry, ...] = ()
    """Of the governing files and the ledgers."""
    ledgers: Mapping[str, bytes | int | None] = field(default_factory=dict)
    """Ledgers as they were read."""


def opened(
    tree: Tree,
    *,
    version: str,
    rules: Collection[str] = (),
    instead: FleetConfig | None = None,
    documents: Documents | None = None,
) -> Opened:
    """
    The fleet in *tree*, its agents not yet read.

    *rules* are the ids that a waiver may name, *instead* what stands in for a configuration that cannot be read,
    *documents* what is known of governing files already; what is read of them is put there.
    Errors: NotAFleet when there is no ``fleet-config.yaml``.
    """
    # at once: each question to git is a process
    everything = tree.entries(CONFIG, GOVERNANCE, ENVIRONMENTS, LEDGERS, PROPOSALS)
    governing = _Governing(tree, everything, version, rules, documents)
    governing.config = governing.config or instead
    findings = tuple(map(concealed, governing.findings))
    if governing.config is None:
        return Opened(
            tree=tree, governing=None, findings=findings, judgeable=False, contents=governing.contents
        )
    ledgers, broken, ledgers_read = standing(tree, everything, governing.config)
    tops = frozenset((ENVIRONMENTS, PROPOSALS))
    return Opened(
        tree=tree,
        governing=replace(governing.snapshot(), ledgers=ledgers),
        findings=(*findings, *broken),
        judgeable=governing.readable,
        contents=governing.contents,
        entries=tuple(one for one in everything if one.path.partition("/")[0] in tops),
        ledgers=ledgers_read,
        governed_by=tuple(
            one for one in everything if one.path.partition("/")[0] in (CONFIG, GOVERNANCE, LEDGERS)
        ),
    )


def load(
    tree: Tree,
    *,
    version: str,
    rules: Collection[str] = (),
    only: Only | None = None,
    instead: FleetConfig | None = None,
) -> Reading:
    """
    The fleet in *tree*; *only* these agents where not None, or those that it names once the configuration is read.

    *rules* are the ids that a waiver may name, *instead* what stands in for a configuration that cannot be read.
    Errors: NotAFleet when there is no ``fleet-config.yaml``.
    """
    known = (
        opened(tree, version=version, rules=rules, instead=instead)
        if only is None
        else _some(tree, version, rules, only, instead)
    )
    if known.governing is None:
        return Reading(snapshot=None, findings=known.findings, judgeable=False, contents=known.contents)
    nowhere = unfounded(known.entries, known.governing.config) if only is None else ()
    empty = Reading(
        snapshot=known.governing,
        findings=(*known.findings, *nowhere),
        judgeable=known.judgeable,
        contents=known.contents,
    )
    return _inhabited(tree, empty, known.entries)


def inhabited(tree: Tree, reading: Reading, keys: Collection[Key]) -> Reading:
    """What was read of *tree* without any agent, with these agents."""
    return _inhabited(tree, reading, _of(tree, keys))


def _inhabited(tree: Tree, reading: Reading, entries: Sequence[Entry]) -> Reading:
    if reading.snapshot is None:
        return reading
    contents = tree.read((entry for entry in entries if entry.mode in REGULAR), LARGEST_FILE)
    found = agents(entries, contents, reading.snapshot.config)
    snapshot = replace(
        reading.snapshot, agents=found.agents, proposals=found.proposals, proposed=found.proposed
    )
    kept = {path: content for path, content in contents.items() if isinstance(content, bytes)}
    return replace(
        reading,
        snapshot=snapshot,
        findings=tuple(sorted((*reading.findings, *found.findings), key=lambda one: one.order)),
        contents={**reading.contents, **kept},
    )


def _some(
    tree: Tree, version: str, rules: Collection[str], only: Only, instead: FleetConfig | None
) -> Opened:
    """A fleet of which only some agents are asked for; ledgers tell of the whole, and are not read."""
    governing = _Governing(tree, tree.entries(CONFIG, GOVERNANCE), version, rules)
    governing.config = governing.config or instead
    config = governing.config
    return Opened(
        tree=tree,
        governing=governing.snapshot() if config else None,
        findings=tuple(map(concealed, governing.findings)),
        judgeable=governing.readable and config is not None,
        contents=governing.contents,
        entries=_of(tree, only(config) if callable(only) else only) if config else (),
    )


def _of(tree: Tree, keys: Collection[Key]) -> tuple[Entry, ...]:
    """The files of these agents; where they are many, git is asked for all: a command line has an end."""
    if len(keys) > _MOST_NAMED:
        wanted = frozenset(keys)
        everything = tree.entries(ENVIRONMENTS, PROPOSALS)
        return tuple(one for one in everything if tuple(one.path.split("/")[1:3]) in wanted)
    folders = [f"{top}/{env}/{name}" for env, name in sorted(keys) for top in (ENVIRONMENTS, PROPOSALS)]
    return tree.entries(*folders) if folders else ()


class _Governing:
    """``fleet-config.yaml`` and ``governance/``, in the order in which one needs the other."""

    def __init__(
        self,
        tree: Tree,
        files: Iterable[Entry],
        version: str,
        rules: Collection[str],
        documents: Documents | None = None,
    ) -> None:
        self.documents: Documents = {} if documents is None else documents
        self.findings: list[Finding] = []
        self.contents: dict[str, bytes] = {}
        entries = {entry.path: entry for entry in files}
        paths = [CONFIG, *(f"{GOVERNANCE}/{name}.yaml" for name in _FILES)]
        self.stored = tree.read(
            [entries[path] for path in paths if path in entries and entries[path].mode in REGULAR],
            GOVERNANCE_LIMITS.size,
        )
        if CONFIG not in entries:
            raise NotAFleet(f"no {CONFIG} here", hint="fleet init, or -C DIR")
        self.policy: Policy | None
        self.waivers: tuple[Waiver, ...]
        self.config: FleetConfig | None = self._read(
            entries, CONFIG, "fleet-config", lambda d, s: governance.config(d, s, version, rules)
        )
        known = self._read(entries, "people", "people", governance.people)
        people = self.people = known or People()
        # Without its people a policy cannot be judged: every team in it would be undefined.
        missing = known is None and "governance/people.yaml" in entries
        self.policy = (
            None
            if missing
            else self._read(entries, "policy", "policy", lambda d, s: governance.policy(d, s, people))
        )
        self.connectors: Register | None = self._read(
            entries, "connectors", "connectors", governance.register
        )
        self.models: Register | None = self._read(entries, "models", "models", governance.register)
        waivers = lambda d, s: governance.waivers(d, s, people, frozenset(rules))  # noqa: E731
        self.waivers = (() if missing else self._read(entries, "waivers", "waivers", waivers)) or ()
        if self.config is not None and self.policy is not None:
            self.findings.extend(governance.unknown_tiers(self.config, self.policy))
        inside = [path for path in entries if path.startswith(f"{GOVERNANCE}/")]
        self.findings.extend(governance.unread(GOVERNANCE, inside, _FILES))
        # a credential is wrong there, and changes nothing of what is said
        wrong = (one for one in self.findings if one.rule != "secret-in-manifest")
        self.readable = not any(one.severity is Severity.ERROR for one in wrong)

    def snapshot(self) -> Snapshot:
        if self.config is None:
            raise NotAFleet(f"{CONFIG} cannot be read", hint="fleet validate")
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
        entries: Mapping[str, Entry],
        name: str,
        kind: str,
        make: Callable[[dict[str, Any], governance.Source], tuple[Any, tuple[Finding, ...]]],
    ) -> Any:
        file = name if name == CONFIG else f"{GOVERNANCE}/{name}.yaml"
        if file not in entries:
            return None
        if entries[file].mode not in REGULAR:
            self.findings.append(unreadable(entries[file], "link-in-agent", "is no regular file"))
            return None
        content = self.stored.get(file)
        if not isinstance(content, bytes):
            self.findings.append(unreadable(entries[file], *why_not(content, GOVERNANCE_LIMITS.size)))
            return None
        self.contents[file] = content
        known, locate = self._document(content, file, kind)
        self.findings.extend(known.findings)
        text = content.decode("utf-8-sig", "replace")
        self.findings.extend(secret_findings(text, file, known.data, locate))
        if known.data is None or known.findings:
            return None
        value, findings = make(known.data, governance.Source(file=file, sha256=known.sha256, locate=locate))
        self.findings.extend(findings)
        return value

    def _document(self, content: bytes, file: str, kind: str) -> tuple[Document, Callable[[str], Place]]:
        """The document, and where its paths stand; what is asked of it again is not read again."""
        name = f"{kind} {hashlib.sha256(content).hexdigest()}"
        if name in self.documents:
            data, places = self.documents[name]
            known = Document(file=file, content=content, schema=kind, limits=GOVERNANCE_LIMITS, data=data)
        else:
            known, places = _governing(content, file, kind), {}
            if known.data is not None and not known.findings:
                self.documents[name] = [known.data, places]

        def locate(path: str) -> Place:
            if path not in places:
                place = known.locate(path)
                places[path] = [place.line, place.column, place.end_line, place.end_column, place.path]
            line, column, end_line, end_column, found = places[path]
            return Place(
                file=file, line=line, column=column, end_line=end_line, end_column=end_column, path=found
            )

        return known, locate


@lru_cache(maxsize=16)
def _governing(content: bytes, file: str, kind: str) -> Document:
    """What governs is mostly the same on both sides of a comparison."""
    return document(content, file, kind, GOVERNANCE_LIMITS)
