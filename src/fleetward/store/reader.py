"""From a tree of files to a fleet: what can be trusted as values, the rest as findings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from fleetward.domain.errors import GovernanceInvalid, NotAFleet
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import CONFIG, FleetConfig, Key, Register, Snapshot, Waiver
from fleetward.domain.ledger import Ledger
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.domain.secrets import concealed
from fleetward.store import governance
from fleetward.store.agents import (
    ENVIRONMENTS,
    LARGEST_FILE,
    PROPOSALS,
    agents,
    unfounded,
    unreadable,
    why_not,
)
from fleetward.store.document import Document, document
from fleetward.store.ledgers import LEDGERS, standing
from fleetward.store.tree import REGULAR, Entry, Tree
from fleetward.store.yaml import GOVERNANCE_LIMITS

GOVERNANCE = "governance"
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
    # at once: each question to git is a process
    whole = () if only is not None else (ENVIRONMENTS, LEDGERS, PROPOSALS)
    everything = tree.entries(CONFIG, GOVERNANCE, *whole)
    governing = _Governing(tree, everything, version, rules)
    governing.config = governing.config or instead
    if governing.config is None:
        return Reading(
            snapshot=None,
            findings=tuple(map(concealed, governing.findings)),
            judgeable=False,
            contents=governing.contents,
        )
    ledgers: dict[str, Ledger] = {}
    broken: tuple[Finding, ...] = ()
    if only is None:
        entries = tuple(one for one in everything if one.path.partition("/")[0] in (ENVIRONMENTS, PROPOSALS))
        ledgers, broken = standing(tree, everything, governing.config)
    else:
        entries = _of(tree, only(governing.config) if callable(only) else only)
    contents = tree.read((entry for entry in entries if entry.mode in REGULAR), LARGEST_FILE)
    found = agents(entries, contents, governing.config)
    snapshot = replace(
        governing.snapshot(),
        agents=found.agents,
        proposals=found.proposals,
        proposed=found.proposed,
        ledgers=ledgers,
    )
    nowhere = unfounded(entries, governing.config) if only is None else ()
    findings = (*map(concealed, governing.findings), *broken, *found.findings, *nowhere)
    kept = {path: content for path, content in contents.items() if isinstance(content, bytes)}
    return Reading(
        snapshot=snapshot,
        findings=tuple(sorted(findings, key=lambda one: one.order)),
        judgeable=governing.readable,
        contents={**governing.contents, **kept},
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

    def __init__(self, tree: Tree, files: Iterable[Entry], version: str, rules: Collection[str]) -> None:
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
        self.readable = not any(one.severity is Severity.ERROR for one in self.findings)

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
        known = _governing(content, file, kind)
        self.findings.extend(known.findings)
        if known.data is None or known.findings:
            return None
        value, findings = make(
            known.data, governance.Source(file=file, sha256=known.sha256, locate=known.locate)
        )
        self.findings.extend(findings)
        return value


@lru_cache(maxsize=16)
def _governing(content: bytes, file: str, kind: str) -> Document:
    """What governs is mostly the same on both sides of a comparison."""
    return document(content, file, kind, GOVERNANCE_LIMITS)
