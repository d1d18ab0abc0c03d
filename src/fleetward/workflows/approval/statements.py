"""The statements on the next promotion of one agent, and whether each counts now."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain import layout
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.verdict import Promotion, RequirementStatus, Verdict
from fleetward.workflows.context import RunContext
from fleetward.workflows.promotion.candidates import Candidate, build_candidates, decide_all
from fleetward.workflows.promotion.context import PromotionContext, load_context, only_gated_environment

_NOTHING = "nothing to promote"
_NO_VETO = "not a valid veto"
_IDLE = (_NOTHING, _NO_VETO)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementStatus:
    """A statement, whether it counts now, and why or why not."""

    statement: Approval
    counts: bool
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatements:
    """All statements on the next promotion of one agent, oldest first."""

    context: PromotionContext
    candidate: Candidate
    promotion: Promotion
    statements: tuple[StatementStatus, ...]

    @property
    def unreadable(self) -> tuple[Finding, ...]:
        """The errors of statements that cannot be read or were removed."""
        folder = f"{layout.APPROVALS}/"
        request = self.candidate.request
        errors = (*request.unreadable, *request.errors)
        return tuple(error for error in errors if error.place.file.startswith(folder))

    @property
    def next_command(self) -> str:
        """The command that promotes the agent, or shows what was promoted."""
        binding = self.candidate.request.binding
        if self.promotion.verdict is Verdict.UNCHANGED:
            return f"fleet log{self.context.run.chdir} {binding.agent}"
        return f"fleet promote{self.context.run.chdir} {binding.agent} --to {binding.environment}"


def agent_statements(run: RunContext, agent: str, to: str | None) -> AgentStatements:
    """
    The statements on *agent* in *to*, in the only gated environment where that is None.

    Errors: UsageError for an unknown agent or environment; GovernanceInvalid, GitError.
    """
    context = load_context(run, to=to or only_gated_environment(run), agents=[agent])
    [candidate] = build_candidates(context, [agent])
    [promotion] = decide_all(context, [candidate])
    approvals = sorted(candidate.request.approvals, key=lambda approval: (approval.issued, approval.file))
    return AgentStatements(
        context=context,
        candidate=candidate,
        promotion=promotion,
        statements=tuple(_status(approval, promotion, approvals) for approval in approvals),
    )


def _status(statement: Approval, promotion: Promotion, statements: Sequence[Approval]) -> StatementStatus:
    counts, reason = _counts(statement, promotion)
    if not counts and reason in _IDLE:
        # the verdict judges the next promotion alone: of earlier ones it gives no reason
        reason = _earlier_reason(statement, promotion, statements) or reason
    return StatementStatus(statement=statement, counts=counts, reason=reason)


def _earlier_reason(statement: Approval, promotion: Promotion, statements: Sequence[Approval]) -> str | None:
    """Why *statement* says nothing about the next promotion; None where it is about that one, and is the last word."""
    binding = statement.binding
    if any(
        later.approver == statement.approver and later.binding == binding and later.issued > statement.issued
        for later in statements
    ):
        return "replaced by a later statement of the same person"
    if binding.generation < promotion.generation:
        return f"was about generation {binding.generation}; the next promotion is generation {promotion.generation}"
    return None


def _counts(statement: Approval, promotion: Promotion) -> tuple[bool, str | None]:
    reason = next((item.reason for item in promotion.not_counted if statement.file in item.files), None)
    if statement.decision is Decision.APPROVE:
        counts = statement.file in promotion.counted
        return counts, None if counts else reason or _NOTHING
    if statement.decision is Decision.REJECT:
        is_veto = any(
            need.kind == "veto" and need.status is RequirementStatus.REFUSED and statement.approver in need.by
            for need in promotion.requirements
        )
        return is_veto, reason or (None if is_veto else _NO_VETO)
    if statement.decision is Decision.REVIEW:
        return reason is None and statement.fault is None, reason or statement.fault
    # a withdrawal takes effect even where it is in doubt, but not in somebody else's name
    return not statement.is_foreign, statement.fault
