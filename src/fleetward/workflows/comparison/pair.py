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
from fleetward.domain import digest
from fleetward.domain.change import Change, Comparison, Need, Unreadable
from fleetward.domain.errors import NotAFleet
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import CONFIG, Key
from fleetward.domain.manifest import MANIFEST, Agent
from fleetward.store.fleet.agents import ENVIRONMENTS, PROPOSALS, candidate, nobody
from fleetward.store.fleet.file_checks import LARGEST_FILE, shown_path
from fleetward.store.fleet.load import GOVERNANCE, Reading, inhabited
from fleetward.store.formats import json_schema
from fleetward.store.formats.document import Document, document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.tree import LINK, REGULAR, SUBMODULE, Entry, Tree
from fleetward.store.records.current_ledgers import LEDGERS
from fleetward.workflows.comparison.agents import compared, dependents
from fleetward.workflows.comparison.changed_files import TOPS, Touched
from fleetward.workflows.comparison.requirements import governance_needs, with_needs
from fleetward.workflows.comparison.revisions import Side
from fleetward.workflows.load import read
from fleetward.workflows.parallel import jobs, spread
from fleetward.workflows.suggestions import no_environment

GOVERNING = {
    CONFIG: "fleet-config",
    **{f"{GOVERNANCE}/{name}.yaml": name for name in ("policy", "people", "connectors", "models", "waivers")},
}


Pair = tuple[Key, Key]
_AT_ONCE = 500
"""Pairs that are held whole at any time: each question to git is a process."""
_PAYS = 10
"""Pairs for each process, from which starting it costs less than it saves."""


class Both:
    """Both sides as far as they could be read; the law is the base's, where it has one."""

    def __init__(self, base: Side, head: Side) -> None:
        self.base, self.head = base, head
        self.before, self.after = (_read(side.tree) for side in (base, head))
        if self.before is None and self.after is None:
            raise NotAFleet(f"no {CONFIG} at either side", hint="fleet init, or --root PATH, or -C DIR")
        self._understood()
        fleets = [one.snapshot for one in (self.before, self.after) if one and one.snapshot]
        self.law = next((one for one in fleets if one.policy), fleets[0])

    def _understood(self) -> None:
        """Where one side's configuration cannot be read, the other's stands in: its agents can still be compared."""
        known = [one.snapshot.config for one in (self.before, self.after) if one and one.snapshot]
        if not known:
            for one in (self.after, self.before):
                if one is not None:
                    one.governed()
        if self.before is not None and self.before.snapshot is None:
            self.before = read(self.base.tree, (), instead=known[0])
        if self.after is not None and self.after.snapshot is None:
            self.after = read(self.head.tree, (), instead=known[0])

    def must_know(self, *environments: str) -> None:
        """
        An environment that nobody has is not an empty one.

        Errors: UsageError.
        """
        known = [one.name for one in self.law.config.environments]
        for name in environments:
            if name not in known:
                raise no_environment(name, known)

    def agents(
        self, pairs: Sequence[Pair], processes: int | None = None
    ) -> tuple[tuple[Comparison, ...], tuple[Unreadable, ...]]:
        """
        What became of each agent, worst first, and what cannot be read of them: *pairs* of earlier and later key.

        The same for any number of *processes*.
        """
        with _uncollected():
            parts = spread(pairs, self._parts, jobs(processes, len(pairs), pays=_PAYS))
        rank = lambda one: (one.row.significance.rank, one.row.environment, one.row.agent)  # noqa: E731
        found = sorted((one for compared, _ in parts for one in compared), key=rank)
        return tuple(found), tuple(one for _, unread in parts for one in unread)

    def _parts(self, pairs: Sequence[Pair]) -> list[tuple[list[Comparison], list[Unreadable]]]:
        return [
            _Part(self, pairs[start : start + _AT_ONCE]).told() for start in range(0, len(pairs), _AT_ONCE)
        ]

    def unreadable(self) -> Iterator[Unreadable]:
        """What is wrong with what governs."""
        for side, reading in (("base", self.before), ("head", self.after)):
            if reading is not None:
                yield from _of_governance(reading, side)

    def governance(self, path: str) -> Iterable[Change]:
        """What moved in a governing file; one that a side cannot read is told among the unreadable."""
        if path == CONFIG:
            return self._moved_in(path)
        if not path.startswith(f"{GOVERNANCE}/"):
            return ()
        found = self._moved_in(path) if path in GOVERNING else _unknown_file(path)
        return tuple(replace(one, requires=self._agreeing) for one in found)

    def _moved_in(self, path: str) -> tuple[Change, ...]:
        kind = GOVERNING[path]
        sides = [_document(side.tree, path, kind) for side in (self.base, self.head)]
        if any(there and (known is None or known.data is None) for there, known in sides):
            return ()
        (_, one), (_, two) = sides
        before, after = _effective(kind, *(known.data if known else None for known in (one, two)))
        return changes.compare_document(
            before,
            after,
            schema=json_schema.schema(kind),
            file=path,
            locate_before=one.locate if one else _nowhere(path),
            locate_after=two.locate if two else _nowhere(path),
        )

    @cached_property
    def _agreeing(self) -> tuple[Need, ...]:
        """What other governance needs; none before the first entry of a ledger, which trusts the one it finds."""
        fleet = self.before.snapshot if self.before else None
        trusted = fleet is not None and self.base.tree.entries(LEDGERS)
        return governance_needs(fleet) if fleet and trusted else ()

    def relying(self, gone: Key) -> tuple[str, ...]:
        """Who at the later side still depends on an agent that is gone: the one question that reads all of it."""
        environment, name = gone
        mark = name.encode("utf-8", "surrogateescape")
        whole = re.compile(rb"(?<![A-Za-z0-9-])" + re.escape(mark) + rb"(?![A-Za-z0-9-])")
        told = {
            path.split("/")[2]
            for path, content in self._manifests.get(environment, {}).items()
            # a name can be written otherwise only with a backslash
            if (mark in content and whole.search(content)) or b"\\" in content
        }
        if not told:
            return ()
        known = self.after.snapshot.config if self.after and self.after.snapshot else None
        snapshot = read(self.head.tree, {(environment, one) for one in told}, instead=known).snapshot
        return dependents(snapshot, environment, name) if snapshot else ()

    @cached_property
    def everybody(self) -> tuple[Key, ...]:
        """Every agent of the later side, whether it was looked at or not."""
        paths = (one.path.split("/") for one in self.head.tree.entries(ENVIRONMENTS))
        return tuple(sorted({(parts[1], parts[2]) for parts in paths if len(parts) > 3}))

    @cached_property
    def _manifests(self) -> dict[str, dict[str, bytes]]:
        """What the manifests of the later side hold, by environment and path."""
        entries = [
            one
            for one in self.head.tree.entries(*TOPS)
            if one.mode in REGULAR and one.path.endswith((f"/{MANIFEST}", f"/{digest.OVERRIDES}"))
        ]
        found: dict[str, dict[str, bytes]] = {}
        for path, content in self.head.tree.read(entries, LARGEST_FILE).items():
            if isinstance(content, bytes):
                found.setdefault(path.split("/")[1], {})[path] = content
        return found


