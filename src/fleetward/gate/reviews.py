"""Reviews of break-glass promotions: who may give one, and what an overdue one blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from fleetward.domain import layout
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.break_glass import PromotionMode, RequiredReview
from fleetward.domain.clock import format_instant, is_ahead
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import People, Person, Robot
from fleetward.domain.policy import OWNER, ApprovalTerms, Assurance, Policy, RequiredApprovals
from fleetward.domain.verdict import (
    ExcludedPerson,
    NotCounted,
    NotCountedCause,
    Requirement,
    RequirementStatus,
)
from fleetward.gate.eligibility import Eligibility, excluded_contributors, manifest_with_owners
from fleetward.gate.excluded_people import contribution_commit
from fleetward.gate.matching_rules import is_pure_tightening, rules_for_agent
from fleetward.gate.request import PromotionRequest

_RULE = "breakGlass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewers:
    """Who may review promotions of an agent, and with which assurance."""

    eligibility: Eligibility
    teams: frozenset[str]
    assurance: Assurance
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewStatus:
    """The statement that gives the review, and those that do not count."""

    review: Approval | None
    not_counted: tuple[NotCounted, ...]


def reviewers_for(
    request: PromotionRequest, *, policy: Policy, people: People, tier: str, now: datetime
) -> Reviewers:
    """The owners, and the members of all teams in the policy's rules for this agent at this tier."""
    binding = request.binding
    rules = rules_for_agent(policy, to=binding.environment, tier=tier, agent=binding.agent)
    team_sets = (
        requirement.teams
        for rule in rules
        for requirement in rule.require
        if isinstance(requirement, RequiredApprovals)
    )
    # break-glass itself may ask for the stricter assurance: its review must not be weaker
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
    The first statement that gives *review*; it counts from then on, even when its author leaves.

    It has to be about exactly that entry and issued after it, by a person who was one of the *reviewers* then and
    neither approved nor applied nor wrote the change.
    """
    refused = []
    # oldest first: once reviewed, a later statement or departure does not reopen it
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
    A requirement for each open review, and the statements on it that do not count.

    An overdue review blocks ordinary promotions. It does not block break-glass, rollbacks or changes that are only
    stricter, because these restore safety.
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
    """The reviewers who neither approved nor applied nor wrote the change: their review would count."""
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
    state = (
        "not due yet" if not overdue else "overdue" if waits else "overdue, but not blocking this promotion"
    )
    who = possible_reviewers(review, reviewers)
    incident, review_by = review.break_glass.incident, format_instant(review.break_glass.review_by)
    return Requirement(
        rule=_RULE,
        kind="review",
        condition=f"of entry {review.seq} ({incident}) by {review_by}",
        # met where it does not block: the verdict must not change, the text still says overdue
        status=RequirementStatus.MISSING if waits else RequirementStatus.MET,
        detail=f"{state}, {_how_to_review(review, who, reviewers)}",
        eligible=who if waits else (),
        excluded=_excluded_reviewers(review, reviewers) if waits else (),
        review_seq=review.seq if who else None,
    )


def _excluded_reviewers(review: RequiredReview, reviewers: Reviewers) -> tuple[ExcludedPerson, ...]:
    """Members of the teams that review who had a part in the promotion, by name."""
    people = reviewers.eligibility.people
    excluded = []
    for person in sorted(reviewers.eligibility.members(reviewers.teams, reviewers.now)):
        reason = _involvement(person, review, people)
        if reason is not None:
            wrote = contribution_commit(person, reason, review.contributors, people, ApprovalTerms())
            excluded.append(
                ExcludedPerson(
                    person=person,
                    reason=reason,
                    commit=wrote or review.commit,
                    remedy="somebody reviews it who neither wrote, approved nor applied it",
                )
            )
    return tuple(excluded)


def _how_to_review(review: RequiredReview, who: Sequence[str], reviewers: Reviewers) -> str:
    if not who:
        teams = " or ".join(sorted(reviewers.teams))
        return f"nobody may give it: everybody in {teams} was involved, add a person in {layout.PEOPLE}"
    binding = review.binding
    command = f"fleet approve {binding.agent} --to {binding.environment} --review {review.seq}"
    return f"{' or '.join(who)} could give it: {command}"


def _is_ordinary(request: PromotionRequest) -> bool:
    """Is it neither unchanged nor break-glass nor a rollback nor only stricter?"""
    if request.kind in (None, PromotionKind.ROLLBACK) or request.mode is not PromotionMode.NORMAL:
        return False
    is_change = request.kind in (PromotionKind.UPDATE, PromotionKind.OVERRIDE)
    # an unread comparison counts as ordinary: fail closed
    return not (is_change and is_pure_tightening(request.comparison))


def _reasons(statement: Approval, review: RequiredReview, reviewers: Reviewers) -> Iterator[str | None]:
    yield statement.fault
    if is_ahead(statement.issued, reviewers.now):
        yield f"dated in the future ({format_instant(statement.issued)})"
    # nobody can review what has not happened
    if is_ahead(review.at, statement.issued):
        yield f"given before the promotion ({format_instant(review.at)})"
    if statement.assurance < reviewers.assurance:
        yield f"its assurance is {statement.assurance.word}, {reviewers.assurance.word} is required"
    yield _involvement(statement.approver, review, reviewers.eligibility.people)
    # membership at the time of the statement: a review stays valid after its author left
    if statement.approver not in reviewers.eligibility.members(reviewers.teams, statement.issued):
        yield f"was not in {' or '.join(sorted(reviewers.teams))} then ({format_instant(statement.issued)})"


def _involvement(name: str, review: RequiredReview, people: People) -> str | None:
    """How the person was involved in the promotion; None where they may review it."""
    actor = people.by_email(review.actor)
    applied_by = (
        actor.id if isinstance(actor, Person) else actor.operated_by if isinstance(actor, Robot) else None
    )
    if name in review.approvers:
        return f"approved entry {review.seq}"
    if name == applied_by:
        return f"applied entry {review.seq}"
    # the default exclusions: a policy that lets authors approve does not let them review
    return excluded_contributors(review.contributors, people, ApprovalTerms()).get(name)
