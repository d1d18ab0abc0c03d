"""The verdict on one agent: everything that is asked of it, held against everything that was shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain import risk
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import People
from fleetward.domain.policy import EvalsAsked, Policy, Rule, SoakAsked
from fleetward.domain.verdict import Met, Promotion, Requirement, Unblock, Verdict, worst
from fleetward.gate.blockers import FREEZE, frozen, invalid, thawed, unknown_authors, unruled
from fleetward.gate.evidence_and_soak import evaluations, soak
from fleetward.gate.matching_rules import merged
from fleetward.gate.promotion_modes import Asking, asking, late, parted
from fleetward.gate.quorum import Approved, approvals
from fleetward.gate.request import Question
from fleetward.gate.reviews import bench, reviews
from fleetward.gate.rollback_hold import held


def decide(question: Question, *, policy: Policy, people: People, now: datetime) -> Promotion:
    """
    May the candidate take the place of what runs, by this policy, at this instant?

    A retirement is asked for no evaluations and no soak: nothing is left that could be evaluated.
    Source: SPEC 6 and 6.1.
    """
    tier = tier_of(question, policy)
    due, unheard = reviews(question, bench(question, policy=policy, people=people, tier=tier, now=now))
    if question.kind is None:
        return replace(_promotion(question, tier, Verdict.UNCHANGED, due), not_counted=unheard)
    asked = asking(question, question.kind, policy, tier)
    approved = approvals(question, asked.approving, policy=asked.policy, people=people, now=now)
    approved = held(question, asked.approving, approved, policy=asked.policy, people=people, now=now)
    shown, records = _shown(question, asked.rules, now)
    waited, skipped = parted(asked, (*shown, *frozen(asked.rules, policy, now)))
    requirements = (
        *unruled(question, asked.rules, tier, policy),
        *unknown_authors(question, policy, people),
        *approved.requirements,
        *waited,
        *late(question, policy, now),
        *due,
        *invalid(question),
    )
    counted = (*approved.files, *records)
    unblock = _unblock(requirements, approved, asked)
    told = _promotion(question, tier, verdict_of(requirements), requirements, approved, unblock, counted)
    return replace(told, skipped=skipped, not_counted=(*told.not_counted, *unheard))


def conclusion(promotions: Iterable[Promotion]) -> Verdict:
    """The verdict on all agents of one call, as one unit."""
    return worst(one.verdict for one in promotions)


def verdict_of(requirements: Sequence[Requirement]) -> Verdict:
    """What these requirements come to: a refused one blocks, a missing one waits; none at all is no yes."""
    standing = {one.status for one in requirements}
    if Met.REFUSED in standing or not requirements:
        return Verdict.BLOCKED
    return Verdict.PENDING if Met.MISSING in standing else Verdict.ALLOWED


def tier_of(question: Question, policy: Policy) -> str:
    """
    The tier that a promotion is judged by: the highest of what runs, the candidate, and both computed floors.

    One that the policy does not define is taken for its highest, and so is that of what runs but cannot be read.
    """
    if question.running_unread:
        return policy.tiers[-1]
    manifests = [one for one in (question.running, question.candidate) if one is not None]
    declared = [one.tier for one in manifests]
    tier = policy.higher(*declared, *(risk.floor(one, policy) for one in manifests))
    return tier if tier in policy.tiers else policy.tiers[-1]


def _shown(
    question: Question, rules: tuple[Rule, ...], now: datetime
) -> tuple[tuple[Requirement, ...], tuple[str, ...]]:
    """What evaluations and soak show, and the files of the records that met."""
    if question.kind is PromotionKind.RETIRE:
        return (), ()
    requirements: list[Requirement] = []
    files: list[str] = []
    for rule, asked in merged(rules):
        if isinstance(asked, EvalsAsked):
            for requirement, record in evaluations(question, rule, asked, now):
                requirements.append(requirement)
                files.extend([record.file] if record else [])
        elif isinstance(asked, SoakAsked):
            requirements.append(soak(question, rule, asked, now))
    return tuple(requirements), tuple(files)


def _unblock(requirements: Sequence[Requirement], approved: Approved, asked: Asking) -> Unblock:
    """A soak that ends inside a freeze is of use only when the freeze has ended, too."""
    people = {person for one in requirements for person in one.could}
    instants = [one.ready_at for one in requirements if one.ready_at is not None]
    ready = max(instants, default=None)
    if ready is not None and FREEZE not in asked.skips:
        ready = thawed(asked.rules, asked.policy, ready)
    return Unblock(people=tuple(sorted(people)), ready_at=ready, fewest=approved.fewest)


def _promotion(
    question: Question,
    tier: str,
    verdict: Verdict,
    requirements: tuple[Requirement, ...] = (),
    approved: Approved | None = None,
    unblock: Unblock | None = None,
    counted: tuple[str, ...] = (),
) -> Promotion:
    binding = question.binding
    return Promotion(
        agent=binding.agent,
        kind=question.kind,
        tier=tier,
        release=question.release,
        from_state=binding.from_state,
        to_state=binding.to_state,
        generation=binding.generation,
        verdict=verdict,
        requirements=requirements,
        not_counted=approved.not_counted if approved else (),
        unblock=unblock or Unblock(),
        counted=counted,
        way=question.way,
    )