class _Part:
    """Some pairs, read on both sides: all that is held of them at a time."""

    def __init__(self, both: Both, pairs: Sequence[Pair]) -> None:
        self.both, self.pairs = both, pairs
        self.before = _inhabited(both.base, both.before, {pair[0] for pair in pairs})
        self.after = _inhabited(both.head, both.after, {pair[1] for pair in pairs})

    def told(self) -> tuple[list[Comparison], list[Unreadable]]:
        """What became of each agent that can be read, and what cannot."""
        found = [one for pair in self.pairs if (one := self._became(*pair)) is not None]
        return found, list(self._unreadable())

    def _became(self, key: Key, other: Key) -> Comparison | None:
        one, two = self._before(key, other), _judged(self.after, other)
        if not all(agent is None or _comparable(agent) for agent in (one, two)):
            return None
        relying = self.both.relying(other) if two is None and one is not None else ()
        elsewhere = other[0] if other[0] != key[0] else None
        law = self.both.law
        comparison = compared(law, one, two, relying, elsewhere)
        return with_needs(comparison, law, one, two) if comparison else None

    def _before(self, key: Key, other: Key) -> Agent | None:
        """The agent at the earlier side: as it was wished for, but as it stood where it became what stands now."""
        one, two = (side.snapshot if side else None for side in (self.before, self.after))
        if one and two and key in one.proposals and other not in two.proposals:
            stood, stands = one.agents.get(key), two.agents.get(other)
            if stands is not None and (stood is None or stood.state != stands.state):
                return stood
        return _judged(self.before, key)

    def _unreadable(self) -> Iterator[Unreadable]:
        for side, reading, at in (("base", self.before, 0), ("head", self.after, 1)):
            if reading is not None:
                yield from self._of_agents(reading, {pair[at] for pair in self.pairs}, side)

    def _of_agents(self, reading: Reading, keys: set[Key], side: str) -> Iterator[Unreadable]:
        snapshot = reading.snapshot
        if snapshot is None:
            return
        errors = [one for one in reading.findings if one.severity is Severity.ERROR]
        for key in sorted(keys):
            agent = _judged(reading, key)
            unfit = agent is not None and not _comparable(agent)
            about = [one for one in errors if (one.environment, one.agent) == (key[0], shown_path(key[1]))]
            if not unfit:  # a proposal that cannot be read is not in place, and what stands there is compared
                about = [one for one in about if one.place.file.startswith(f"{PROPOSALS}/")]
            if about:
                yield _unread(key[0], shown_path(key[1]), side, about[0], more=len(about) - 1)
            elif unfit:
                place = f"{ENVIRONMENTS}/{key[0]}/{shown_path(key[1])}"
                finding = _finding(
                    "file-unreadable", "cannot be read with what is proposed", place, "fleet validate"
                )
                yield _unread(key[0], shown_path(key[1]), side, finding)
            elif agent is None and key in snapshot.proposals and side == "head":  # gone, it harms nobody
                wish = Entry(
                    path="/".join((PROPOSALS, *key, digest.OVERRIDES)), mode=snapshot.proposals[key].mode
                )
                yield _unread(*key, side, nobody(key, wish, snapshot.config, self.both.everybody))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Values are made by the hundred thousand and none in circles: looking for those costs a tenth of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _read(tree: Tree) -> Reading | None:
    """What governs a side; None where there is no fleet at all."""
    try:
        return read(tree, ())
    except NotAFleet:
        return None


