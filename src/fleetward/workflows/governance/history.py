"""
The changes of governance along a branch, each decided by the governance before it (SPEC 7).

Governance is ``fleet-config.yaml`` and ``governance/``. A change of it needs approvals, in the same commit or in a
later one. Until then the governance in force stays as it was, so that no change can approve itself, and none stops
anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from fleetward import gate
from fleetward.domain import layout
from fleetward.domain.approval import GOVERNANCE, Approval, Binding
from fleetward.domain.errors import FleetError, GovernanceInvalid
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import Promotion, RequirementStatus, Verdict
from fleetward.store.git.change_authors import ChangeScope, contributors
from fleetward.store.git.contents import contents, governance_digest, governance_folder_digest
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.git.soak_time import commit_dates, first_parent_commits_of
from fleetward.store.records import load as records
from fleetward.workflows.governance.taken_away import present_people
from fleetward.workflows.load import load_fleet

APPROVALS = layout.approvals_folder(GOVERNANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernanceInForce:
    """The governance that decides: the commit whose files it is, their digests, and since when it is in force."""

    commit: Id
    digest: str
    folder_digest: str
    """Of ``governance/`` alone: what entries and approvals of earlier versions name."""
    config: FleetConfig
    policy: Policy
    people: People
    since: datetime | None = None

    def digest_of(self, version: int) -> str:
        """The digest that an entry with this ``governanceVersion`` names."""
        return self.folder_digest if version == 1 else self.digest


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
    end: Id
    """The commit up to which the branch was followed."""
    digest: str
    """The digest at *end*; that of *in_force* where nothing is pending."""
    changes: tuple[GovernanceChange, ...] = ()
    pending: tuple[GovernanceChange, ...] = ()
    """The changes at the end that are not approved."""

    def present_people(self, root: FleetRoot) -> People:
        """The people in force, without those whom a pending change ends."""
        waiting = [(change.commit, change.at) for change in self.pending]
        return present_people(root, self.in_force.policy, self.in_force.people, waiting)

    @classmethod
    def beginning(cls, in_force: GovernanceInForce, end: Id | None = None) -> GovernanceHistory:
        """The history without a change yet."""
        return cls(in_force=in_force, end=end or in_force.commit, digest=in_force.digest)


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
        digest=governance_digest(tree),
        folder_digest=governance_folder_digest(tree),
        config=fleet.config,
        policy=fleet.policy,
        people=fleet.people,
        since=since,
    )


def follow(
    root: FleetRoot,
    history: GovernanceHistory,
    head: Id,
    now: datetime,
    *,
    version: int = 2,
    settle: bool = True,
) -> GovernanceHistory:
    """
    *history*, followed on to *head* by first-parent commits; with *version* 1 changes of ``governance/`` alone count.

    Each change is decided as of its commit, and with *settle* the last state once more as of *now*: so a clock that was
    some minutes ahead voids no approval, and a merge whose first parent is older than *in_force* hides no change.
    """
    paths = (*layout.GOVERNED, APPROVALS) if version > 1 else (GOVERNANCE, APPROVALS)
    touched = first_parent_commits_of(root, head, history.end, paths)
    moments = commit_dates(root, head, now, touched) if touched else {}
    in_force, state = history.in_force, history.digest
    approved: list[GovernanceChange] = []
    pending = list(history.pending)
    for touching_commit in (*touched, None) if settle else touched:
        commit = touching_commit or head
        before, state = state, _digest(root, commit, version)
        if state == in_force.digest_of(version):  # reverted: it needs no approval any more
            approved, pending = [*approved, *pending], []
            continue
        moment = min(moments[touching_commit], now) if touching_commit else now
        waiting = [(change.commit, change.at) for change in pending]
        if touching_commit and state != before:
            waiting.append((touching_commit, moment))
        people = present_people(root, in_force.policy, in_force.people, waiting)
        promotion = decide_change(root, in_force, commit, state, moment, people=people, version=version)
        if state != before or not pending:
            pending.append(GovernanceChange(commit=commit, at=moment, promotion=promotion))
        successor = _successor(root, commit, moment, promotion)
        if successor is not None:
            in_force = successor
            approved, pending = [*approved, *(replace(change, approved_in=commit) for change in pending)], []
        elif touching_commit is None:
            pending = [replace(change, promotion=promotion) for change in pending]
    return GovernanceHistory(
        in_force=in_force,
        end=head,
        digest=state,
        changes=(*history.changes, *approved),
        pending=tuple(pending),
    )


def decide_change(
    root: FleetRoot,
    in_force: GovernanceInForce,
    commit: Id,
    state: str,
    now: datetime,
    new_statements: Iterable[Approval] = (),
    *,
    people: People,
    version: int = 2,
) -> Promotion:
    """
    The verdict of *in_force* on the governance *state* of *commit*, by its statements and *new_statements*.

    *people* are those in force whom nothing that waits has ended.
    """
    statements, lost, unreadable = records.approvals(root, commit, "", GOVERNANCE, people, now=now)
    scope = ChangeScope(
        paths=layout.GOVERNED if version > 1 else (GOVERNANCE,),
        people=in_force.people,
        trailers=in_force.policy.contributor_trailers,
        approvals=APPROVALS,
    )
    subject = binding(in_force, state, version=version)
    return gate.decide_governance_change(
        subject,
        (*_in_present_terms(root, statements, in_force, commit, subject), *new_statements),
        contributors(root, commit, in_force.commit, scope),
        policy=in_force.policy,
        people=in_force.people,
        remaining=people,
        now=now,
        since=in_force.since,
        lost=lost,
        unreadable=unreadable,
        commit=in_force.commit,
    )


def binding(in_force: GovernanceInForce, state: str, *, version: int = 2) -> Binding:
    """The binding of an approval of this change."""
    return Binding(
        repository=in_force.config.repository,
        environment="",
        agent=GOVERNANCE,
        from_state=in_force.digest_of(version),
        to_state=state,
        generation=0,
    )


def _in_present_terms(
    root: FleetRoot, statements: Iterable[Approval], in_force: GovernanceInForce, commit: Id, subject: Binding
) -> tuple[Approval, ...]:
    """
    *statements*, where those of earlier versions name this change by the digests of today.

    They were given for ``governance/`` alone, so they say nothing of a change that touches ``fleet-config.yaml``.
    """
    statements = tuple(statements)
    before, after = root.commit_tree(in_force.commit), root.commit_tree(commit)
    if subject.from_state == in_force.folder_digest or not any(
        item.binding.from_state == in_force.folder_digest for item in statements
    ):
        return statements
    if contents(before, layout.CONFIG) != contents(after, layout.CONFIG):
        return statements
    earlier = replace(subject, from_state=in_force.folder_digest, to_state=governance_folder_digest(after))
    return tuple(replace(item, binding=subject) if item.binding == earlier else item for item in statements)


def _digest(root: FleetRoot, commit: Id, version: int) -> str:
    tree = root.commit_tree(commit)
    return governance_folder_digest(tree) if version == 1 else governance_digest(tree)


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


def require_rule(policy: Policy) -> None:
    """
    Check that somebody can agree to a change of governance by *policy*.

    Errors: GovernanceInvalid, naming the key.
    """
    if gate.governance_rule(policy) is None:
        raise GovernanceInvalid(
            f"nobody can agree to a change of governance: {layout.POLICY} has neither governance.require nor veto",
            hint="governance: {require: [{approvals: 2, from: TEAM}]}, before fleet adopt",
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
