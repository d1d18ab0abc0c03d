"""Was every change of governance approved, and which governance was in force for each entry?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from fleetward.domain import layout
from fleetward.domain.audit import Break, FirstParentCommit
from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Severity
from fleetward.domain.ledger import Entry
from fleetward.gate import history_checks
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.workflows.audit.replay_state import HistoryReplay, ReplayState, Step
from fleetward.workflows.governance import history, in_force


def start(replay: HistoryReplay, state: ReplayState) -> Step:
    """The governance in force to begin with, where a ledger has begun already."""
    commit = replay.base or replay.begin
    # before a ledger begins, governance is trusted (SPEC 6.2)
    if commit is None or not state.started:
        return state, ()
    try:
        followed = in_force.current_history(replay.root, commit, replay.run.now)
    except FleetError as error:
        finding = Break(
            rule="policy-not-in-force",
            message=error.message,
            commit=commit,
            file=layout.POLICY,
            hint="fleet audit",
        )
        return state, (finding,)
    return replace(state, followed=followed), ()


def check_change(replay: HistoryReplay, state: ReplayState, commit: FirstParentCommit) -> Step:
    """A commit that changes governance or brings approvals of it; before the first ledger begins, it is trusted."""
    is_change = any(commit.changes_under(path) for path in layout.GOVERNED)
    if not state.started or not (is_change or commit.changes_under(history.APPROVALS)):
        return state, ()
    if is_change:
        state = replace(state, governance_changes=state.governance_changes + 1)
    # a pull request is judged by its base, whatever it brings
    if state.followed is None or not state.is_governed or replay.base:
        return state, ()
    return _follow(replay, state, commit.id, replay.run.now, settle=False)


def check_decided(replay: HistoryReplay, state: ReplayState, commit: FirstParentCommit, first: Entry) -> Step:
    """The governance in force when *first* was decided."""
    # reported by check_decision as a missing commit
    if replay.root.repository.find_commit(first.commit) != first.commit:
        return state, ()
    if state.followed is None:
        # the first entry: adoption makes the governance of its commit trusted
        with suppress(FleetError):  # check_entries reports governance that cannot decide
            followed = in_force.beginning_at(replay.root, commit.id, commit.id)
            return replace(state, followed=followed), ()
        return state, ()
    if replay.base:
        return state, ()
    # never the commit that is judged: its parent
    parent = commit.parent or first.commit
    state, breaks = follow_to(replay, state, parent, first.at, version=first.governance_version)
    return _refreshed(replay, state, commit.id, first), breaks


def after_entries(
    replay: HistoryReplay, state: ReplayState, commit: FirstParentCommit, added: Sequence[Entry]
) -> ReplayState:
    """The state after these entries: those of earlier versions took the configuration as their commit had it."""
    old = [entry for entry in added if entry.governance_version == 1]
    if not old or state.followed is None:
        return state
    if any(entry.line == replay.last_old_line for entry in old):
        state = replace(state, is_governed=True)
    return _refreshed(replay, state, commit.id, old[-1])


def _refreshed(replay: HistoryReplay, state: ReplayState, landing: Id, entry: Entry) -> ReplayState:
    """The state with the configuration that an entry of an earlier version was decided by."""
    if entry.governance_version > 1 or state.followed is None:
        return state
    decided = in_force.decision_commit(replay.root, landing, entry)
    if decided is None:
        return state
    current = in_force.refreshed(replay.root, state.followed.in_force, decided)
    return replace(state, followed=history.GovernanceHistory.beginning(current, decided))


def follow_to(
    replay: HistoryReplay, state: ReplayState, head: Id, now: datetime, *, version: int = 2
) -> Step:
    """Follow governance on to *head*, as of *now*."""
    if state.followed is None:
        return state, ()
    return _follow(replay, state, head, now, version=version if not state.is_governed else 2)


def _follow(
    replay: HistoryReplay,
    state: ReplayState,
    head: Id,
    now: datetime,
    *,
    version: int = 2,
    settle: bool = True,
) -> Step:
    before = state.followed
    assert before is not None  # noqa: S101 - for the type checker
    # most commits leave governance alone, and nothing waits
    if before.end == head and not before.pending:
        return state, ()
    after = history.follow(replay.root, before, head, now, version=version, settle=settle)
    breaks = [
        _reverted(replay, change)
        for change in after.changes[len(before.changes) :]
        if change.approved_in is None
    ]
    if after.in_force is not before.in_force:
        versions = (before.in_force.policy.version, after.in_force.policy.version)
        breaks += history_checks.policy_version_drop(after.in_force.commit, *versions)
    return replace(state, followed=after), tuple(breaks)


def still_pending(
    replay: HistoryReplay, state: ReplayState, base_pending: Sequence[history.GovernanceChange]
) -> Iterator[Break]:
    """What nobody agreed to yet: warnings, because it decides nothing; errors where a pull request brings it."""
    if state.followed is None:
        return
    known = {change.commit for change in base_pending}
    approve = f"fleet approve{replay.run.chdir} --governance, then commit it"
    for change in state.followed.pending:
        if replay.base and change.commit in known:
            continue
        reason = _unreadable(replay, change.commit) or history.missing_requirements(change.promotion)
        yield _unapproved_break(
            replay,
            change,
            f"is not approved: {reason}",
            approve,
            Severity.ERROR if replay.base else Severity.WARNING,
        )


def _unreadable(replay: HistoryReplay, commit: Id) -> str:
    """Why the governance of *commit* cannot be agreed to; empty where it can be read."""
    return replay.governance.at(commit).error or ""


def _reverted(replay: HistoryReplay, change: history.GovernanceChange) -> Break:
    # a note once it was taken back: nobody decided by it
    return _unapproved_break(
        replay,
        change,
        "was changed back before anybody approved it",
        f"git show {change.commit[:12]} -- {layout.CONFIG} {layout.GOVERNANCE}",
        Severity.NOTE,
    )


def _unapproved_break(
    replay: HistoryReplay, change: history.GovernanceChange, reason: str, hint: str, severity: Severity
) -> Break:
    return Break(
        rule="governance-unapproved",
        message=f"governance was changed, and {reason}",
        commit=change.commit,
        file=_first_changed_file(replay.root, change.commit),
        hint=hint,
        severity=severity,
    )


def _first_changed_file(root: FleetRoot, commit: Id) -> str:
    """The first governance file in which *commit* differs from its first parent."""
    parent = root.repository.find_commit(f"{commit}^1")
    after, before = (
        set(root.commit_tree(id_).entries(*layout.GOVERNED)) if id_ else set() for id_ in (commit, parent)
    )
    return min((entry.path for entry in after ^ before), default=layout.POLICY)
