"""A history followed commit by commit: what each landing did to ledgers, records, folders and the law."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from fleetward.domain.audit import REGULAR, Audit, Break, Landing
from fleetward.domain.errors import FleetError, GovernanceInvalid
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import CONFIG, FleetConfig
from fleetward.domain.ledger import Entry
from fleetward.gate import history_checks
from fleetward.store.fleet.agents import ENVIRONMENTS
from fleetward.store.git.contents import contents
from fleetward.store.git.fleet_root import Ground
from fleetward.store.git.history import touching
from fleetward.store.git.indexed_repository import Past, prepare
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.store.records.approvals import LARGEST
from fleetward.store.records.invalid_entries import void
from fleetward.store.records.ledger import ADOPT, file_name
from fleetward.store.records.ledger import LARGEST as LONGEST
from fleetward.store.records.ledger_revisions import Chapter, advanced, opened
from fleetward.workflows.approval import review_status
from fleetward.workflows.audit.entries import Scene, kept, replay, state
from fleetward.workflows.audit.restored import returned
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance import history as amendments
from fleetward.workflows.governance.history import Law
from fleetward.workflows.load import read

_POLICY = "governance/policy.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What one state of ``fleet-config.yaml`` and the governance folder says; None for what cannot be read."""

    config: FleetConfig | None
    version: int | None
    error: str | None


