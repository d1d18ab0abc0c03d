"""
The changes of governance since the last ledger entry, each decided by the governance before it (SPEC 7).

The governance of a ledger entry is trusted, the first one as it was adopted. From there the branch is followed: a
change of ``governance/`` needs approvals, in the same commit or in a later one before the next decision. Until then
the governance in force stays as it was, so that no change can approve itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from fleetward import gate
from fleetward.domain import layout
from fleetward.domain.approval import GOVERNANCE, Approval, Binding
from fleetward.domain.errors import FleetError, GovernanceInvalid
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import Entry, Ledger
from fleetward.domain.names import is_name
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import Promotion, RequirementStatus, Verdict
from fleetward.store.git.change_authors import ChangeScope, contributors
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.git.soak_time import commit_dates, first_parent_commits_of
from fleetward.store.records import load as records
from fleetward.store.records.invalid_entries import UNDO_HINT
from fleetward.workflows.load import load_fleet

APPROVALS = layout.approvals_folder(GOVERNANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernanceInForce:
    """The governance that decides: its commit, the digest of its folder, and since when it is in force."""

    commit: Id
    digest: str
    repository: str
    policy: Policy
    people: People
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernanceChange:
    """
    A commit that changed governance, and the verdict by the governance in force before it.

    ``approved_in`` is the commit with the approvals, None where they are missing.
    """

    commit: Id
    at: datetime
    promotion: Promotion
    approved_in: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernanceHistory:
    """The governance in force at the end of a history, and every change on the way."""

    in_force: GovernanceInForce
    digest: str
    """The digest of the folder at the end; that of *in_force* where every change is approved."""
    changes: tuple[GovernanceChange, ...] = ()
    pending: tuple[GovernanceChange, ...] = ()
    """The changes at the end that are not approved."""


def governance_at(root: FleetRoot, commit: Id, *, since: datetime | None = None) -> GovernanceInForce:
    """
    The governance of *commit*, trusted as it is.

    Errors: GovernanceInvalid where it cannot decide anything.
    """
    tree = root.commit_tree(commit)
    fleet = load_fleet(tree, only=()).require_governance()
    if fleet.policy is None:
        raise GovernanceInvalid("no governance/policy.yaml", hint="fleet init")
    return GovernanceInForce(
        commit=commit,
        digest=records.governance_digest(tree),
        repository=fleet.config.repository,
        policy=fleet.policy,
        people=fleet.people,
        since=since,
    )


def governance_history(
    root: FleetRoot, in_force: GovernanceInForce, head: Id, now: datetime
) -> GovernanceHistory:
    """
    The history of governance from *in_force* to *head*, by first-parent commits.

    Each change is decided as of its commit, and the last state once more as of *now*: so a clock that was some minutes
    ahead voids no approval, and a merge whose first parent is older than *in_force* hides no change.
    """
    touched = first_parent_commits_of(root, head, in_force.commit, (GOVERNANCE, APPROVALS))
    moments = commit_dates(root, head, now, touched)
    approved: list[GovernanceChange] = []
    pending: list[GovernanceChange] = []
    state = in_force.digest
    for touching_commit in (*touched, None):
        commit = touching_commit or head
        before, state = state, records.governance_digest(root.commit_tree(commit))
        if state == in_force.digest:  # reverted: it needs no approval any more
            approved, pending = [*approved, *pending], []
            continue
        moment = min(moments[touching_commit], now) if touching_commit else now
        promotion = decide_change(root, in_force, commit, state, moment)
        if state != before:
            pending.append(GovernanceChange(commit=commit, at=moment, promotion=promotion))
        successor = _successor(root, commit, moment, promotion)
        if successor is not None:
            in_force = successor
            approved, pending = [*approved, *(replace(change, approved_in=commit) for change in pending)], []
    return GovernanceHistory(
        in_force=in_force, digest=state, changes=(*approved, *pending), pending=tuple(pending)
    )


def decide_change(
    root: FleetRoot,
    in_force: GovernanceInForce,
    commit: Id,
    state: str,
    now: datetime,
    new_statements: Iterable[Approval] = (),
) -> Promotion:
    """The verdict of *in_force* on the governance *state* of *commit*, by its statements and *new_statements*."""
    statements, lost, unreadable = records.approvals(root, commit, "", GOVERNANCE, in_force.people, now=now)
    scope = ChangeScope(
        paths=(GOVERNANCE,),
        people=in_force.people,
        trailers=in_force.policy.contributor_trailers,
        approvals=APPROVALS,
    )
    return gate.decide_governance_change(
        binding(in_force, state),
        (*statements, *new_statements),
        contributors(root, commit, in_force.commit, scope),
        policy=in_force.policy,
        people=in_force.people,
        now=now,
        since=in_force.since,
        lost=lost,
        unreadable=unreadable,
        commit=in_force.commit,
    )


def binding(in_force: GovernanceInForce, state: str) -> Binding:
    """The binding of an approval of this change."""
    return Binding(
        repository=in_force.repository,
        environment="",
        agent=GOVERNANCE,
        from_state=in_force.digest,
        to_state=state,
        generation=0,
    )


def _successor(
    root: FleetRoot, commit: Id, moment: datetime, promotion: Promotion
) -> GovernanceInForce | None:
    """The governance in force after this verdict; None where it is not approved, or cannot decide anything."""
    if promotion.verdict is not Verdict.ALLOWED:
        return None
    try:
        return governance_at(root, commit, since=moment)
    except FleetError:
        return None


def current_history(root: FleetRoot, head: Id, now: datetime) -> GovernanceHistory | None:
    """
    The history of governance since the newest entry of all ledgers at *head*; None where nothing is adopted yet.

    Errors: FleetError where the commit of that entry has another governance than the entry says.
    """
    entries = _entries(root, head, ())
    return _history_since(root, entries, head, now) if entries else None


def _history_since(root: FleetRoot, entries: Sequence[Entry], head: Id, now: datetime) -> GovernanceHistory:
    entry = _newest_reachable(root, entries, head)
    start = _start_commit(root, head, entry)
    if records.governance_digest(root.commit_tree(start)) != entry.governance:
        where = f"{layout.ledger_file(entry.environment)}:{entry.seq}"
        raise FleetError(
            f"{where}: governance at commit {start[:12]} is not what it names",
            hint=UNDO_HINT if start == entry.commit else _squash_hint(root, entry.commit),
        )
    return governance_history(root, governance_at(root, start), head, now)


def _newest_reachable(root: FleetRoot, entries: Sequence[Entry], head: Id) -> Entry:
    """
    The newest entry whose commit is an ancestor of *head*; the newest of all where there is none.

    A squashed commit is not in history any more, so an older entry is taken instead.
    """
    newest = entries[0]
    if root.repository.run("merge-base", "--is-ancestor", newest.commit, head).code == 0:
        return newest
    reachable = frozenset(root.repository.output("rev-list", head).decode().split())
    return next((entry for entry in entries if entry.commit in reachable), newest)


def require_approved(root: FleetRoot, head: Id, now: datetime, ledgers: Iterable[Ledger] = ()) -> None:
    """
    Refuse to decide by a governance that nobody agreed to; *ledgers* are ledgers at *head* that were read before.

    Errors: GovernanceInvalid, naming the commit and what it lacks.
    """
    entries = _entries(root, head, ledgers)
    if not entries or _is_unchanged(root, entries[0], head):
        return
    history = _history_since(root, entries, head, now)
    if not history.pending:
        return
    first = history.pending[0]
    promotion = decide_change(root, history.in_force, head, history.digest, now)
    raise GovernanceInvalid(
        f"governance/ was changed in commit {first.commit[:12]}, and is not approved yet: "
        f"{missing_requirements(promotion)}",
        hint="fleet approve --governance, then commit it",
    )


def missing_requirements(promotion: Promotion) -> str:
    """The requirements that a change of governance does not meet yet, in words."""
    missing = (
        requirement
        for requirement in promotion.requirements
        if requirement.status is not RequirementStatus.MET
    )
    return (
        "; ".join(
            f"{requirement.kind} {requirement.condition} ({requirement.detail})" for requirement in missing
        )
        or "it cannot be read"
    )


def _entries(root: FleetRoot, head: Id, known_ledgers: Iterable[Ledger]) -> tuple[Entry, ...]:
    """All entries of all ledgers, newest first, also of environments that are not configured any more."""
    tree, by_environment = root.commit_tree(head), {ledger.environment: ledger for ledger in known_ledgers}
    names = (layout.ledger_environment(item.path) for item in tree.entries(layout.LEDGERS))
    ledgers = (by_environment.get(name) or records.ledger(tree, name) for name in names if is_name(name))
    entries = (entry for item in ledgers for entry in item.entries)
    return tuple(sorted(entries, key=lambda item: (item.at, item.seq), reverse=True))


def _is_unchanged(root: FleetRoot, newest: Entry, head: Id) -> bool:
    """Whether governance is that of the newest entry, and no commit since has touched it."""
    if root.repository.find_commit(newest.commit) != newest.commit:
        return False
    return (
        not first_parent_commits_of(root, head, newest.commit, (GOVERNANCE,))
        and records.governance_digest(root.commit_tree(head)) == newest.governance
    )


def _squash_hint(root: FleetRoot, commit: Id) -> str:
    """The command that brings a squashed commit back: its governance is the one that decided."""
    merge = f"git merge {commit[:12]}, which was squashed away"
    if root.repository.find_commit(commit) == commit:
        return f"{merge}; {UNDO_HINT}"
    return f"git fetch the branch on which {commit[:12]} is, then {merge}; {UNDO_HINT}"


def _start_commit(root: FleetRoot, head: Id, entry: Entry) -> Id:
    """The commit to start at: the one that the entry names, else the one that added the entry, else *head*."""
    repository = root.repository
    decided_at = repository.find_commit(entry.commit)
    if (
        decided_at == entry.commit
        and repository.run("merge-base", "--is-ancestor", decided_at, head).code == 0
    ):
        return decided_at
    line = entry.line.encode() + b"\n"
    for touching_commit in first_parent_commits_of(
        root, head, None, (layout.ledger_file(entry.environment),)
    ):
        if line in records.ledger_bytes(root.commit_tree(touching_commit), entry.environment):
            return touching_commit
    return head
