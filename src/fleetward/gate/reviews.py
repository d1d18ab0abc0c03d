"""Reviews of what went through the emergency door: who may give one, and what waits until it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from fleetward.domain.approval import Approval, Decision
from fleetward.domain.break_glass import Due, Way
from fleetward.domain.change import Direction
from fleetward.domain.clock import written
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import People, Person, Robot
from fleetward.domain.policy import OWNER, ApprovalsAsked, ApprovalTerms, Assurance, Policy
from fleetward.domain.verdict import Cause, Met, NotCounted, Requirement
from fleetward.gate.eligibility import Circle, answerable, excluded
from fleetward.gate.matching_rules import about, only
from fleetward.gate.request import Question

_RULE = "breakGlass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Who may review promotions of an agent, and how sure it has to be that it was them."""

    circle: Circle
    teams: frozenset[str]
    assurance: Assurance
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """How a review stands: the statement that gives it, and those that do not."""

    closed: Approval | None
    not_counted: tuple[NotCounted, ...]


def bench(question: Question, *, policy: Policy, people: People, tier: str, now: datetime) -> Bench:
    """The owners, and everybody in a team that the policy's rules for this agent at this tier name."""
    binding = question.binding
    rules = about(policy, to=binding.environment, tier=tier, agent=binding.agent)
    named = (one.teams for rule in rules for one in rule.require if isinstance(one, ApprovalsAsked))
    glass = (policy.break_glass.rule,) if policy.break_glass else ()
    return Bench(
        circle=Circle(people, answerable(question)),
        teams=frozenset({OWNER}).union(*named),
        assurance=max((rule.assurance for rule in (*rules, *glass)), default=Assurance.RECORDED),
        now=now,
    )


def reviewed(due: Due, approvals: Sequence[Approval], by: Bench) -> Reviewed:
    """
    The first statement that reviews *due*, which is a fact from then on: its author may leave and it still is one.

    It has to be a review of exactly that entry, given after it, by a person who was on the *bench* then, did not
    approve it, did not apply it and is no author of it.
    """
    refused = []
    for one in sorted(approvals, key=lambda said: (said.issued, said.file)):
        if one.decision is Decision.REVIEW and one.binding == due.binding:
            reason = next((why for why in _reasons(one, due, by) if why is not None), None)
            if reason is None:
                return Reviewed(closed=one, not_counted=())
            own = reason == _involved(one.approver, due, by.circle.people)
            cause = Cause.HAND if own else Cause.OTHER
            refused.append(NotCounted(approver=one.approver, reason=reason, files=(one.file,), cause=cause))
    return Reviewed(closed=None, not_counted=tuple(refused))


def reviews(question: Question, by: Bench) -> tuple[tuple[Requirement, ...], tuple[NotCounted, ...]]:
    """
    The reviews that nobody has given yet, and the statements that were meant to be.

    One that is overdue holds up every ordinary promotion. It holds up neither another emergency nor a rollback nor
    a change that only makes things stricter: the way to safety stays open, and none of these opens anything else.
    """
    told = [(due, reviewed(due, question.approvals, by)) for due in question.reviews]
    still = [(due, one) for due, one in told if one.closed is None]
    return (
        tuple(_open(question, due, by) for due, _ in still),
        tuple(spare for _, one in still for spare in one.not_counted),
    )


def could(due: Due, by: Bench) -> tuple[str, ...]:
    """Who is on the bench and had no hand in it: a review of theirs would count."""
    members = by.circle.members(by.teams, by.now)
    return tuple(sorted(one for one in members if _involved(one, due, by.circle.people) is None))


def _open(question: Question, due: Due, by: Bench) -> Requirement:
    overdue = by.now >= due.glass.review_by
    waits = overdue and _ordinary(question)
    told = "not due yet" if not overdue else "overdue" if waits else "overdue, which does not hold up this"
    who = could(due, by)
    return Requirement(
        rule=_RULE,
        kind="review",
        asked=f"of entry {due.seq} ({due.glass.incident}) by {written(due.glass.review_by)}",
        status=Met.MISSING if waits else Met.MET,
        detail=f"{told}, {_by_whom(due, who, by)}",
        could=who if waits else (),
    )


def _by_whom(due: Due, who: Sequence[str], by: Bench) -> str:
    if not who:
        teams = " or ".join(sorted(by.teams))
        return f"nobody may give it: all of {teams} had a hand in it, add somebody in governance/people.yaml"
    binding = due.binding
    command = f"fleet approve {binding.agent} --to {binding.environment} --review {due.seq}"
    return f"{' or '.join(who)} could give it: {command}"


def _ordinary(question: Question) -> bool:
    """Nothing to promote, an emergency, a way back or something safer: none of these waits."""
    if question.kind in (None, PromotionKind.ROLLBACK) or question.way is Way.BREAK_GLASS:
        return False
    changes = question.comparison
    same = question.kind in (PromotionKind.UPDATE, PromotionKind.OVERRIDE)
    return not (same and changes is not None and only(Direction.STRICTER, changes.facets))


def _reasons(one: Approval, due: Due, by: Bench) -> Iterator[str | None]:
    yield one.fault
    yield f"dated in the future ({written(one.issued)})" if one.issued > by.now else None
    yield f"given before the promotion ({written(due.at)})" if one.issued < due.at else None
    if one.assurance < by.assurance:
        yield f"its assurance is {one.assurance.word}, {by.assurance.word} is asked"
    yield _involved(one.approver, due, by.circle.people)
    if one.approver not in by.circle.members(by.teams, one.issued):
        yield f"was not in {' or '.join(sorted(by.teams))} then ({written(one.issued)})"


def _involved(name: str, due: Due, people: People) -> str | None:
    """Why a review by this person would be one of their own doing."""
    actor = people.of_email(due.actor)
    hand = actor.id if isinstance(actor, Person) else actor.operated_by if isinstance(actor, Robot) else None
    if name in due.approvers:
        return f"approved entry {due.seq}"
    if name == hand:
        return f"applied entry {due.seq}"
    return excluded(due.contributors, people, ApprovalTerms()).get(name)
