"""A history followed commit by commit: what each landing did to ledgers, records, folders and the law."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from fleetward.domain import layout, limits
from fleetward.domain.audit import REGULAR_MODES, Audit, Break, FirstParentCommit
from fleetward.domain.errors import FleetError, GovernanceInvalid
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.ledger import Entry
from fleetward.gate import history_checks
from fleetward.store.formats.document import DocumentCache
from fleetward.store.git.branch_history import first_parent_commits_of
from fleetward.store.git.contents import contents
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.indexed_history import IndexedHistory
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.store.records.invalid_entries import never_took_effect
from fleetward.store.records.ledger import ADOPT
from fleetward.store.records.ledger_revisions import LedgerRevision, first_revision, next_revision
from fleetward.workflows.approval import review_status
from fleetward.workflows.audit.entries import EntryContext, check_entries, folder_files, state_digest
from fleetward.workflows.audit.restored import restored_agents
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance import history as amendments
from fleetward.workflows.governance.history import GovernanceInForce
from fleetward.workflows.load import load_fleet

_POLICY = layout.POLICY
_MAX_DOCUMENTS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernanceState:
    """What one state of ``fleet-config.yaml`` and the governance folder says; None for what cannot be read."""

    config: FleetConfig | None
    version: int | None
    error: str | None


class HistoryReplay:
    """The audit of some landings, oldest first; what was learnt on the way is kept for the next one."""

    def __init__(
        self, run: RunContext, ground: FleetRoot, history: IndexedHistory, begin: Id | None, law: Id | None
    ) -> None:
        self.run = replace(run, documents=DocumentCache(_MAX_DOCUMENTS))
        self.ground = ground
        self.history = history
        self.base = law
        self.config: FleetConfig | None = None
        self.entries: list[review_status.LedgerEntryAt] = []
        """The entries, each with the landing that brought it."""
        self.approved: GovernanceInForce | None = None
        """The governance that was agreed to, as far as history was followed; None before the first ledger."""
        self.revisions: dict[str, LedgerRevision] = {}
        self.adopted: set[str] = set()
        self.governance_states: dict[tuple[tuple[str, str], ...], GovernanceState] = {}
        self.breaks: list[Break] = []
        self.promotions = self.adoptions = self.governance = 0
        self.begin = begin

    def replay_history(self, commits: Sequence[FirstParentCommit]) -> Audit:
        """All of them, and how things stand at the end."""
        names = self._open(commits)
        self.breaks += self._trusted()
        self.history.preload(commits, map(layout.ledger_file, names))
        for landing in commits:
            self.breaks += self._landing(landing)
        last = commits[-1].id if commits else self.begin or self.history.graph.head
        self.breaks += self._unapproved(last, self.run.now, still=True)
        self.breaks += self._ended(last)
        self.breaks += review_status.break_glass_findings(self.run, self.ground, last, self.entries)
        # the sort is stable: breaks of one weight stay in the order of history
        ordered = sorted(self.breaks, key=lambda finding: finding.severity.rank)
        ends = {name: chapter.head(last) for name, chapter in self.revisions.items()}
        return Audit(
            first=self.begin,
            last=last,
            commits=len(commits),
            promotions=self.promotions,
            adoptions=self.adoptions,
            governance=self.governance,
            breaks=tuple(
                {replace(finding, hint=""): finding for finding in ordered}.values()
            ),  # the last hint is for now
            heads={name: head for name, head in sorted(ends.items()) if head},
        )

    def governance_at(self, commit: Id | None) -> GovernanceState:
        """The law of a commit; that of the same files is read once."""
        if commit is None:
            return GovernanceState(config=None, version=None, error=None)
        files = self.ground.commit_tree(commit).entries(layout.CONFIG, layout.GOVERNANCE)
        key = tuple((entry.path, entry.id or "") for entry in files)
        if key not in self.governance_states:
            self.governance_states[key] = _standing_at(self.ground, commit)
        return self.governance_states[key]

    def gated_environments(self, commit: Id) -> frozenset[str]:
        """The environments that are gated in a commit."""
        return _gated(self.governance_at(commit).config)

    def _open(self, commits: Sequence[FirstParentCommit]) -> tuple[str, ...]:
        """The ledgers as they stood at the beginning."""
        names = {*self._ledgers(self.begin), *(name for landing in commits for name in _ledgers_of(landing))}
        for name in sorted(names):
            self.revisions[name] = LedgerRevision(environment=name)
            if self.begin is not None:
                self.revisions[name], broken = first_revision(
                    self.ground.commit_tree(self.begin), name, self.begin
                )
                self.breaks += broken
            if self.revisions[name].content:
                self.adopted.add(name)
        return tuple(sorted(names))

    def _ledgers(self, commit: Id | None) -> set[str]:
        entries = self.ground.commit_tree(commit).entries(layout.LEDGERS) if commit else ()
        return {name for entry in entries if (name := layout.ledger_environment(entry.path))}

    def _landing(self, landing: FirstParentCommit) -> Iterator[Break]:
        yield from history_checks.record_losses(landing)
        yield from self._dropped(landing)
        yield from self._left_out(landing)
        yield from self._governed(landing)
        was = now = self.config if self.config is not None else self.governance_at(landing.parent).config
        if (
            landing.changes_under(layout.CONFIG)
            or landing.changes_under(layout.GOVERNANCE)
            or landing.parent is None
        ):
            was, now = (self.governance_at(item).config for item in (landing.parent, landing.id))
        self.config = now
        yield from history_checks.configuration_changes(landing, was, now, self.adopted)
        for name in sorted({*self.revisions, *_gated(was), *_gated(now)}):
            before = self.revisions.get(name) or LedgerRevision(environment=name)
            after, broken = next_revision(before, self.ground.commit_tree(landing.id), landing)
            self.revisions[name] = after
            backdated = any(item.at < previous.at for previous, item in _pairs(after))
            yield from (item for item in broken if not (backdated and item.rule == "chain-broken"))
            yield from history_checks.ledger_mode_changes(landing, name)
            if after.added or after.content:
                self.adopted.add(name)
            if name in self.adopted:
                yield from self._environment(landing, before, after)

    def _environment(
        self, landing: FirstParentCommit, before: LedgerRevision, after: LedgerRevision
    ) -> Iterator[Break]:
        moved = [moved.agent for entry in after.added for moved in entry.agents]
        adopted = sum(len(entry.agents) for entry in after.added if entry.kind == ADOPT)
        self.adoptions += adopted
        self.promotions += len(moved) - adopted
        yield from history_checks.changes_without_entry(
            landing, after.environment, moved, self._returned(landing, before)
        )
        if after.added:
            yield from self._decided(landing, after.added[0])
        law = self.base or landing.parent
        if not after.added:
            return
        scene = EntryContext(
            run=self.run,
            root=self.ground,
            landing=landing,
            before=before,
            after=after,
            policy_commit=law,
            config=self.governance_at(law).config,
            newest_commit=self.history.latest_date,
            earlier_entries=tuple(self.entries),
        )
        self.entries += ((landing, entry) for entry in after.added)
        yield from check_entries(scene)

    def _returned(self, landing: FirstParentCommit, chapter: LedgerRevision) -> dict[str, int]:
        """What was put back by hand; nothing, where the ledger that would say so did not only grow."""
        lost = (finding.rule.startswith("ledger-") for finding in self.breaks)
        steps = landing.changes_under(layout.ledger_file(chapter.environment))
        return {} if any(lost) or steps else restored_agents(self.ground, landing, chapter.ledger)

    def _governed(self, landing: FirstParentCommit) -> Iterator[Break]:
        """A change of the law itself."""
        steps = landing.changes_under(layout.GOVERNANCE)
        if not steps or not self.adopted:  # what stands when the first ledger begins is trusted
            return
        self.governance += 1
        was, now = self.governance_at(landing.parent), self.governance_at(landing.id)
        yield from history_checks.policy_version_drop(landing, was.version, now.version)
        if now.error is not None:
            yield Break(
                rule="governance-unreadable",
                message=now.error,
                commit=landing.id,
                file=steps[0].path,
                hint="fleet validate",
            )

    def _trusted(self) -> Iterator[Break]:
        """The law to begin with: what was agreed to where the ledgers stand already."""
        start = self.base or self.begin
        if start is None or not self.adopted:
            return
        try:
            course = amendments.current_history(self.ground, start, self.run.now)
            self.approved = course.in_force if course else None
        except FleetError as error:
            yield Break(
                rule="policy-not-in-force",
                message=error.message,
                commit=start,
                file=_POLICY,
                hint="fleet audit",
            )

    def _decided(self, landing: FirstParentCommit, first: Entry) -> Iterator[Break]:
        """Whether the governance that an entry was decided by was agreed to at that time."""
        ground = self.ground
        if ground.repository.find_commit(first.commit) != first.commit:
            return
        if self.approved is None:
            with suppress(FleetError):  # governance that nobody could decide by: told by the verdict
                self.approved = amendments.governance_at(ground, first.commit)
        else:
            yield from self._unapproved(self.base or landing.parent or first.commit, first.at)

    def _unapproved(self, head: Id, now: datetime, *, still: bool = False) -> Iterator[Break]:
        """The changes of governance up to *head* that the law before them did not agree to, or *still* does not."""
        law, ground = self.approved, self.ground
        if law is None or not self._amended(law, head):
            return
        course = amendments.governance_history(ground, law, head, now)
        self.approved = course.in_force
        for change in course.changes:
            if change.approved_in is None:
                taken_back = change not in course.pending
                lacks = amendments.missing_requirements(change.promotion)
                reason = (
                    "was taken back before anybody agreed to it"
                    if taken_back
                    else f"nobody may decide by it: {lacks}"
                )
                yield Break(
                    rule="governance-unapproved",
                    message=f"governance was changed, and {reason}",
                    commit=change.commit,
                    file=_first_changed(ground, change.commit),
                    hint=f"fleet approve{self.run.chdir} --governance, then commit it"
                    if still and not taken_back
                    else f"git show {change.commit[:12]} -- governance",
                    severity=Severity.NOTE if taken_back else Severity.ERROR,
                )

    def _amended(self, law: GovernanceInForce, head: Id) -> bool:
        changed = first_parent_commits_of(self.ground, head, law.commit, (layout.GOVERNANCE,))
        return bool(changed) or records.governance_digest(self.ground.commit_tree(head)) != law.digest

    def _dropped(self, landing: FirstParentCommit) -> Iterator[Break]:
        """Records that a merged branch had and the merge left out."""
        if landing.is_single:
            return
        branch_records = {
            entry
            for entry in self.history.merged_versions(landing)
            if entry[0].startswith((f"{layout.APPROVALS}/", f"{layout.EVIDENCE}/"))
        }
        folders = (layout.APPROVALS, layout.EVIDENCE)
        merged_records = {
            (entry.path, entry.id) for entry in self.ground.commit_tree(landing.id).entries(*folders)
        }
        contents = self.history.repository.blobs(
            (blob for _, blob in branch_records - merged_records), limits.APPROVAL_BYTES
        )
        for path, blob in sorted(branch_records - merged_records):
            content = contents[blob]
            if not isinstance(content, bytes) or not records.is_binding_record(content, path):
                continue
            yield Break(
                rule="record-dropped",
                message=f"the merged branch had this record (blob {blob[:12]}), the merge left it out",
                commit=landing.id,
                file=path,
                hint=f"git cat-file blob {blob[:12]}",
            )

    def _left_out(self, landing: FirstParentCommit) -> Iterator[Break]:
        """Lines of a ledger that a merged branch had and the merge left out, though they were decided by."""
        branch_files = set() if landing.is_single else set(self.history.merged_versions(landing))
        tree = self.ground.commit_tree(landing.id)
        for path, blob in sorted(file for file in branch_files if layout.ledger_environment(file[0])):
            content = contents(tree, path).get(path, b"")
            version = self.history.repository.blobs([blob], limits.LEDGER_BYTES)[blob]
            whole = isinstance(version, bytes) and content.startswith(version)
            if not whole and not never_took_effect(self.ground, landing.id, blob, content, path):
                yield Break(
                    rule="record-dropped",
                    message=f"the merged branch had lines (blob {blob[:12]}) that the merge left out",
                    commit=landing.id,
                    file=path,
                    hint=f"git cat-file blob {blob[:12]}",
                    environment=layout.ledger_environment(path),
                )

    def _ended(self, last: Id) -> Iterator[Break]:
        """What the folders hold at the end, against the ledgers."""
        reported = {(item.environment, item.agent) for item in self.breaks if item.severity is Severity.ERROR}
        edited = {item.environment for item in self.breaks if item.rule.startswith("ledger-")}
        config = self.governance_at(last).config
        for name in sorted({*self.adopted, *_gated(config)}):
            if name not in self.adopted:
                yield from self._never_adopted(last, name)
                continue
            if name in edited:
                continue
            ledger = self.revisions[name].ledger
            standing = self.ground.commit_tree(last).entries(layout.environment_folder(name))
            self.history.repository.preload(
                item.id for item in standing if item.id and item.mode in REGULAR_MODES
            )
            recorded = {m.agent: m.to_state for entry in ledger.entries for m in entry.agents}
            for agent in sorted({*recorded, *self._agents(last, name)}):
                state_now = state_digest(self.ground, last, name, agent)
                if state_now != recorded.get(agent) and (name, agent) not in reported:
                    yield self._mismatch(last, name, agent, state_now, recorded.get(agent))

    def _mismatch(
        self, last: Id, environment: str, agent: str, actual: str | None, expected: str | None
    ) -> Break:
        folder = layout.agent_folder(environment, agent)
        files = sorted(folder_files(self.ground, last, folder))
        return Break(
            rule="state-mismatch",
            message=f"{folder} holds {actual or 'nothing'}, its ledger says {expected or 'nothing runs'}",
            commit=last,
            file=f"{folder}/{layout.MANIFEST if layout.MANIFEST in files or not files else files[0]}",
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
                file=layout.manifest_file(environment, min(agents)),
                hint=f"fleet adopt --to {environment} --apply",
                environment=environment,
            )

    def _agents(self, commit: Id, environment: str) -> set[str]:
        entries = self.ground.commit_tree(commit).entries(layout.environment_folder(environment))
        return {parts[2] for entry in entries if len(parts := entry.path.split("/")) > 2}


def _first_changed(ground: FleetRoot, commit: Id) -> str:
    """The first file of governance that the commit does not hold as its first parent does."""
    parent = ground.repository.find_commit(f"{commit}^1")
    now, was = (
        set(ground.commit_tree(item).entries(layout.GOVERNANCE)) if item else set()
        for item in (commit, parent)
    )
    return min((item.path for item in now ^ was), default=_POLICY)


def _standing_at(ground: FleetRoot, commit: Id) -> GovernanceState:
    try:
        reading = load_fleet(ground.commit_tree(commit), only=())
        config = reading.snapshot.config if reading.snapshot else None
    except FleetError:
        return GovernanceState(config=None, version=None, error=f"no {layout.CONFIG}")
    try:
        policy = reading.require_governance().policy
    except GovernanceInvalid as error:
        return GovernanceState(config=config, version=None, error=error.message)
    return GovernanceState(config=config, version=policy.version if policy else None, error=None)


def _gated(config: FleetConfig | None) -> frozenset[str]:
    return (
        frozenset(environment.name for environment in config.environments if environment.gated)
        if config
        else frozenset()
    )


def _ledgers_of(landing: FirstParentCommit) -> Iterator[str]:
    return (
        name
        for step in landing.changes_under(layout.LEDGERS)
        if (name := layout.ledger_environment(step.path))
    )


def _pairs(chapter: LedgerRevision) -> Iterator[tuple[Entry, Entry]]:
    start = len(chapter.entries) - len(chapter.added)
    entries = chapter.entries[max(0, start - 1) :]
    return pairwise(entries)
