"""Replay a branch commit by commit: ledgers, records, folders and governance of each first-parent commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from fleetward.domain import layout
from fleetward.domain.audit import Audit, Break, FirstParentCommit
from fleetward.domain.clock import is_ahead
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.ledger import Entry
from fleetward.gate import history_checks
from fleetward.store.git.repository import Id
from fleetward.store.records.ledger import ADOPT
from fleetward.store.records.ledger_revisions import LedgerRevision, first_revision, next_revision
from fleetward.workflows import progress
from fleetward.workflows.approval.review_status import LedgerEntryAt, break_glass_findings
from fleetward.workflows.audit import dropped_records, folders, governance_changes
from fleetward.workflows.audit.attestations_held import invalid_attestations
from fleetward.workflows.audit.entries import check_entries
from fleetward.workflows.audit.entry_context import EntryContext
from fleetward.workflows.audit.replay_state import (
    HistoryReplay,
    ReplayState,
    Step,
    gated_environments,
)
from fleetward.workflows.audit.restored import restored_agents


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """The audit, the ledger entries that it checked, and the environments that it looked for."""

    audit: Audit
    entries: tuple[LedgerEntryAt, ...]
    environments: frozenset[str]
    """Those with a ledger, and those that are gated at the end."""
    entry_breaks: tuple[Break, ...] = ()
    """The breaks of ledgers and of their entries, in the order of history."""


def replay_history(replay: HistoryReplay, commits: Sequence[FirstParentCommit]) -> ReplayResult:
    """Check *commits*, oldest first, then the state at the end."""
    state, ledger_breaks = _open_ledgers(replay, commits)
    state, governance_breaks = governance_changes.start(replay, state)
    breaks = [*ledger_breaks, *governance_breaks]
    base_pending = state.followed.pending if replay.base and state.followed else ()
    # one batch for git: reading blob by blob starts a process for each
    replay.history.preload(commits, map(layout.ledger_file, sorted(state.ledgers)))
    for commit in progress.counted(commits, "commits"):
        state, step_breaks = _check_commit(replay, state, commit)
        breaks += step_breaks
    last = commits[-1].id if commits else replay.begin or replay.history.graph.head
    # changes that no entry used are judged at the present clock: they are pending still
    state, step_breaks = governance_changes.follow_to(replay, state, last, replay.run.now)
    breaks += step_breaks
    breaks += governance_changes.still_pending(replay, state, base_pending)
    # last: it is silent about agents that a break above has named
    breaks += folders.malformed_trees(replay, commits, last)
    breaks += folders.final_mismatches(replay, state, last, tuple(breaks))
    breaks += break_glass_findings(replay.run, replay.root, last, state.entries)
    breaks += invalid_attestations(replay.run, replay.root, last)
    return ReplayResult(
        audit=_audit(replay, state, commits, last, breaks),
        entries=state.entries,
        environments=state.started | replay.governance.at(last).gated,
        entry_breaks=state.entry_breaks,
    )


def _audit(
    replay: HistoryReplay,
    state: ReplayState,
    commits: Sequence[FirstParentCommit],
    last: Id,
    breaks: Sequence[Break],
) -> Audit:
    # the sort is stable: breaks of one severity stay in the order of history
    ordered = sorted(breaks, key=lambda item: item.severity.rank)
    heads = {name: ledger.head(last) for name, ledger in sorted(state.ledgers.items())}
    return Audit(
        first=replay.begin,
        last=last,
        commits=len(commits),
        promotions=state.promotions,
        adoptions=state.adoptions,
        governance=state.governance_changes,
        # of breaks that differ only in the hint, the hint of the last is for now
        breaks=tuple({replace(item, hint=""): item for item in ordered}.values()),
        heads={name: head for name, head in heads.items() if head},
    )


def _open_ledgers(replay: HistoryReplay, commits: Sequence[FirstParentCommit]) -> Step:
    """The ledgers as they are before the first commit."""
    names = {name for commit in commits for name in _changed_ledgers(commit)}
    if replay.begin is not None:
        # ledgers that were there before: a range may not touch them at all
        entries = replay.root.commit_tree(replay.begin).entries(layout.LEDGERS)
        names |= {name for entry in entries if (name := layout.ledger_environment(entry.path))}
    ledgers: dict[str, LedgerRevision] = {}
    breaks: list[Break] = []
    for name in sorted(names):
        ledgers[name] = LedgerRevision(environment=name)
        if replay.begin is not None:
            tree = replay.root.commit_tree(replay.begin)
            ledgers[name], step_breaks = first_revision(tree, name, replay.begin)
            breaks += step_breaks
    state = ReplayState(
        ledgers=ledgers,
        started=frozenset(name for name, ledger in ledgers.items() if ledger.content),
        is_governed=not replay.last_old_line,
        damaged=_damaged(breaks),
    )
    return state, tuple(breaks)


def _changed_ledgers(commit: FirstParentCommit) -> Iterator[str]:
    return (
        name
        for change in commit.changes_under(layout.LEDGERS)
        if (name := layout.ledger_environment(change.path))
    )


def _check_commit(replay: HistoryReplay, state: ReplayState, commit: FirstParentCommit) -> Step:
    state = replace(state, begun=bool(state.started))
    breaks = [
        *history_checks.record_losses(commit, dropped_records.unreadable_before(replay, commit)),
        *dropped_records.dropped_records(replay, commit),
        *dropped_records.dropped_lines(replay, commit),
    ]
    before: FleetConfig | None = state.followed.in_force.config if state.followed else None
    after: FleetConfig | None
    state, step_breaks = governance_changes.check_change(replay, state, commit)
    breaks += step_breaks
    if state.is_governed and state.followed is not None:
        after = state.followed.in_force.config
        breaks += history_checks.agreed_gate_removals(commit, before, after, state.started)
    else:
        before, after = _configs(replay, state, commit)
        breaks += history_checks.configuration_changes(commit, before, after, state.started)
    state = replace(state, config=after)
    # before and after: an environment that loses its gate is still checked here
    known = {*state.started, *gated_environments(before), *gated_environments(after)}
    for name in sorted({*state.ledgers, *known}):
        state, step_breaks = _check_environment(replay, state, commit, name, is_known=name in known)
        breaks += step_breaks
    return state, tuple(breaks)


def _configs(
    replay: HistoryReplay, state: ReplayState, commit: FirstParentCommit
) -> tuple[FleetConfig | None, FleetConfig | None]:
    """The configuration before and after *commit*."""
    # governance is read where its files changed: thousands of commits share one reading
    if (
        commit.changes_under(layout.CONFIG)
        or commit.changes_under(layout.GOVERNANCE)
        or commit.parent is None
    ):
        before, after = (replay.governance.at(id_).config for id_ in (commit.parent, commit.id))
        return before, after
    config = state.config if state.config is not None else replay.governance.at(commit.parent).config
    return config, config


def _check_environment(
    replay: HistoryReplay, state: ReplayState, commit: FirstParentCommit, name: str, *, is_known: bool
) -> Step:
    """The ledger of an environment; once it has begun, its folders and new entries, too."""
    before = state.ledgers.get(name) or LedgerRevision(environment=name)
    after, step_breaks = next_revision(before, replay.root.commit_tree(commit.id), commit)
    # a ledger of an environment that nobody agreed to says nothing
    if not is_known and replay.governance.at(commit.parent).config is not None:
        return replace(state, ledgers={**state.ledgers, name: after}), ()
    is_backdated = any(is_ahead(previous.at, entry.at) for previous, entry in _successive(after))
    # an entry dated before the one above breaks the chain, too: one finding is enough
    breaks = [item for item in step_breaks if not (is_backdated and item.rule == "chain-broken")]
    state = replace(state, ledgers={**state.ledgers, name: after}, damaged=state.damaged | _damaged(breaks))
    breaks += history_checks.ledger_mode_changes(commit, name)
    if before.content and name not in state.started:
        breaks.append(history_checks.lines_before_environment(commit, name))
    # once begun, always begun: deleting the ledger does not end the checks
    if after.added or after.content:
        state = replace(state, started=state.started | {name})
    if name not in state.started:
        return state, tuple(breaks)
    state = replace(state, entry_breaks=(*state.entry_breaks, *breaks))
    breaks += _changes_without_entry(replay, state, commit, before, after)
    state, step_breaks = _check_added_entries(replay, state, commit, before, after)
    return state, (*breaks, *step_breaks)


def _changes_without_entry(
    replay: HistoryReplay,
    state: ReplayState,
    commit: FirstParentCommit,
    before: LedgerRevision,
    after: LedgerRevision,
) -> Iterator[Break]:
    # a ledger that did not only grow cannot show that a folder was restored
    is_reliable = not state.damaged and not commit.changes_under(layout.ledger_file(after.environment))
    restored = restored_agents(replay.root, commit, before.ledger) if is_reliable else {}
    agents = [change.agent for entry in after.added for change in entry.agents]
    return history_checks.changes_without_entry(commit, after.environment, agents, restored)


def _check_added_entries(
    replay: HistoryReplay,
    state: ReplayState,
    commit: FirstParentCommit,
    before: LedgerRevision,
    after: LedgerRevision,
) -> Step:
    if not after.added:
        return state, ()
    state, step_breaks = governance_changes.check_decided(replay, state, commit, after.added[0])
    policy_commit = replay.base or commit.parent
    followed = state.followed
    context = EntryContext(
        run=replay.run,
        root=replay.root,
        commit=commit,
        before=before,
        after=after,
        policy_commit=policy_commit,
        governance=followed,
        config=followed.in_force.config if followed else replay.governance.at(policy_commit).config,
        latest_date=replay.history.latest_date,
        earlier_entries=state.entries,
        is_beginning=not state.begun,
    )
    entry_breaks = tuple(check_entries(context))
    adopted = sum(len(entry.agents) for entry in after.added if entry.kind == ADOPT)
    state = governance_changes.after_entries(replay, state, commit, after.added)
    state = replace(
        state,
        entries=(*state.entries, *((commit, entry) for entry in after.added)),
        adoptions=state.adoptions + adopted,
        promotions=state.promotions + sum(len(entry.agents) for entry in after.added) - adopted,
        entry_breaks=(*state.entry_breaks, *entry_breaks),
    )
    return state, (*step_breaks, *entry_breaks)


def _damaged(breaks: Sequence[Break]) -> frozenset[str]:
    rules = ("ledger-edited", "ledger-shortened")
    # an edited line makes all that follows unreliable; a bad date does not
    return frozenset(item.environment for item in breaks if item.rule in rules and item.environment)


def _successive(ledger: LedgerRevision) -> Iterator[tuple[Entry, Entry]]:
    """Each added entry with the one before it."""
    # the entry before the first added one is needed for the first pair
    start = len(ledger.entries) - len(ledger.added)
    return pairwise(ledger.entries[max(0, start - 1) :])
