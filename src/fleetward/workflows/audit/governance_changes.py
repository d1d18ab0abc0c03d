"""Was every change of governance approved, and was every entry decided by approved governance?"""

from __future__ import annotations

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
from fleetward.store.git.soak_time import first_parent_commits_of
from fleetward.store.records import load as records
from fleetward.workflows.audit.replay_state import HistoryReplay, ReplayState, Step
from fleetward.workflows.governance import history


def start(replay: HistoryReplay, state: ReplayState) -> Step:
    """The approved governance to begin with, where a ledger has begun already."""
    commit = replay.base or replay.begin
    # before a ledger begins, governance is trusted (SPEC 6.2)
    if commit is None or not state.started:
        return state, ()
    try:
        current = history.current_history(replay.root, commit, replay.run.now)
    except FleetError as error:
        finding = Break(
            rule="policy-not-in-force",
            message=error.message,
            commit=commit,
            file=layout.POLICY,
            hint="fleet audit",
        )
        return state, (finding,)
    return replace(state, approved=current.in_force if current else None), ()


def check_change(replay: HistoryReplay, state: ReplayState, commit: FirstParentCommit) -> Step:
    """A commit that changes governance; before the first ledger begins, governance is trusted."""
    changes = commit.changes_under(layout.GOVERNANCE)
    if not changes or not state.started:
        return state, ()
    before, after = replay.governance.at(commit.parent), replay.governance.at(commit.id)
    breaks = [*history_checks.policy_version_drop(commit, before.policy_version, after.policy_version)]
    if after.error is not None:
        breaks.append(
            Break(
                rule="governance-unreadable",
                message=after.error,
                commit=commit.id,
                file=changes[0].path,
                hint="fleet validate",
            )
        )
    return replace(state, governance_changes=state.governance_changes + 1), tuple(breaks)


def check_decided(replay: HistoryReplay, state: ReplayState, commit: FirstParentCommit, first: Entry) -> Step:
    """Was the governance that decided *first* approved at that time?"""
    # reported by check_decision as a missing commit
    if replay.root.repository.find_commit(first.commit) != first.commit:
        return state, ()
    if state.approved is not None:
        # --base decides by the base, else the parent: never by the commit that is judged
        return unapproved(replay, state, replay.base or commit.parent or first.commit, first.at)
    with suppress(FleetError):  # check_entries reports governance that cannot decide
        # the first entry: adoption makes the governance of its commit trusted
        state = replace(state, approved=history.governance_at(replay.root, first.commit))
    return state, ()


def unapproved(
    replay: HistoryReplay, state: ReplayState, head: Id, now: datetime, *, is_open: bool = False
) -> Step:
    """The changes up to *head* that were not approved; *is_open* if they can be approved still."""
    approved, root = state.approved, replay.root
    # most commits leave governance alone: the replay of its history is the slow part
    if approved is None or not _was_changed(root, approved, head):
        return state, ()
    later = history.governance_history(root, approved, head, now)
    breaks = (
        _unapproved_break(replay, change, is_pending=change in later.pending, is_open=is_open)
        for change in later.changes
        if change.approved_in is None
    )
    return replace(state, approved=later.in_force), tuple(breaks)


def _was_changed(root: FleetRoot, approved: history.GovernanceInForce, head: Id) -> bool:
    changed = first_parent_commits_of(root, head, approved.commit, (layout.GOVERNANCE,))
    # both: a change may have been reverted, or have come in by a merge
    return bool(changed) or records.governance_digest(root.commit_tree(head)) != approved.digest


def _unapproved_break(
    replay: HistoryReplay, change: history.GovernanceChange, *, is_pending: bool, is_open: bool
) -> Break:
    reason = "was changed back before anybody approved it"
    if is_pending:
        reason = f"is not approved: {history.missing_requirements(change.promotion)}"
    approve = f"fleet approve{replay.run.chdir} --governance, then commit it"
    return Break(
        rule="governance-unapproved",
        message=f"governance was changed, and {reason}",
        commit=change.commit,
        file=_first_changed_file(replay.root, change.commit),
        hint=approve if is_open and is_pending else f"git show {change.commit[:12]} -- governance",
        # a note once it was taken back: nobody could decide by it any more
        severity=Severity.ERROR if is_pending else Severity.NOTE,
    )


def _first_changed_file(root: FleetRoot, commit: Id) -> str:
    """The first governance file in which *commit* differs from its first parent."""
    parent = root.repository.find_commit(f"{commit}^1")
    after, before = (
        set(root.commit_tree(id_).entries(layout.GOVERNANCE)) if id_ else set() for id_ in (commit, parent)
    )
    return min((entry.path for entry in after ^ before), default=layout.POLICY)
