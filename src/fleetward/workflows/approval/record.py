"""Record a decision: on the promotion of an agent, or on a change of governance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fleetward.domain import layout
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.committed_records import RecordCommit
from fleetward.domain.errors import GovernanceInvalid, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import Promotion
from fleetward.store.git.file_history import require_full_history
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.push import PushTarget
from fleetward.store.git.repository import Id
from fleetward.workflows.approval.statement import (
    StatementContext,
    StatementDraft,
    commit_command,
    commit_subject,
    draft_statement,
    write_files,
)
from fleetward.workflows.approval.subject import ApprovalSubject, resolve_subject, verdict_with
from fleetward.workflows.comparison.agents import compare_agent, dependents
from fleetward.workflows.comparison.revisions import resolve_revisions
from fleetward.workflows.comparison.run import compare_fleets
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.history import (
    GovernanceInForce,
    binding,
    decide_change,
    require_rule,
)
from fleetward.workflows.governance.in_force import current_history
from fleetward.workflows.load import load_fleet
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.record_commit import (
    CommitOptions,
    check_committable,
    commit_records,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionOptions:
    """What ``fleet approve`` was asked to record."""

    decision: Decision
    note: str = ""
    key: str | None = None
    """The key file to sign with, empty for the key of git or the ssh-agent; None: no signature."""
    rollback: str | None = None
    """The release to go back to, empty for the previous one; None: an ordinary promotion."""
    with_overrides: bool = False
    review: int | None = None
    """The break-glass entry to review."""
    commit: CommitOptions = CommitOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDecision:
    """A statement with its predicted verdict; it has no files where it could never count."""

    draft: StatementDraft
    change: Callable[[], FleetDiff]
    """Compares what the decision is about; only pages for people show it."""
    next_command: str
    kind: PromotionKind | None = None
    review: int | None = None
    committed: RecordCommit | None = None
    """The commit that ``--commit`` made."""

    @property
    def is_written(self) -> bool:
        """Whether the statement was written."""
        return bool(self.draft.contents)


def decide_on_agent(context: PromotionContext, agent: str, options: DecisionOptions) -> RecordedDecision:
    """
    Record the decision of git's user on the next promotion of *agent*, on a rollback or on a review.

    Errors: UsageError where there is nothing to decide; FleetError where the user is not a person of the fleet
    or the key is not theirs; WriteFailed.
    """
    target = check_committable(context.root, options.commit)
    drafted = draft_on_agent(context, agent, options)
    committed = record_drafts(drafted.written_in, [drafted.draft], options, target)
    return recorded_decision(context, drafted, committed)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDraft:
    """A decision on one agent before it is written."""

    subject: ApprovalSubject
    draft: StatementDraft
    written_in: StatementContext


def draft_on_agent(context: PromotionContext, agent: str, options: DecisionOptions) -> AgentDraft:
    """
    The decision of git's user on *agent*, not written yet.

    Errors: as ``decide_on_agent``.
    """
    subject = resolve_subject(
        context,
        agent,
        rollback=options.rollback,
        with_overrides=options.with_overrides,
        review=options.review,
    )
    return draft_on_subject(context, subject, options)


def draft_on_subject(
    context: PromotionContext, subject: ApprovalSubject, options: DecisionOptions
) -> AgentDraft:
    """
    The decision of git's user on *subject*, not written yet.

    Errors: as ``decide_on_agent``.
    """
    request, to = subject.candidate.request, context.target.name
    decision = options.decision if options.review is None else Decision.REVIEW
    # a rejection is possible at any time: it is a veto on what comes next
    if request.kind is None and decision is Decision.APPROVE:
        message = f"nothing to approve: {to} and {context.sources[0]} have the same release"
        raise UsageError(message, hint="fleet diff")
    statement_context = StatementContext(
        run=context.run,
        root=context.root,
        people=context.people,
        policy=context.policy,
        eligible=verdict_with(context, subject).unblock.people,
    )
    draft = draft_statement(
        statement_context,
        request.binding,
        decision,
        note=options.note,
        key_file=options.key,
        predict=lambda approval: verdict_with(context, subject, approval),
    )
    return AgentDraft(subject=subject, draft=draft, written_in=statement_context)


def recorded_decision(
    context: PromotionContext, drafted: AgentDraft, committed: RecordCommit | None
) -> RecordedDecision:
    """The decision as it is reported, after its files were written."""
    subject, draft = drafted.subject, drafted.draft
    run, request = context.run, subject.candidate.request
    promote = f"fleet promote{run.chdir} {request.binding.agent} --to {context.target.name}"
    return RecordedDecision(
        draft=draft,
        # lazy: JSON output does not compare anything
        change=lambda: agent_change(context, [subject]),
        next_command=next_command(drafted.written_in, [draft], committed, promote),
        kind=request.kind,
        review=subject.review.seq if subject.review else None,
        committed=committed,
    )


def decide_on_governance(run: RunContext, options: DecisionOptions) -> RecordedDecision:
    """
    Record the decision of git's user on the governance of HEAD, compared with the governance in force.

    Errors: UsageError where there is nothing to decide; GovernanceInvalid where HEAD's governance is invalid;
    FleetError as for agents; WriteFailed.
    """
    root = find_fleet_root(run.folder, run.environment)
    target = check_committable(root, options.commit)
    require_full_history(root.repository)
    head = root.head()
    # governance that cannot be read cannot be approved
    proposed = load_fleet(root.commit_tree(head), only=()).require_governance()
    history = current_history(root, head, run.now)
    if history is None:
        message = "no environment has a ledger yet: fleet adopt makes the present governance trusted"
        raise UsageError(message, hint="fleet adopt")
    in_force, state = history.in_force, history.digest
    # a withdrawal or veto may be recorded on the same state
    if state == in_force.digest and options.decision is Decision.APPROVE:
        message = f"nothing to approve: governance at commit {head[:12]} is approved already"
        raise UsageError(message, hint="commit the change of governance/ first")
    _require_new_version(in_force.policy, proposed.policy, options.decision)

    require_rule(in_force.policy)
    people = history.present_people(root)

    def predict(*approvals: Approval) -> Promotion:
        return decide_change(root, in_force, head, state, run.now, approvals, people=people)

    statement_context = StatementContext(
        run=run,
        root=root,
        people=in_force.people,
        policy=in_force.policy,
        eligible=predict().unblock.people,
    )
    draft = draft_statement(
        statement_context,
        binding(in_force, state),
        options.decision,
        note=options.note,
        key_file=options.key,
        predict=predict,
    )
    committed = record_drafts(statement_context, [draft], options, target)
    diff = f"fleet diff{run.chdir} {in_force.commit[:12]}..{head[:12]}"
    return RecordedDecision(
        draft=draft,
        change=lambda: _governance_change(run, root, in_force, head),
        next_command=next_command(statement_context, [draft], committed, diff),
        committed=committed,
    )


def _require_new_version(before: Policy, after: Policy | None, decision: Decision) -> None:
    # a veto or withdrawal needs no version: it agrees to nothing
    if decision is not Decision.APPROVE or after is None:
        return
    if after.version < before.version:
        where = f"{layout.POLICY}:{after.place.line if after.place else 1}"
        raise GovernanceInvalid(
            f"{where}: version is {after.version}, the policy in force has {before.version}",
            hint=f"write version: {before.version + 1}: it only ever increases",
        )
    if after.reuses_version_of(before):
        raise GovernanceInvalid(
            f"{layout.POLICY} says other things than the policy in force, and has its version {before.version}",
            hint=f"write version: {before.version + 1}, commit it, and approve again",
        )


def record_drafts(
    context: StatementContext,
    drafts: Sequence[StatementDraft],
    options: DecisionOptions,
    target: PushTarget | None,
) -> RecordCommit | None:
    """
    Write the files of the drafts, all or none; with ``--commit`` in one commit, which is returned.

    Errors: WriteFailed; BranchMoved, GitError.
    """
    written = [draft for draft in drafts if draft.contents]
    files = {path: content for draft in written for path, content in draft.contents.items()}
    if not written:
        return None
    if not options.commit.commit:
        write_files(context.root.path, files)
        return None
    subject = commit_subject([draft.statement for draft in written])
    return commit_records(context.run, context.root, files, subject, options.commit, target)


def next_command(
    context: StatementContext,
    drafts: Sequence[StatementDraft],
    committed: RecordCommit | None,
    otherwise: str,
) -> str:
    """The commit or the push that is left, else *otherwise*."""
    if committed is not None:
        return committed.next_command(context.run.chdir, otherwise)
    written = [draft for draft in drafts if draft.contents]
    return commit_command(context, written) if written else otherwise


def agent_change(context: PromotionContext, subjects: Sequence[ApprovalSubject]) -> FleetDiff:
    """What the promotions of *subjects* change together."""
    fleet, to = context.fleet, context.target.name
    comparisons = (
        compare_agent(
            fleet,
            subject.candidate.running,
            subject.candidate.proposed,
            dependents(fleet, to, subject.candidate.name),
        )
        for subject in subjects
    )
    base, head = subjects[0].compared
    return FleetDiff(base=base, head=head, agents=tuple(filter(None, comparisons)))


def _governance_change(run: RunContext, root: FleetRoot, in_force: GovernanceInForce, head: Id) -> FleetDiff:
    base, now = resolve_revisions(root, [f"{in_force.commit}..{head}"], run.environment)
    governance = compare_fleets(root, base, now).governance
    return FleetDiff(base=base.label, head=now.label, governance=governance)