def _inhabited(side: Side, reading: Reading | None, keys: set[Key]) -> Reading | None:
    """With these agents, and for what is proposed the sources that it would be promoted from."""
    if reading is None or reading.snapshot is None:
        return reading
    environments = {one.name: one for one in reading.snapshot.config.environments}
    sources = {
        (environments[env].sources[0], name)
        for env, name in keys
        if env in environments and environments[env].gated
    }
    return inhabited(side.tree, reading, keys | sources)


def _judged(reading: Reading | None, key: Key) -> Agent | None:
    """The agent as rules see it; one that is only proposed stands on the release of its source."""
    snapshot = reading.snapshot if reading else None
    if snapshot is None:
        return None
    standing = snapshot.proposed.get(key) or snapshot.agents.get(key)
    proposal = snapshot.proposals.get(key)
    if standing is not None or proposal is None:
        return standing
    environment = snapshot.config.environment(key[0])
    source = (
        snapshot.agents.get((environment.sources[0], key[1])) if environment and environment.gated else None
    )
    return candidate(source, key[0], proposal, proposed=True)[0] if source else None


def _comparable(agent: Agent) -> bool:
    return agent.manifest is not None and agent.readable


# What cannot be read


def in_the_way(touched: Touched) -> Iterator[Unreadable]:
    """Links and nested repositories where folders belong: what is behind them cannot be seen."""
    for path, modes in touched.items():
        above = path.split("/")[0] in (*TOPS, GOVERNANCE) and path.count("/") < 2 and path not in GOVERNING
        if above and modes & {LINK, SUBMODULE}:
            what = "a symbolic link" if LINK in modes else "a repository of its own"
            hint = "put the folder itself here"
            yield _unread(None, None, "head", _finding("link-in-agent", f"{what}, no folder", path, hint))


def _of_governance(reading: Reading, side: str) -> Iterator[Unreadable]:
    """Governing files that are wrong: what a promotion will ask cannot be told by them."""
    wrong = [
        one
        for one in reading.findings
        if one.severity is Severity.ERROR and one.agent is None and one.place.file in GOVERNING
    ]
    counts = Counter(one.place.file for one in wrong)
    for file in sorted(counts):
        first = next(one for one in wrong if one.place.file == file)
        yield _unread(None, None, side, first, more=counts[file] - 1)


def _unread(
    environment: str | None, agent: str | None, side: str, finding: Finding, *, more: int = 0
) -> Unreadable:
    return Unreadable(environment=environment, agent=agent, side=side, finding=finding, more=more)


def _finding(rule: str, message: str, file: str, hint: str) -> Finding:
    place = Place(file=shown_path(file))
    return Finding(rule=rule, severity=Severity.ERROR, message=message, place=place, hint=hint)


# Governing files


def _document(tree: Tree, path: str, kind: str) -> tuple[bool, Document | None]:
    """Whether the file is there, and it, where it can be read at all."""
    entries = [one for one in tree.entries(path) if one.path == path]
    if not entries:
        return False, None
    content = tree.read([one for one in entries if one.mode in REGULAR], GOVERNANCE_LIMITS.size).get(path)
    return True, document(content, path, kind, GOVERNANCE_LIMITS) if isinstance(content, bytes) else None


def _effective(kind: str, *sides: Mapping[str, Any] | None) -> tuple[Mapping[str, Any] | None, ...]:
    """Both sides with what holds where nothing is written; of a rule that one side weighs, its usual weight."""
    filled = tuple(None if one is None else json_schema.with_defaults(one, kind) for one in sides)
    if kind != "fleet-config":
        return filled
    weights = [{} if one is None else one.get("rules") or {} for one in filled]
    if not all(isinstance(one, Mapping) for one in weights):  # told as unreadable, and compared as it is
        return filled
    usual = {
        one.id: one.severity.value for one in rules.CATALOGUE if any(one.id in weighed for weighed in weights)
    }
    return tuple(
        one and {**one, "rules": {**usual, **weighed}} for one, weighed in zip(filled, weights, strict=True)
    )


def _nowhere(path: str) -> Callable[[str], Place]:
    return lambda _: Place(file=path)


def _unknown_file(path: str) -> tuple[Change, ...]:
    return (changes.unknown_document(shown_path(path)),)
