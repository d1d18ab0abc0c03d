"""What a decision is about: the next promotion, a rollback, or one that broke the glass and is looked at again."""

from __future__ import annotations

from dataclasses import replace

from fleetward import gate
from fleetward.domain import digest
from fleetward.domain.approval import Approval
from fleetward.domain.break_glass import Due
from fleetward.domain.errors import FleetError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.verdict import Met, Promotion, Requirement, Verdict
from fleetward.store.git.history import promoted_by
from fleetward.store.records import load as records
from fleetward.store.records.ledger import file_name
from fleetward.workflows.promotion.candidates import Case, cases
from fleetward.workflows.promotion.context import Hearing
from fleetward.workflows.promotion.contributors import due
from fleetward.workflows.promotion.rollback import restored, standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """
    The case, its two sides, and the entry that is reviewed, if it is one.

    Shape: of each side what it is called, and its commit.
    """

    case: Case
    sides: tuple[tuple[str, str], tuple[str, str]]
    due: Due | None = None


def matter(
    asked: Hearing, agent: str, *, rollback: str | None, overrides_too: bool, review: int | None
) -> Matter:
    """
    What is decided about *agent*; an empty *rollback* is one to the release before the present.

    Errors: UsageError for options that exclude each other, and for an entry that needs no review.
    """
    to = asked.target.name
    if review is not None:
        if rollback is not None:
            raise UsageError("--rollback and --review exclude each other", hint="leave one of them out")
        return _afterwards(asked, agent, review)
    if rollback is not None:
        case = restored(asked, agent, rollback or None, overrides_too=overrides_too)
        release = f"release {digest.short(case.question.release or '')}"
        return Matter(case=case, sides=((to, asked.head), (release, case.origin or asked.head)))
    if overrides_too:
        raise UsageError("--with-overrides goes with --rollback", hint="add --rollback")
    [case] = cases(asked, [agent])
    return Matter(case=case, sides=((to, asked.head), (asked.sources[0], asked.head)))


def outlook(asked: Hearing, about: Matter, *said: Approval) -> Promotion:
    """The verdict as it would be with what is *said* committed; on a review, whether that closes it."""
    question = about.case.question
    question = replace(question, approvals=(*question.approvals, *said))
    if about.due is None:
        return gate.decide(question, policy=asked.policy, people=asked.people, now=asked.run.now)
    by = gate.bench(
        question,
        policy=asked.policy,
        people=asked.people,
        tier=gate.tier_of(question, asked.policy),
        now=asked.run.now,
    )
    found = gate.reviewed(about.due, question.approvals, by)
    closed = found.closed is not None
    need = Requirement(
        rule="breakGlass",
        kind="review",
        asked=f"of entry {about.due.seq}",
        status=Met.MET if closed else Met.MISSING,
    )
    return Promotion(
        agent=question.binding.agent,
        kind=question.kind,
        tier=None,
        release=question.release,
        from_state=question.binding.from_state,
        to_state=question.binding.to_state,
        generation=question.binding.generation,
        verdict=Verdict.ALLOWED if closed else Verdict.PENDING,
        requirements=(need,),
        not_counted=found.not_counted,
    )


def _afterwards(asked: Hearing, agent: str, seq: int) -> Matter:
    """The change that entry *seq* made, as far as history still has it."""
    told = {one.seq: one for one in due(asked, agent)}
    if seq not in told:
        numbers = ", ".join(map(str, told)) or "none"
        message = f"entry {seq} of {file_name(asked.target.name)} did not break the glass for {agent!r}"
        raise UsageError(message, hint=f"--review one of: {numbers}")
    entry, moved = next(one for one in asked.ledger.of(agent) if one[0].seq == seq)
    if entry.kind not in set(PromotionKind):
        message = f"{file_name(asked.target.name)}:{seq}: {entry.kind!r} is no kind of promotion"
        raise FleetError(message, hint="fleet audit")
    ground, to = asked.ground, asked.target
    after = promoted_by(ground, asked.head, entry.commit, file_name(to.name), entry.line.encode())
    before, since = (standing(asked, agent, one) if after else None for one in (entry.commit, after or ""))
    running = asked.fleet.agents.get((to.name, agent))
    statements, _ = records.approvals(ground, asked.law, to.name, agent, asked.people, now=asked.run.now)
    question = gate.Question(
        binding=told[seq].binding,
        kind=PromotionKind(entry.kind),
        release=moved.release,
        running=running.manifest if running else None,
        candidate=running.manifest if running else None,
        approvals=statements,
    )
    case = Case(question=question, running=before, source=None, candidate=since)
    sides = ((to.name, entry.commit), (f"entry {seq}", after or asked.head))
    return Matter(case=case, sides=sides, due=told[seq])