class Walk:
    """The audit of some landings, oldest first; what was learnt on the way is kept for the next one."""

    def __init__(self, run: RunContext, ground: Ground, past: Past, begin: Id | None, law: Id | None) -> None:
        self.run = run
        self.ground = ground
        self.past = past
        self.base = law
        self.config: FleetConfig | None = None
        self.told: list[review_status.Told] = []
        """The entries, each with the landing that brought it."""
        self.lawful: Law | None = None
        """The governance that was agreed to, as far as history was followed; None before the first ledger."""
        self.chapters: dict[str, Chapter] = {}
        self.begun: set[str] = set()
        self.known: dict[tuple[tuple[str, str], ...], Standing] = {}
        self.breaks: list[Break] = []
        self.promotions = self.adoptions = self.governance = 0
        self.begin = begin

    def follow(self, found: Sequence[Landing]) -> Audit:
        """All of them, and how things stand at the end."""
        names = self._open(found)
        self.breaks += self._trusted()
        prepare(self.past, found, names)
        for landing in found:
            self.breaks += self._landing(landing)
        last = found[-1].commit if found else self.begin or self.past.memory.head
        self.breaks += self._unapproved(last, self.run.now, still=True)
        self.breaks += self._ended(last)
        self.breaks += review_status.broken(self.run, self.ground, last, self.told)
        # the sort is stable: breaks of one weight stay in the order of history
        ordered = sorted(self.breaks, key=lambda one: one.severity.rank)
        ends = {name: chapter.seen(last) for name, chapter in self.chapters.items()}
        return Audit(
            first=self.begin,
            last=last,
            commits=len(found),
            promotions=self.promotions,
            adoptions=self.adoptions,
            governance=self.governance,
            breaks=tuple(
                {replace(one, hint=""): one for one in ordered}.values()
            ),  # the last hint is for now
            heads={name: seen for name, seen in sorted(ends.items()) if seen},
        )

    def standing(self, commit: Id | None) -> Standing:
        """The law of a commit; that of the same files is read once."""
        if commit is None:
            return Standing(config=None, version=None, error=None)
        files = self.ground.commit(commit).entries(CONFIG, "governance")
        key = tuple((one.path, one.id or "") for one in files)
        if key not in self.known:
            self.known[key] = _standing_at(self.ground, commit)
        return self.known[key]

    def gated(self, commit: Id) -> frozenset[str]:
        """The environments that are gated in a commit."""
        return _gated(self.standing(commit).config)

    def _open(self, found: Sequence[Landing]) -> tuple[str, ...]:
        """The ledgers as they stood at the beginning."""
        names = {*self._ledgers(self.begin), *(name for landing in found for name in _ledgers_of(landing))}
        for name in sorted(names):
            self.chapters[name] = Chapter(environment=name)
            if self.begin is not None:
                self.chapters[name], broken = opened(self.ground.commit(self.begin), name, self.begin)
                self.breaks += broken
            if self.chapters[name].content:
                self.begun.add(name)
        return tuple(sorted(names))

    def _ledgers(self, commit: Id | None) -> set[str]:
        entries = self.ground.commit(commit).entries("ledger") if commit else ()
        return {name for one in entries if (name := _environment(one.path))}

    def _landing(self, landing: Landing) -> Iterator[Break]:
        yield from history_checks.lost(landing)
        yield from self._dropped(landing)
        yield from self._left_out(landing)
        yield from self._governed(landing)
        was = now = self.config if self.config is not None else self.standing(landing.parent).config
        if landing.under(CONFIG) or landing.under("governance") or landing.parent is None:
            was, now = (self.standing(one).config for one in (landing.parent, landing.commit))
        self.config = now
        yield from history_checks.reconfigured(landing, was, now, self.begun)
        for name in sorted({*self.chapters, *_gated(was), *_gated(now)}):
            before = self.chapters.get(name) or Chapter(environment=name)
            after, broken = advanced(before, self.ground.commit(landing.commit), landing)
            self.chapters[name] = after
            backdated = any(one.at < other.at for other, one in _pairs(after))
            yield from (one for one in broken if not (backdated and one.rule == "chain-broken"))
            yield from history_checks.modes_of_ledger(landing, name)
            if after.added or after.content:
                self.begun.add(name)
            if name in self.begun:
                yield from self._environment(landing, before, after)

    def _environment(self, landing: Landing, before: Chapter, after: Chapter) -> Iterator[Break]:
        moved = [moved.agent for entry in after.added for moved in entry.agents]
        adopted = sum(len(entry.agents) for entry in after.added if entry.kind == ADOPT)
        self.adoptions += adopted
        self.promotions += len(moved) - adopted
        yield from history_checks.unledgered(
            landing, after.environment, moved, self._returned(landing, before)
        )
        if after.added:
            yield from self._decided(landing, after.added[0])
        law = self.base or landing.parent
        if not after.added:
            return
        scene = Scene(
            run=self.run,
            ground=self.ground,
            landing=landing,
            before=before,
            after=after,
            law=law,
            config=self.standing(law).config,
            newest=self.past.newest,
            told=tuple(self.told),
        )
        self.told += ((landing, entry) for entry in after.added)
        yield from replay(scene)

    def _returned(self, landing: Landing, chapter: Chapter) -> dict[str, int]:
        """What was put back by hand; nothing, where the ledger that would say so did not only grow."""
        lost = (one.rule.startswith("ledger-") for one in self.breaks)
        steps = landing.under(file_name(chapter.environment))
        return {} if any(lost) or steps else returned(self.ground, landing, chapter.ledger)

    def _governed(self, landing: Landing) -> Iterator[Break]:
        """A change of the law itself."""
        steps = landing.under("governance")
        if not steps or not self.begun:  # what stands when the first ledger begins is trusted
            return
        self.governance += 1
        was, now = self.standing(landing.parent), self.standing(landing.commit)
        yield from history_checks.lowered(landing, was.version, now.version)
        if now.error is not None:
            yield Break(
                rule="governance-unreadable",
                message=now.error,
                commit=landing.commit,
                file=steps[0].path,
                hint="fleet validate",
            )

    def _trusted(self) -> Iterator[Break]:
        """The law to begin with: what was agreed to where the ledgers stand already."""
        start = self.base or self.begin
        if start is None or not self.begun:
            return
        try:
            course = amendments.present(self.ground, start, self.run.now)
            self.lawful = course.law if course else None
        except FleetError as error:
            yield Break(
                rule="policy-not-in-force",
                message=error.message,
                commit=start,
                file=_POLICY,
                hint="fleet audit",
            )

    def _decided(self, landing: Landing, first: Entry) -> Iterator[Break]:
        """Whether the governance that an entry was decided by was agreed to at that time."""
        ground = self.ground
        if ground.repository.resolved(first.commit) != first.commit:
            return
        if self.lawful is None:
            with suppress(FleetError):  # governance that nobody could decide by: told by the verdict
                self.lawful = amendments.law_at(ground, first.commit)
        else:
            yield from self._unapproved(self.base or landing.parent or first.commit, first.at)

    def _unapproved(self, head: Id, now: datetime, *, still: bool = False) -> Iterator[Break]:
        """The changes of governance up to *head* that the law before them did not agree to, or *still* does not."""
        law, ground = self.lawful, self.ground
        if law is None or not self._amended(law, head):
            return
        course = amendments.course(ground, law, head, now)
        self.lawful = course.law
        for one in course.amendments:
            if one.settled is None:
                taken_back = one not in course.pending
                lacks = amendments.lacking(one.judged)
                told = (
                    "was taken back before anybody agreed to it"
                    if taken_back
                    else f"nobody may decide by it: {lacks}"
                )
                yield Break(
                    rule="governance-unapproved",
                    message=f"governance was changed, and {told}",
                    commit=one.commit,
                    file=_first_changed(ground, one.commit),
                    hint=f"fleet approve{self.run.chdir} --governance, then commit it"
                    if still and not taken_back
                    else f"git show {one.commit[:12]} -- governance",
                    severity=Severity.NOTE if taken_back else Severity.ERROR,
                )

    def _amended(self, law: Law, head: Id) -> bool:
        changed = touching(self.ground, head, law.commit, ("governance",))
        return bool(changed) or records.governance_digest(self.ground.commit(head)) != law.state

    def _dropped(self, landing: Landing) -> Iterator[Break]:
        """Records that a merged branch had and the merge left out."""
        if landing.alone:
            return
        had = {one for one in self.past.brought(landing) if one[0].startswith(("approvals/", "evidence/"))}
        folders = ("approvals", "evidence")
        held = {(one.path, one.id) for one in self.ground.commit(landing.commit).entries(*folders)}
        contents = self.past.blobs((blob for _, blob in had - held), LARGEST)
        for path, blob in sorted(had - held):
            content = contents[blob]
            if not isinstance(content, bytes) or not records.weighs(content, path):
                continue
            yield Break(
                rule="record-dropped",
                message=f"the merged branch had this record (blob {blob[:12]}), the merge left it out",
                commit=landing.commit,
                file=path,
                hint=f"git cat-file blob {blob[:12]}",
            )

    def _left_out(self, landing: Landing) -> Iterator[Break]:
        """Lines of a ledger that a merged branch had and the merge left out, though they were decided by."""
        had = set() if landing.alone else set(self.past.brought(landing))
        tree = self.ground.commit(landing.commit)
        for path, blob in sorted(one for one in had if _environment(one[0])):
            content = contents(tree, path).get(path, b"")
            version = self.past.blobs([blob], LONGEST)[blob]
            whole = isinstance(version, bytes) and content.startswith(version)
            if not whole and not void(self.ground, landing.commit, blob, content, path):
                yield Break(
                    rule="record-dropped",
                    message=f"the merged branch had lines (blob {blob[:12]}) that the merge left out",
                    commit=landing.commit,
                    file=path,
                    hint=f"git cat-file blob {blob[:12]}",
                    environment=_environment(path),
                )

    def _ended(self, last: Id) -> Iterator[Break]:
        """What the folders hold at the end, against the ledgers."""
        told = {(one.environment, one.agent) for one in self.breaks if one.severity is Severity.ERROR}
        edited = {one.environment for one in self.breaks if one.rule.startswith("ledger-")}
        config = self.standing(last).config
        for name in sorted({*self.begun, *_gated(config)}):
            if name not in self.begun:
                yield from self._never_adopted(last, name)
                continue
            if name in edited:
                continue
            ledger = self.chapters[name].ledger
            standing = self.ground.commit(last).entries(f"{ENVIRONMENTS}/{name}")
            self.past.remember(one.id for one in standing if one.id and one.mode in REGULAR)
            said = {m.agent: m.to_state for entry in ledger.entries for m in entry.agents}
            for agent in sorted({*said, *self._agents(last, name)}):
                held = state(self.ground, last, name, agent)
                if held != said.get(agent) and (name, agent) not in told:
                    yield self._mismatch(last, name, agent, held, said.get(agent))

    def _mismatch(self, last: Id, environment: str, agent: str, held: str | None, said: str | None) -> Break:
        folder = f"{ENVIRONMENTS}/{environment}/{agent}"
        files = sorted(kept(self.ground, last, folder))
        return Break(
            rule="state-mismatch",
            message=f"{folder} holds {held or 'nothing'}, its ledger says {said or 'nothing runs'}",
            commit=last,
            file=f"{folder}/{'agent.yaml' if 'agent.yaml' in files or not files else files[0]}",
            hint=f"git log --oneline -- {folder}",
            environment=environment,
            agent=agent,
        )

    def _never_adopted(self, last: Id, environment: str) -> Iterator[Break]:
        agents = self._agents(last, environment)
        if agents:
            yield Break(
                rule="never-adopted",
                message=f"{environment} is gated and holds {len(agents)} agents, and has no ledger",
                commit=last,
                file=f"{ENVIRONMENTS}/{environment}/{min(agents)}/agent.yaml",
                hint=f"fleet adopt --to {environment} --apply",
                environment=environment,
            )

    def _agents(self, commit: Id, environment: str) -> set[str]:
        entries = self.ground.commit(commit).entries(f"{ENVIRONMENTS}/{environment}")
        return {parts[2] for one in entries if len(parts := one.path.split("/")) > 2}


