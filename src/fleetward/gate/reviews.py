"""Reviews of what went through the emergency door: who may give one, and what waits until it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from fleetward.domain.approval import Approval, Decision
from fleetward.domain.break_glass import PromotionMode, RequiredReview
from fleetward.domain.change import Direction
from fleetward.domain.clock import format_instant
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import People, Person, Robot
from fleetward.domain.policy import OWNER, ApprovalTerms, Assurance, Policy, RequiredApprovals
from fleetward.domain.verdict import NotCounted, NotCountedCause, Requirement, RequirementStatus
from fleetward.gate.eligibility import Eligibility, excluded_contributors, manifest_with_owners
from fleetward.gate.matching_rules import goes_only, rules_for_agent
from fleetward.gate.request import PromotionRequest

_RULE = "breakGlass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewers:
    """Who may review promotions of an agent, and how sure it has to be that it was them."""

    eligibility: Eligibility
    teams: frozenset[str]
    assurance: Assurance
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewStatus:
    """How a review stands: the statement that gives it, and those that do not."""

    review: Approval | None
    not_counted: tuple[NotCounted, ...]


def reviewers_for(
    request: PromotionRequest, *, policy: Policy, people: People, tier: str, now: datetime
) -> Reviewers:
    """The owners, and everybody in a team that the policy's rules for this agent at this tier name."""
    binding = request.binding
    rules = rules_for_agent(policy, to=binding.environment, tier=tier, agent=binding.agent)
    team_sets = (
        requirement.teams
        for rule in rules
        for requirement in rule.require
        if isinstance(requirement, RequiredApprovals)
    )
    break_glass = (policy.break_glass.rule,) if policy.break_glass else ()
    return Reviewers(
        eligibility=Eligibility(people, manifest_with_owners(request)),
        teams=frozenset({OWNER}).union(*team_sets),
        assurance=max((rule.assurance for rule in (*rules, *break_glass)), default=Assurance.RECORDED),
        now=now,
    )


def review_status(
    review: RequiredReview, approvals: Sequence[Approval], reviewers: Reviewers
) -> ReviewStatus:
    """
    The first statement that reviews *review*, which is a fact from then on: its author may leave and it still is one.

    It has to be a review of exactly that entry, given after it, by a person who was on the *bench* then, did not
    approve it, did not apply it and is no author of it.
    """
    refused = []
    for statement in sorted(approvals, key=lambda statement: (statement.issued, statement.file)):
        if statement.decision is Decision.REVIEW and statement.binding == review.binding:
            reason = next((why for why in _reasons(statement, review, reviewers) if why is not None), None)
            if reason is None:
                return ReviewStatus(review=statement, not_counted=())
            is_own_work = reason == _involvement(statement.approver, review, reviewers.eligibility.people)
            cause = NotCountedCause.CONTRIBUTOR if is_own_work else NotCountedCause.OTHER
            refused.append(
                NotCounted(approver=statement.approver, reason=reason, files=(statement.file,), cause=cause)
            )
    return ReviewStatus(review=None, not_counted=tuple(refused))


def review_requirements(
    request: PromotionRequest, reviewers: Reviewers
) -> tuple[tuple[Requirement, ...], tuple[NotCounted, ...]]:
    """
    The reviews that nobody has given yet, and the statements that were meant to be.

    One that is overdue holds up every ordinary promotion. It holds up neither another emergency nor a rollback nor
    a change that only makes things stricter: the way to safety stays open, and none of these opens anything else.
    """
    statuses = [
        (review, review_status(review, request.approvals, reviewers)) for review in request.required_reviews
    ]
    open_reviews = [(review, status) for review, status in statuses if status.review is None]
    return (
        tuple(_review_requirement(request, review, reviewers) for review, _ in open_reviews),
        tuple(spare for _, status in open_reviews for spare in status.not_counted),
    )


def possible_reviewers(review: RequiredReview, reviewers: Reviewers) -> tuple[str, ...]:
    """Who is on the bench and had no hand in it: a review of theirs would count."""
    members = reviewers.eligibility.members(reviewers.teams, reviewers.now)
    return tuple(
        sorted(
            person for person in members if _involvement(person, review, reviewers.eligibility.people) is None
        )
    )


def _review_requirement(
    request: PromotionRequest, review: RequiredReview, reviewers: Reviewers
) -> Requirement:
    overdue = reviewers.now >= review.break_glass.review_by
    waits = overdue and _is_ordinary(request)
    state = "not due yet" if not overdue else "overdue" if waits else "overdue, which does not hold up this"
    who = possible_reviewers(review, reviewers)
    return Requirement(
        rule=_RULE,
        kind="review",
        condition=f"of entry {review.seq} ({review.break_glass.incident}) by {format_instant(review.break_glass.review_by)}",
        status=RequirementStatus.MISSING if waits else RequirementStatus.MET,
        detail=f"{state}, {_how_to_review(review, who, reviewers)}",
        eligible=who if waits else (),
        review_seq=review.seq if who else None,
    )


def _how_to_review(review: RequiredReview, who: Sequence[str], reviewers: Reviewers) -> str:
    if not who:
        teams = " or ".join(sorted(reviewers.teams))
        return f"nobody may give it: all of {teams} had a hand in it, add somebody in governance/people.yaml"
    binding = review.binding
    command = f"fleet approve {binding.agent} --to {binding.environment} --review {review.seq}"
    return f"{' or '.join(who)} could give it: {command}"


def _is_ordinary(request: PromotionRequest) -> bool:
    """Nothing to promote, an emergency, a way back or something safer: none of these waits."""
    if request.kind in (None, PromotionKind.ROLLBACK) or request.mode is PromotionMode.BREAK_GLASS:
        return False
    changes = request.comparison
    is_change = request.kind in (PromotionKind.UPDATE, PromotionKind.OVERRIDE)
    return not (is_change and changes is not None and goes_only(Direction.STRICTER, changes.facets))


def _reasons(statement: Approval, review: RequiredReview, reviewers: Reviewers) -> Iterator[str | None]:
    yield statement.fault
    yield (
        f"dated in the future ({format_instant(statement.issued)})"
        if statement.issued > reviewers.now
        else None
    )
    yield (
        f"given before the promotion ({format_instant(review.at)})" if statement.issued < review.at else None
    )
    if statement.assurance < reviewers.assurance:
        yield f"its assurance is {statement.assurance.word}, {reviewers.assurance.word} is asked"
    yield _involvement(statement.approver, review, reviewers.eligibility.people)
    if statement.approver not in reviewers.eligibility.members(reviewers.teams, statement.issued):
        yield f"was not in {' or '.join(sorted(reviewers.teams))} then ({format_instant(statement.issued)})"


def _involvement(name: str, review: RequiredReview, people: People) -> str | None:
    """Why a review by this person would be one of their own doing."""
    actor = people.by_email(review.actor)
    applied_by = (
        actor.id if isinstance(actor, Person) else actor.operated_by if isinstance(actor, Robot) else None
    )
    if name in review.approvers:
        return f"approved entry {review.seq}"
    if name == applied_by:
        return f"applied entry {review.seq}"
    return excluded_contributors(review.contributors, people, ApprovalTerms()).get(name)
