"""What moved between two sides of a fleet: agents that changed alone are read, governance once a side."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from fleetward import changes, gate, rules
from fleetward.commands.comparing import compared, dependents
from fleetward.commands.reading import read
from fleetward.commands.sides import Side
from fleetward.domain import digest, risk
from fleetward.domain.change import Change, Comparison, Need, Significance, Status, Unreadable
from fleetward.domain.errors import NotAFleet, UsageError
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import CONFIG, FleetConfig, Key, Snapshot
from fleetward.domain.manifest import MANIFEST, Agent
from fleetward.domain.names import nearest
from fleetward.domain.policy import ApprovalsAsked, Asked, EvalsAsked, SoakAsked
from fleetward.domain.verdict import PromotionKind
from fleetward.store import schema
from fleetward.store.agents import ENVIRONMENTS, LARGEST_FILE, PROPOSALS, candidate, nobody, shown_path
from fleetward.store.document import Document, document
from fleetward.store.ground import Ground
from fleetward.store.reader import GOVERNANCE, Reading
from fleetward.store.tree import LINK, REGULAR, SUBMODULE, Entry, Folder, Revision, Tree
from fleetward.store.yaml import GOVERNANCE_LIMITS

GOVERNING = {
    CONFIG: "fleet-config",
    **{f"{GOVERNANCE}/{name}.yaml": name for name in ("policy", "people", "connectors", "models", "waivers")},
}
_TOPS = (ENVIRONMENTS, PROPOSALS)
_AT_ONCE = 256
_LARGE_INDEX = 200_000
"""Bytes; about two thousand files."""
Touched = Mapping[str, frozenset[str]]
"""By path: the modes that it has at the sides that have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that moved, and what cannot be told."""

    agents: tuple[Comparison, ...]
    governance: tuple[Change, ...]
    unreadable: tuple[Unreadable, ...]

    @property
    def all(self) -> tuple[Change, ...]:
        """Every change."""
        return (*self.governance, *(change for one in self.agents for change in one.changes))


def between(ground: Ground, base: Side, head: Side) -> Found:
    """
    What moved from *base* to *head*, agents paired by environment and name.

    Errors: FleetError where neither side is a fleet.
    """
    touched = _touched(ground, base.tree, head.tree)
    keys = {tuple(path.split("/")[1:3]) for path in touched if path.split("/")[0] in _TOPS}
    pairs = [((env, name), (env, name)) for env, name in sorted(key for key in keys if len(key) == 2)]
    sides = _Sides(base, head, pairs)
    governance = (change for path in sorted(touched) for change in sides.governance(path))
    return Found(
        agents=sides.agents(),
        governance=tuple(sorted(governance, key=lambda change: change.order)),
        unreadable=tuple(sorted([*sides.unreadable(), *_in_the_way(touched)], key=lambda one: one.order)),
    )


def across(base: Side, head: Side, first: str, second: str) -> Found:
    """
    What sets the environment *second* at *head* apart from *first* at *base*, agents paired by name.

    Errors: UsageError for an environment that the fleet has not, NotAFleet where neither holds agents.
    """
    here, there = _contents(base.tree, first), _contents(head.tree, second)
    proposed = {path.split("/")[2] for path in _paths(head.tree, f"{PROPOSALS}/{second}")}
    names = {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)} | proposed
    sides = _Sides(base, head, [((first, name), (second, name)) for name in sorted(names)])
    sides.must_know(first, second)
    if not here and not there:
        raise NotAFleet(
            f"neither {first!r} nor {second!r} holds agents", hint=f"fleet new NAME --env {first}"
        )
    return Found(agents=sides.agents(), governance=(), unreadable=tuple(sides.unreadable()))


def unshown(ground: Ground, head: Side) -> int:
    """
    How many files of the work tree are not what *head* holds, where that is HEAD.

    Every file has to be read for that: a large fleet is not asked, and an index tells how large it is.
    """
    top = ground.repository.top
    if top is None or head.commit is None or head.commit != ground.repository.resolved("HEAD"):
        return 0
    index = ground.repository.git_dir / "index"
    if not index.is_file() or index.stat().st_size > _LARGE_INDEX:
        return 0
    return len(_touched(ground, head.tree, ground.folder()))


def _contents(tree: Tree, environment: str) -> dict[str, set[tuple[str, str, str | None]]]:
    found: dict[str, set[tuple[str, str, str | None]]] = {}
    for entry in tree.entries(f"{ENVIRONMENTS}/{environment}"):
        name, _, rest = entry.path.split("/", 2)[2].partition("/")
        found.setdefault(name, set()).add((rest, entry.mode, entry.id))
    return found


def _paths(tree: Tree, folder: str) -> Iterator[str]:
    return (entry.path for entry in tree.entries(folder) if entry.path.count("/") > 2)


# Which paths differ


def _touched(ground: Ground, base: Tree, head: Tree) -> Touched:
    """The paths that differ, relative to the fleet root."""
    if isinstance(base, Revision) and isinstance(head, Revision):
        return _of_revisions(ground, base, head)
    one, two = _hashed(ground, base), _hashed(ground, head)
    return {
        path: frozenset(side[path][0] for side in (one, two) if path in side)
        for path in one.keys() | two.keys()
        if one.get(path) != two.get(path)
    }


def _of_revisions(ground: Ground, base: Revision, head: Revision) -> Touched:
    scope = ["--", ground.prefix.rstrip("/")] if ground.prefix else []
    asked = ("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", base.commit, head.commit)
    parts = ground.repository.need(*asked, *scope).split(b"\0")
    start = ground.prefix.encode()
    found = {}
    for meta, path in zip(parts[::2], parts[1::2], strict=False):
        modes = frozenset(meta.decode().removeprefix(":").split(" ")[:2]) - {"000000"}
        if path.startswith(start):
            found[path[len(start) :].decode("utf-8", "surrogateescape")] = modes
    return found


def _hashed(ground: Ground, tree: Tree) -> dict[str, tuple[str, str | None]]:
    """Mode and content of everything that matters; what lies in a folder is hashed as git would store it."""
    entries = tree.entries(CONFIG, GOVERNANCE, *_TOPS)
    if not isinstance(tree, Folder):
        return {one.path: (one.mode, one.id) for one in entries}
    found: dict[str, tuple[str, str | None]] = {}
    for start in range(0, len(entries), _AT_ONCE):
        some = entries[start : start + _AT_ONCE]
        contents = tree.read([one for one in some if one.mode in REGULAR], LARGEST_FILE)
        found.update({one.path: (one.mode, _id(ground, one, contents.get(one.path))) for one in some})
    return found


def _id(ground: Ground, entry: Entry, content: bytes | int | None) -> str | None:
    if isinstance(content, bytes):
        return ground.repository.hashed(content)
    return f"{content} bytes" if isinstance(content, int) else entry.id


def _in_the_way(touched: Touched) -> Iterator[Unreadable]:
    """Links and nested repositories where folders belong: what is behind them cannot be seen."""
    for path, modes in touched.items():
        above = path.split("/")[0] in (*_TOPS, GOVERNANCE) and path.count("/") < 2 and path not in GOVERNING
        if above and modes & {LINK, SUBMODULE}:
            what = "a symbolic link" if LINK in modes else "a repository of its own"
            hint = "put the folder itself here"
            yield _unread(None, None, "head", _finding("link-in-agent", f"{what}, no folder", path, hint))


# The two sides


class _Sides:
    """Both sides as far as they could be read; the law is the base's, where it has one."""

    def __init__(self, base: Side, head: Side, pairs: Collection[tuple[Key, Key]]) -> None:
        self.base, self.head, self.pairs = base, head, pairs
        wanted = [{pair[at] for pair in pairs} for at in (0, 1)]
        with _uncollected():
            self.before, self.after = (
                _read(side.tree, _wanted(keys)) for side, keys in zip((base, head), wanted, strict=True)
            )
        if self.before is None and self.after is None:
            raise NotAFleet(f"no {CONFIG} at either side", hint="fleet init, or --root PATH, or -C DIR")
        self._understood(wanted)
        fleets = [one.snapshot for one in (self.before, self.after) if one and one.snapshot]
        self.law = next((one for one in fleets if one.policy), fleets[0])

    def _understood(self, wanted: list[set[Key]]) -> None:
        """Where one side's configuration cannot be read, the other's stands in: its agents can still be compared."""
        known = [one.snapshot.config for one in (self.before, self.after) if one and one.snapshot]
        if not known:
            for one in (self.after, self.before):
                if one is not None:
                    one.governed()
        if self.before is not None and self.before.snapshot is None:
            self.before = read(self.base.tree, _wanted(wanted[0]), instead=known[0])
        if self.after is not None and self.after.snapshot is None:
            self.after = read(self.head.tree, _wanted(wanted[1]), instead=known[0])

    def must_know(self, *environments: str) -> None:
        """
        An environment that nobody has is not an empty one.

        Errors: UsageError.
        """
        known = [one.name for one in self.law.config.environments]
        for name in environments:
            if name not in known:
                close = nearest(name, known)
                hint = f"did you mean {close!r}?" if close else f"one of: {', '.join(known)}"
                raise UsageError(f"no environment {name!r} in {CONFIG}", hint=hint)

    def agents(self) -> tuple[Comparison, ...]:
        """What became of each agent, worst first; those that cannot be read on a side left out."""
        with _uncollected():
            found = [one for key, other in self.pairs if (one := self._became(key, other)) is not None]
        rank = lambda one: (one.row.significance.rank, one.row.environment, one.row.agent)  # noqa: E731
        return tuple(sorted(found, key=rank))

    def _became(self, key: Key, other: Key) -> Comparison | None:
        one, two = _judged(self.before, key), _judged(self.after, other)
        if not all(agent is None or _comparable(agent) for agent in (one, two)):
            return None
        relying = self._relying(other) if two is None and one is not None else ()
        comparison = compared(self.law, one, two, relying)
        return _with_needs(comparison, self.law, one, two) if comparison else None

    def unreadable(self) -> Iterator[Unreadable]:
        """What is wrong with the agents that were looked at, and with what governs them."""
        for side, reading, keys in (
            ("base", self.before, {pair[0] for pair in self.pairs}),
            ("head", self.after, {pair[1] for pair in self.pairs}),
        ):
            if reading is not None:
                yield from _of_agents(reading, keys, side)
                yield from _of_governance(reading, side)

    def governance(self, path: str) -> Iterable[Change]:
        """What moved in a governing file; one that a side cannot read is told among the unreadable."""
        kind = GOVERNING.get(path)
        if kind is None:
            return _unknown_file(path) if path.startswith(f"{GOVERNANCE}/") else ()
        sides = [_document(side.tree, path, kind) for side in (self.base, self.head)]
        if any(there and (known is None or known.data is None) for there, known in sides):
            return ()
        (_, one), (_, two) = sides
        before, after = _effective(kind, *(known.data if known else None for known in (one, two)))
        return changes.compare_document(
            before,
            after,
            schema=schema.schema(kind),
            file=path,
            locate_before=one.locate if one else _nowhere(path),
            locate_after=two.locate if two else _nowhere(path),
        )

    def _relying(self, gone: Key) -> tuple[str, ...]:
        """Who at the later side still depends on an agent that is gone: the one question that reads all of it."""
        environment, name = gone
        mark = name.encode("utf-8", "surrogateescape")
        told = {
            path.split("/")[2]
            for path, content in self._manifests.get(environment, {}).items()
            # a name can be written otherwise only with a backslash
            if mark in content or b"\\" in content
        }
        if not told:
            return ()
        known = self.after.snapshot.config if self.after and self.after.snapshot else None
        snapshot = read(self.head.tree, {(environment, one) for one in told}, instead=known).snapshot
        return dependents(snapshot, environment, name) if snapshot else ()

    @cached_property
    def _manifests(self) -> dict[str, dict[str, bytes]]:
        """What the manifests of the later side hold, by environment and path."""
        entries = [
            one
            for one in self.head.tree.entries(*_TOPS)
            if one.mode in REGULAR and one.path.endswith((f"/{MANIFEST}", f"/{digest.OVERRIDES}"))
        ]
        found: dict[str, dict[str, bytes]] = {}
        for path, content in self.head.tree.read(entries, LARGEST_FILE).items():
            if isinstance(content, bytes):
                found.setdefault(path.split("/")[1], {})[path] = content
        return found


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


