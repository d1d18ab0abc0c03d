"""``fleet promote`` as a use case: decide on a batch, and write it where that is asked for and allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fleetward import gate
from fleetward.domain.assumption import Assumption
from fleetward.domain.batch_verdict import BatchVerdict
from fleetward.domain.break_glass import BreakGlassUse, PromotionMode
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.next_step import NextStep
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.gate.batch import PASSING
from fleetward.workflows.context import RunContext
from fleetward.workflows.promotion.apply import (
    PushedCommits,
    WrittenPromotions,
    push_waiting_commits,
    write_promotions,
)
from fleetward.workflows.promotion.break_glass import break_glass_options, break_glass_terms
from fleetward.workflows.promotion.break_glass_reviews import break_glass_use, open_reviews_step, with_entries
from fleetward.workflows.promotion.candidates import Candidate, Decided, build_candidates, decide_all
from fleetward.workflows.promotion.context import PromotionContext, VerifiedCommit, load_context
from fleetward.workflows.promotion.next_step import first_review_step, next_step, validate_step
from fleetward.workflows.promotion.partial import allowed_subset, nothing_written_note
from fleetward.workflows.promotion.sign import entry_signer
from fleetward.workflows.promotion.source import waiting_changes_note
from fleetward.workflows.promotion.what_if import assumption, at_instant, checked_approvers


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionOptions:
    """The options of ``fleet promote``."""

    agents: tuple[str, ...]
    to: str
    source: str | None = None
    base: str | None = None
    apply: bool = False
    push: str | None = None
    sign: str | None = None
    """A key file; empty for the key of git or of the ssh-agent, None for no signature."""
    reason: str = ""
    partial: bool = False
    approvers: tuple[str, ...] = ()
    """Of ``--as``: who is assumed to have approved."""
    at: str | None = None
    incident: str | None = None
    """Of ``--break-glass``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionResult:
    """The verdicts on a batch, what was written, and what to do next."""

    context: PromotionContext
    promotions: tuple[Promotion, ...]
    verdict: Verdict
    partial: bool
    assumption: Assumption
    break_glass: BreakGlassUse | None
    notice: str
    """What waits, or that nothing was written; empty where neither holds."""
    written: str | None
    """The commit; None where nothing was written."""
    pushed: PushedCommits | None
    """With ``--push``, where there was nothing to promote: what an earlier run had left here."""
    next_step: NextStep

    @property
    def batch(self) -> BatchVerdict:
        """The verdicts with the commit and the policy, for reports."""
        return BatchVerdict(
            promotions=self.promotions,
            target=self.context.target.name,
            sources=self.context.sources,
            commit=self.context.head,
            policy=self.context.policy,
            policy_commit=self.context.policy_commit,
            pending=self.context.pending,
        )

    @property
    def waiting(self) -> tuple[Promotion, ...]:
        """The promotions that are pending or blocked."""
        return tuple(promotion for promotion in self.promotions if promotion.verdict not in PASSING)


def open_promotion(run: RunContext, options: PromotionOptions, verified: VerifiedCommit) -> PromotionContext:
    """
    The context of a promotion at *verified*, by the governance in force.

    Errors: UsageError for an unknown environment or an invalid time, GovernanceInvalid, GitError.
    """
    run = at_instant(run, options.at)
    if options.at:  # another clock may find another governance in force
        verified = replace(verified, governance=None)
    return load_context(
        run, to=options.to, source=options.source, base=options.base, agents=options.agents, at=verified
    )


