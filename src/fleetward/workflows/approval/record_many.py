"""Record the same decision on several agents: one statement each, all written or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fleetward.domain.approval import Decision
from fleetward.domain.committed_records import RecordCommit
from fleetward.domain.errors import UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.store.git import commit_writer
from fleetward.store.git.push import PushTarget
from fleetward.workflows.approval.record import (
    AgentDraft,
    DecisionOptions,
    RecordedDecision,
    agent_change,
    draft_on_subject,
    next_command,
    record_drafts,
    recorded_decision,
)
from fleetward.workflows.approval.subject import ApprovalSubject, resolve_subjects, verdict_with
from fleetward.workflows.promotion.context import PromotionContext, promotable_agents
from fleetward.workflows.record_commit import check_committable


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutAgent:
    """An agent without a statement."""

    agent: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDecisions:
    """One decision an agent, those without files among them, and what they change together."""

    decisions: tuple[RecordedDecision, ...]
    left_out: tuple[LeftOutAgent, ...]
    change: Callable[[], FleetDiff]
    """Compares what the decisions are about; only pages for people show it."""
    environment: str
    next_command: str
    every: bool
    """Decided with ``--all``: on what waits for this person, whatever else there is."""
    committed: RecordCommit | None = None

    @property
    def is_written(self) -> bool:
        """Whether a statement was written: on every agent that was named, with ``--all`` on any."""
        written = [decision.is_written for decision in self.decisions]
        return any(written) if self.every else all(written) and not self.left_out


def decide_on_agents(
    context: PromotionContext, names: Sequence[str], options: DecisionOptions, *, every: bool = False
) -> RecordedDecisions:
    """
    Record the decision of git's user on the next promotion of each of *names*; with *every* on all that wait for them.

    Errors: UsageError where there is nothing to decide; FleetError where the user is not a person of the fleet, the key
    is not theirs or a named agent cannot be judged; WriteFailed; with ``--commit`` BranchMoved, GitError.
    """
    target = check_committable(context.root, options.commit)
    subjects, errors = resolve_subjects(context, sorted(promotable_agents(context)) if every else names)
    if errors and not every:
        raise next(iter(errors.values()))
    left_out = [LeftOutAgent(agent=name, reason=error.message) for name, error in errors.items()]
    drafts: list[AgentDraft] = []
    for subject in subjects:
        reason = _reason_to_leave_out(context, subject, options, every=every)
        if reason is None:
            draft = draft_on_subject(context, subject, options)
            reason = _fault(draft) if every else None
            if reason is None:
                drafts.append(draft)
        if reason:
            left_out.append(LeftOutAgent(agent=subject.candidate.name, reason=reason))
    if not drafts and not left_out:
        message = f"nothing to decide: {context.target.name} has all releases of {context.sources[0]}"
        raise UsageError(message, hint="fleet diff")
    return _recorded(context, drafts, left_out, options, target, every=every)


def _recorded(
    context: PromotionContext,
    drafts: Sequence[AgentDraft],
    left_out: Sequence[LeftOutAgent],
    options: DecisionOptions,
    target: PushTarget | None,
    *,
    every: bool,
) -> RecordedDecisions:
    to = context.target.name
    names = [draft.subject.candidate.name for draft in drafts] or [item.agent for item in left_out]
    again = f"fleet promote{context.run.chdir} {' '.join(names)} --to {to}"
    statements = [draft.draft for draft in drafts]
    committed = record_drafts(drafts[0].written_in, statements, options, target) if drafts else None
    return RecordedDecisions(
        decisions=tuple(recorded_decision(context, draft, committed) for draft in drafts),
        left_out=tuple(left_out),
        change=lambda: agent_change(context, [draft.subject for draft in drafts]),
        environment=to,
        next_command=next_command(drafts[0].written_in, statements, committed, again) if drafts else again,
        every=every,
        committed=committed,
    )


def _reason_to_leave_out(
    context: PromotionContext, subject: ApprovalSubject, options: DecisionOptions, *, every: bool
) -> str | None:
    """Why there is nothing to decide; empty where that needs no word; None where there is."""
    request = subject.candidate.request
    if options.decision is not Decision.APPROVE:
        return None if request.kind is not None or not every else ""
    if request.kind is None:
        return "" if every else f"nothing to approve: {context.target.name} has this release"
    if not every:
        return None
    promotion = verdict_with(context, subject)
    errors = next((item.detail for item in promotion.requirements if item.kind == "validation"), None)
    if errors is not None:
        # approvals of a state that must still change would be void
        return f"its errors come first: {errors}"
    if _is_approved_by_user(context, subject, promotion):
        return "you have approved it already"
    return "it waits for nobody" if promotion.verdict is Verdict.ALLOWED else None


def _is_approved_by_user(context: PromotionContext, subject: ApprovalSubject, promotion: Promotion) -> bool:
    user = context.people.by_email(commit_writer.committer_email(context.root.repository))
    return user is not None and any(
        approval.approver == user.id and approval.file in promotion.counted
        for approval in subject.candidate.request.approvals
    )


def _fault(drafted: AgentDraft) -> str | None:
    """Why the statement would not count; with ``--all`` such a statement is not written."""
    file = drafted.draft.statement.file
    reasons = (item.reason for item in drafted.draft.predicted.not_counted if file in item.files)
    return next(reasons, None)