def _read(tree: Tree, only: Callable[[FleetConfig], Collection[Key]]) -> Reading | None:
    """What a side holds; None where there is no fleet at all."""
    try:
        return read(tree, only)
    except NotAFleet:
        return None


def _wanted(keys: set[Key]) -> Callable[[FleetConfig], set[Key]]:
    """These agents, and for what is proposed the sources that it would be promoted from."""

    def wanted(config: FleetConfig) -> set[Key]:
        environments = {one.name: one for one in config.environments}
        sources = {
            (environments[env].sources[0], name)
            for env, name in keys
            if env in environments and environments[env].gated
        }
        return keys | sources

    return wanted


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


def _of_agents(reading: Reading, keys: set[Key], side: str) -> Iterator[Unreadable]:
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
            yield _unread(*key, side, nobody(key, wish, snapshot.config, snapshot.agents))


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
    filled = tuple(None if one is None else schema.with_defaults(one, kind) for one in sides)
    if kind != "fleet-config":
        return filled
    weighed = {rule for one in filled if one for rule in one.get("rules") or ()}
    usual = {one.id: one.severity.value for one in rules.CATALOGUE if one.id in weighed}
    return tuple(one and {**one, "rules": {**usual, **(one.get("rules") or {})}} for one in filled)


def _nowhere(path: str) -> Callable[[str], Place]:
    return lambda _: Place(file=path)