def _first_changed(ground: Ground, commit: Id) -> str:
    """The first file of governance that the commit does not hold as its first parent does."""
    parent = ground.repository.resolved(f"{commit}^1")
    now, was = (set(ground.commit(one).entries("governance")) if one else set() for one in (commit, parent))
    return min((one.path for one in now ^ was), default=_POLICY)


def _standing_at(ground: Ground, commit: Id) -> Standing:
    try:
        reading = read(ground.commit(commit), only=())
        config = reading.snapshot.config if reading.snapshot else None
    except FleetError:
        return Standing(config=None, version=None, error=f"no {CONFIG}")
    try:
        policy = reading.governed().policy
    except GovernanceInvalid as error:
        return Standing(config=config, version=None, error=error.message)
    return Standing(config=config, version=policy.version if policy else None, error=None)


def _gated(config: FleetConfig | None) -> frozenset[str]:
    return frozenset(one.name for one in config.environments if one.gated) if config else frozenset()


def _ledgers_of(landing: Landing) -> Iterator[str]:
    return (name for step in landing.under("ledger") if (name := _environment(step.path)))


def _environment(path: str) -> str | None:
    parts = path.split("/")
    name = parts[1].removesuffix(".jsonl") if len(parts) == 2 else ""
    return name if name and file_name(name) == path else None


def _pairs(chapter: Chapter) -> Iterator[tuple[Entry, Entry]]:
    start = len(chapter.entries) - len(chapter.added)
    entries = chapter.entries[max(0, start - 1) :]
    return pairwise(entries)
