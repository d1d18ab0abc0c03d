"""Who could close what breaking the glass opens: told before it is broken, and before anybody has to."""

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
    """*bench* may review; *never* can one of them, whoever wrote it, or only not where one of *authors* did."""

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
    Who could review this emergency, were it applied now by *actor*, an e-mail address or nothing.

    Those who have approved it are out, and where approvals are missing, the fewest who could complete them.
    """
    approvals = (requirement for requirement in promotion.requirements if requirement.kind == "approvals")
    review = RequiredReview(
        seq=0,
        at=now,
        break_glass=BreakGlassRecord(incident="", skipped=(), review_by=now),
        binding=request.binding,
        actor=actor,
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
    Would the review of an emergency be left to nobody? None where there is no glass, or always somebody.

    As far as teams tell: an author and those whose approvals the glass asks review nothing, and whoever could take
    a seat that another could take as well is taken for free. The robot that applies it may take one more away.
    """
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
    groups = [eligibility.members(requirement.teams, now) for requirement in required]

    def can_approve(without: Iterable[str]) -> bool:
        free = frozenset[str]().union(*groups) - frozenset(without)
        fits = {who: frozenset(n for n, group in enumerate(groups) if who in group) for who in free}
        return len(assign_seats([requirement.count for requirement in required], fits).seat_of) == sum(
            requirement.count for requirement in required
        )

    def can_review(*without: str) -> bool:
        return any(can_approve((*without, reviewer)) for reviewer in reviewers - set(without))

    authors = tuple(
        sorted(
            requirement
            for requirement in people.people
            if can_approve((requirement,)) and not can_review(requirement)
        )
    )
    never = can_approve(()) and not can_review()
    return (
        ReviewDeadlock(reviewers=tuple(sorted(reviewers)), always=never, authors=authors)
        if never or authors
        else None
    )