def _unknown_file(path: str) -> tuple[Change, ...]:
    return (changes.unknown_document(shown_path(path)),)


# What a promotion will ask


def _with_needs(
    comparison: Comparison, base: Snapshot, before: Agent | None, after: Agent | None
) -> Comparison:
    """The changes with what their promotion will ask, by the policy of the earlier side."""
    policy, row = base.policy, comparison.row
    if policy is None:
        return comparison
    manifests = [one.manifest for one in (before, after) if one is not None and one.manifest is not None]
    tier = policy.higher(*(one.tier for one in manifests), *(risk.floor(one, policy) for one in manifests))
    kind = {Status.ADDED: PromotionKind.CREATE, Status.RETIRED: PromotionKind.RETIRE}.get(
        row.status, PromotionKind.UPDATE
    )
    targets = [
        one.name
        for one in base.config.environments
        if row.environment in one.sources or (one.gated and one.name == row.environment)
    ]
    needs = {
        _need(one, to, base): None
        for to in targets
        for _, one in gate.asked(policy, to=to, tier=tier, comparison=comparison, kind=kind, agent=row.agent)
    }
    return replace(
        comparison,
        changes=tuple(
            one if one.significance is Significance.NONE else replace(one, requires=tuple(needs))
            for one in comparison.changes
        ),
    )


def _need(asked: Asked, to: str, fleet: Snapshot) -> Need:
    where = f" for {to}" if sum(one.gated for one in fleet.config.environments) > 1 else ""
    if isinstance(asked, ApprovalsAsked):
        return Need(kind="approvals", detail=asked.wording + where)
    if isinstance(asked, EvalsAsked):
        age = f", at most {_length(asked.max_age)} old" if asked.max_age else ""
        return Need(kind="evals", detail=f"passed{age}{where}")
    if isinstance(asked, SoakAsked):
        return Need(kind="soak", detail=f"{_length(asked.span)}{where}")
    raise TypeError(asked)


def _length(span: timedelta) -> str:
    """``7 days``, or ``36 hours`` where it is no whole number of days."""
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count, rest = divmod(int(span.total_seconds()), size)
        if not rest:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{int(span.total_seconds())} seconds"
