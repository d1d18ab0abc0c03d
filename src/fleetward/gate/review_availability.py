"""Whether anybody could review a break-glass promotion, asked before it is made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from fleetward.domain.break_glass import BreakGlassRecord, RequiredReview
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import People
from fleetward.domain.policy import OWNER, Policy, RequiredApprovals
from fleetward.domain.verdict import Promotion
from fleetward.gate.assignment import assign_seats
from fleetward.gate.eligibility import Eligibility
from fleetward.gate.matching_rules import rules_for_agent
from fleetward.gate.request import PromotionRequest
from fleetward.gate.reviews import possible_reviewers, reviewers_for


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDeadlock:
    """No reviewer is left: *always*, or only for changes that one of *authors* wrote."""

    reviewers: tuple[str, ...]
    always: bool
    authors: tuple[str, ...]


def available_reviewers(
    request: PromotionRequest,
    promotion: Promotion,
    *,
    policy: Policy,
    people: People,
    actor: str,
    now: datetime,
) -> tuple[str, ...]:
    """
    Who could review this break-glass promotion if *actor* (an e-mail address, or empty) applied it now.

    Approvers may not review it. Where approvals are missing, the minimal approvers count as approvers.
    """
    approvals = (requirement for requirement in promotion.requirements if requirement.kind == "approvals")
    review = RequiredReview(
        seq=0,
        at=now,
        break_glass=BreakGlassRecord(incident="", skipped=(), review_by=now),
        binding=request.binding,
        actor=actor,
        # nobody knows yet who approves: the minimal set is the best case for a reviewer
        approvers=frozenset(promotion.unblock.minimal_approvers or ()).union(
            *(requirement.by for requirement in approvals)
        ),
        contributors=request.contributors,
    )
    return possible_reviewers(
        review, reviewers_for(request, policy=policy, people=people, tier=promotion.tier or "", now=now)
    )


def review_deadlock(
    policy: Policy,
    people: People,
    manifest: Manifest | None,
    *,
    to: str,
    tier: str,
    agent: str,
    now: datetime,
) -> ReviewDeadlock | None:
    """
    Whether a break-glass promotion could leave nobody to review it; None where there is always a reviewer.

    Computed from teams alone: neither authors nor the approvers that break-glass requires may review. A person
    whose seat another could fill counts as free. Whoever applies the promotion may be one person less.
    """
    # no break-glass, so no promotion that would need a review
    if policy.break_glass is None:
        return None
    eligibility = Eligibility(people, manifest)
    rules = rules_for_agent(policy, to=to, tier=tier, agent=agent)
    team_sets = (
        requirement.teams
        for rule in rules
        for requirement in rule.require
        if isinstance(requirement, RequiredApprovals)
    )
    reviewers = eligibility.members(frozenset({OWNER}).union(*team_sets), now)
    required = [
        requirement
        for requirement in policy.break_glass.rule.require
        if isinstance(requirement, RequiredApprovals)
    ]
    # the real approvers are unknown here, so every possible choice is tried by matching
    groups = [eligibility.members(requirement.teams, now) for requirement in required]

    def can_approve(without: Iterable[str]) -> bool:
        free = frozenset[str]().union(*groups) - frozenset(without)
        options = {who: frozenset(n for n, group in enumerate(groups) if who in group) for who in free}
        return len(assign_seats([requirement.count for requirement in required], options).seat_of) == sum(
            requirement.count for requirement in required
        )

    def can_review(*without: str) -> bool:
        # a reviewer counts only if the approvals can be filled without that person
        return any(can_approve((*without, reviewer)) for reviewer in reviewers - set(without))

    authors = tuple(
        sorted(person for person in people.people if can_approve((person,)) and not can_review(person))
    )
    always = can_approve(()) and not can_review()
    return (
        ReviewDeadlock(reviewers=tuple(sorted(reviewers)), always=always, authors=authors)
        if always or authors
        else None
    )