def promote_agents(context: PromotionContext, options: PromotionOptions) -> PromotionResult:
    """
    The verdicts on the agents of *options*; with ``apply``, the allowed ones are written in one commit.

    Errors: UsageError, GovernanceInvalid, FleetError; BranchMoved and WriteFailed where writing fails.
    """
    break_glass = options.incident is not None and break_glass_terms(context) is not None
    approvers = checked_approvers(options.approvers, context.people)
    mode = PromotionMode.BREAK_GLASS if break_glass else PromotionMode.NORMAL
    context = replace(context.for_brake() if break_glass else context, assumed_approvers=approvers, mode=mode)
    candidates, promotions = _decide(context, options)
    verdict = gate.batch_verdict(promotions)
    use = break_glass_use(
        context,
        _decided(candidates, promotions),
        incident=options.incident,
        reason=options.reason,
        apply=options.apply,
    )
    written = None
    # all or none, unless --partial asks for those that stand on their own (SPEC 6.1)
    if options.apply and (options.partial or verdict is Verdict.ALLOWED):
        written = _write_allowed(context, options, _decided(candidates, promotions))
    pushed = None
    if options.push and options.apply and verdict is Verdict.UNCHANGED:
        pushed = push_waiting_commits(context, options.push)
    if use and written:
        use = with_entries(use, written.entries)
    assumed = assumption(context.run, approvers, options.at)
    return PromotionResult(
        context=context,
        promotions=promotions,
        verdict=verdict,
        partial=options.partial,
        assumption=assumed,
        break_glass=use,
        notice=_notice(context, options, promotions, verdict),
        written=written.commit if written else None,
        pushed=pushed,
        next_step=open_reviews_step(context, use)
        or _next_step(context, options, promotions, verdict, written, assumed, use),
    )


def explain_promotion(context: PromotionContext, options: PromotionOptions) -> PromotionResult:
    """The same for ``fleet why``: after an assumption, the next step is to make it true."""
    result = promote_agents(context, options)
    if result.assumption.is_empty or result.verdict is Verdict.UNCHANGED:
        return result
    [promotion] = result.promotions
    command = f"fleet approve{context.run.chdir} {promotion.agent} --to {context.target.name}"
    return replace(result, next_step=NextStep(command=command, reason="approve this change"))


def _decide(
    context: PromotionContext, options: PromotionOptions
) -> tuple[tuple[Candidate, ...], tuple[Promotion, ...]]:
    if options.partial:
        return allowed_subset(context, options.agents)
    candidates = build_candidates(context, options.agents)
    return candidates, decide_all(context, candidates)


def _decided(candidates: Sequence[Candidate], promotions: Sequence[Promotion]) -> tuple[Decided, ...]:
    """Each candidate with its verdict."""
    by_agent = {promotion.agent: promotion for promotion in promotions}
    return tuple((candidate, by_agent[candidate.name]) for candidate in candidates)


def _write_allowed(
    context: PromotionContext, options: PromotionOptions, decided: Sequence[Decided]
) -> WrittenPromotions | None:
    """Write the promotions that are allowed; None where there is none."""
    allowed = [pair for pair in decided if pair[1].verdict is Verdict.ALLOWED]
    if not allowed:
        return None
    signer = entry_signer(context, options.sign)
    return write_promotions(context, allowed, options.push, options.reason, options.incident, signer)


def _notice(
    context: PromotionContext,
    options: PromotionOptions,
    promotions: Sequence[Promotion],
    verdict: Verdict,
) -> str:
    notes = [waiting_changes_note(context, promotions)]
    if not options.partial and verdict not in PASSING:
        notes.append(nothing_written_note(context, promotions, apply=options.apply))
    return "; ".join(filter(None, notes))


def _next_step(
    context: PromotionContext,
    options: PromotionOptions,
    promotions: Sequence[Promotion],
    verdict: Verdict,
    written: WrittenPromotions | None,
    assumed: Assumption,
    use: BreakGlassUse | None,
) -> NextStep:
    folder, names = context.run.chdir, [promotion.agent for promotion in promotions]
    # the same options again: the step has to work when it is pasted
    flags = break_glass_options(use)
    again = f"fleet promote{folder} {' '.join(names)} --to {context.target.name}{flags}"
    if written:
        command = f"fleet diff{folder} {context.head[:12]}..{written.commit[:12]}"
        return NextStep(command=command, reason="see what was promoted")
    if not assumed.is_empty:
        return NextStep(command=again, reason="see the verdict without the assumption")
    if verdict is Verdict.ALLOWED:
        return NextStep(command=f"{again} --apply", reason="promote it")
    if options.partial and any(promotion.verdict is Verdict.ALLOWED for promotion in promotions):
        return NextStep(command=f"{again} --partial --apply", reason="promote the agents that are allowed")
    if verdict is Verdict.UNCHANGED:
        return first_review_step(context, promotions) or validate_step(context)
    waiting = next(promotion for promotion in promotions if promotion.verdict not in PASSING)
    return next_step(context, waiting, names, flags)
