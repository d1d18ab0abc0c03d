"""What an approval is about: the next promotion, a rollback, or a break-glass promotion that is reviewed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fleetward import gate
from fleetward.domain import digest, layout
from fleetward.domain.approval import Approval
from fleetward.domain.break_glass import RequiredReview
from fleetward.domain.errors import FleetError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.domain.verdict import Promotion, Requirement, RequirementStatus, Verdict
from fleetward.store.git.file_history import commit_of_promotion
from fleetward.store.records import load as records
from fleetward.workflows.promotion.adopt import adoption_request
from fleetward.workflows.promotion.candidates import (
    Candidate,
    build_candidates,
    build_possible,
    decide_one,
)
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.contributors import required_reviews
from fleetward.workflows.promotion.rollback import agent_at, rollback_candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalSubject:
    """
    The candidate, the two states that are compared, and the review, if it is about one.

    Shape: *compared* is the label and the commit of the present and of the proposed state.
    """

    candidate: Candidate
    compared: tuple[tuple[str, str], tuple[str, str]]
    review: RequiredReview | None = None
    is_adoption: bool = False
    """It is about the state that lies in an environment before the environment is adopted."""


def resolve_subject(
    context: PromotionContext, agent: str, *, rollback: str | None, with_overrides: bool, review: int | None
) -> ApprovalSubject:
    """
    The subject that these options name; an empty *rollback* is to the release before the present one.

    Errors: UsageError for options that exclude each other, and for an entry that requires no review.
    """
    to = context.target.name
    if review is not None:
        # each names another change: one statement binds exactly one
        if rollback is not None:
            raise UsageError("--rollback and --review exclude each other", hint="leave one of them out")
        return _review_subject(context, agent, review)
    if rollback is not None:
        candidate = rollback_candidate(context, agent, rollback or None, with_overrides=with_overrides)
        release = f"release {digest.short(candidate.request.release or '')}"
        return ApprovalSubject(
            candidate=candidate, compared=((to, context.head), (release, candidate.origin or context.head))
        )
    if with_overrides:
        raise UsageError("--with-overrides goes with --rollback", hint="add --rollback")
    if (waiting := _adoptable_agent(context, agent)) is not None:
        return _adoption_subject(context, waiting)
    [candidate] = build_candidates(context, [agent])
    return _promotion_subject(context, candidate)


def resolve_subjects(
    context: PromotionContext, names: Iterable[str]
) -> tuple[tuple[ApprovalSubject, ...], Mapping[str, FleetError]]:
    """The next promotions, or the adoptions, of *names* as one batch; by name why the others have no subject."""
    agents = {name: _adoptable_agent(context, name) for name in dict.fromkeys(names)}
    adoptions = [_adoption_subject(context, agent) for agent in agents.values() if agent is not None]
    candidates, errors = build_possible(context, [name for name, agent in agents.items() if agent is None])
    promotions = [_promotion_subject(context, candidate) for candidate in candidates]
    return (*adoptions, *promotions), errors


def _adoption_subject(context: PromotionContext, agent: Agent) -> ApprovalSubject:
    request = adoption_request(context, agent)
    return ApprovalSubject(
        candidate=Candidate(request=request, running=None, source=agent, proposed=agent),
        compared=(("nothing", context.head), (context.target.name, context.head)),
        is_adoption=True,
    )


def _promotion_subject(context: PromotionContext, candidate: Candidate) -> ApprovalSubject:
    return ApprovalSubject(
        candidate=candidate,
        compared=((context.target.name, context.head), (context.sources[0], context.head)),
    )


def verdict_with(context: PromotionContext, subject: ApprovalSubject, *statements: Approval) -> Promotion:
    """The verdict as it would be with *statements* committed; on a review, whether they complete it."""
    request = subject.candidate.request
    # appended to the real ones: the prediction knows vetoes and earlier decisions
    request = replace(request, approvals=(*request.approvals, *statements))
    if subject.is_adoption:
        return gate.decide_adoption(
            request, policy=context.policy, people=context.people, now=context.run.now
        )
    if subject.review is None:
        return decide_one(context, request)
    reviewers = gate.reviewers_for(
        request,
        policy=context.policy,
        people=context.people,
        tier=gate.effective_tier(request, context.policy),
        now=context.run.now,
    )
    status = gate.review_status(subject.review, request.approvals, reviewers)
    done = status.review is not None
    requirement = Requirement(
        rule="breakGlass",
        kind="review",
        condition=f"of entry {subject.review.seq}",
        status=RequirementStatus.MET if done else RequirementStatus.MISSING,
    )
    return Promotion(
        agent=request.binding.agent,
        kind=request.kind,
        tier=None,
        release=request.release,
        from_state=request.binding.from_state,
        to_state=request.binding.to_state,
        generation=request.binding.generation,
        verdict=Verdict.ALLOWED if done else Verdict.PENDING,
        requirements=(requirement,),
        not_counted=status.not_counted,
    )


def _adoptable_agent(context: PromotionContext, name: str) -> Agent | None:
    """The agent in a target that is not adopted yet, where another ledger has begun; else None."""
    to, tree = context.target.name, context.root.commit_tree(context.head)
    agent = context.fleet.agents.get((to, name))
    others = [item.name for item in context.fleet.config.environments if item.gated and item.name != to]
    has_begun = bool(others) and bool(tree.entries(*map(layout.ledger_file, others)))
    if context.ledger.entries or agent is None or not agent.readable or not has_begun:
        return None
    return agent


def _review_subject(context: PromotionContext, agent: str, seq: int) -> ApprovalSubject:
    """The change that entry *seq* made, as far as history still has it."""
    by_seq = {review.seq: review for review in required_reviews(context, agent)}
    if seq not in by_seq:
        numbers = ", ".join(map(str, by_seq)) or "none"
        message = f"entry {seq} of {layout.ledger_file(context.target.name)} is no break-glass promotion of {agent!r}"
        raise UsageError(message, hint=f"--review one of: {numbers}")
    entry, transition = next(pair for pair in context.ledger.transitions(agent) if pair[0].seq == seq)
    # an adoption or a kind of a later version has no verdict to review
    if entry.kind not in set(PromotionKind):
        message = f"{layout.ledger_file(context.target.name)}:{seq}: {entry.kind!r} is no kind of promotion"
        raise FleetError(message, hint="fleet audit")
    root, to = context.root, context.target
    promotion_commit = commit_of_promotion(
        root, context.head, entry.commit, layout.ledger_file(to.name), entry.line.encode()
    )
    # history may be rewritten or shallow: the review then shows what it can
    agent_before, agent_after = (
        agent_at(context, agent, commit) if promotion_commit else None
        for commit in (entry.commit, promotion_commit or "")
    )
    running = context.fleet.agents.get((to.name, agent))
    statements, _, _ = records.approvals(
        root, context.base, to.name, agent, context.people, now=context.run.now
    )
    request = gate.PromotionRequest(
        binding=by_seq[seq].binding,
        kind=PromotionKind(entry.kind),
        release=transition.release,
        running=running.manifest if running else None,
        candidate=running.manifest if running else None,
        approvals=statements,
    )
    candidate = Candidate(request=request, running=agent_before, source=None, proposed=agent_after)
    sides = ((to.name, entry.commit), (f"entry {seq}", promotion_commit or context.head))
    return ApprovalSubject(candidate=candidate, compared=sides, review=by_seq[seq])
