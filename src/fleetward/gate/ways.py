"""The ways on where nobody is left to fill a seat: each is named only where it leads somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain import layout
from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.clock import format_duration
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import People
from fleetward.domain.policy import OWNER, Assurance, Policy, PolicyRule, RequiredApprovals
from fleetward.domain.verdict import Requirement, RequirementStatus, Way, WayKind
from fleetward.gate.eligibility import eligibility_for, excluded_contributors
from fleetward.gate.excluded_people import has_valid_key, team_name
from fleetward.gate.promotion_modes import mode_terms
from fleetward.gate.quorum import Quorum, assess_quorum
from fleetward.gate.request import PromotionRequest
from fleetward.gate.rollback_hold import with_rollback_hold

_GOVERNANCE = "fleet approve --governance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlock:
    """A request whose seats nobody is left to fill, and by what it is judged."""

    request: PromotionRequest
    rules: tuple[PolicyRule, ...]
    """Those whose approvals are required."""
    tier: str
    policy: Policy
    people: People
    now: datetime


def ways_on(quorum: Quorum, deadlock: Deadlock) -> tuple[Way, ...]:
    """What can be done for *quorum*; nothing where some set of people could fill its seats today."""
    if quorum.minimal_signers is not None:
        return ()
    open_seats = [
        requirement
        for requirement in quorum.requirements
        if requirement.status is RequirementStatus.MISSING and requirement.kind in ("approvals", "held")
    ]
    # a change of governance is judged by the people and the policy before it: changing them more does not help it
    if not deadlock.request.binding.environment:
        return tuple(_another_author(deadlock))
    return (
        *_another_author(deadlock),
        *_another_member(open_seats, deadlock),
        *_governance_change(open_seats, deadlock),
        *_break_glass(deadlock),
    )


def review_ways(reviews: Iterable[Requirement], deadlock: Deadlock) -> tuple[Way, ...]:
    """What can be done where nobody is left to give a review that is waited for."""
    if all(review.status is RequirementStatus.MET or review.eligible for review in reviews):
        return ()
    eligibility = eligibility_for(deadlock.request, deadlock.rules, deadlock.people, deadlock.now)
    team = team_name(eligibility, OWNER)
    text = f"another member: add a person to {team} in {layout.PEOPLE}, who gives the review"
    return (
        Way(kind=WayKind.ANOTHER_MEMBER, text=f"{text}{_agreement(deadlock.policy)}", command=_GOVERNANCE),
    )


def _another_author(deadlock: Deadlock) -> Iterator[Way]:
    """Who wrote the change may approve it once somebody else has written it."""
    request = deadlock.request
    exclusions = excluded_contributors(request.contributors, deadlock.people, deadlock.policy.approvals)
    # what contributors approved is this content, and the new one may differ
    others = tuple(approval for approval in request.approvals if approval.approver not in exclusions)
    anew = replace(request, contributors=(), approvals=others)
    approvers = _quorum(anew, deadlock.rules, deadlock).minimal_signers
    if not exclusions or approvers is None:
        return
    commits = sorted({contributor.commit for contributor in request.contributors})
    yield Way(
        kind=WayKind.ANOTHER_AUTHOR,
        text=f"another author: revert the change, and let somebody else than {_or(approvers)} write it again; "
        f"then {_and(approvers)} can approve it",
        command=f"git revert {' '.join(commit[:12] for commit in commits)}",
    )


def _another_member(seats: Sequence[Requirement], deadlock: Deadlock) -> Iterator[Way]:
    """One more person in a team whose seat is open."""
    eligibility = eligibility_for(deadlock.request, deadlock.rules, deadlock.people, deadlock.now)
    required = [
        requirement
        for rule in deadlock.rules
        for requirement in rule.require
        if isinstance(requirement, RequiredApprovals)
    ]
    # of a hold after a rollback every team of the rules may fill the seat
    open_to = [
        requirement
        for requirement in required
        if any(seat.kind == "held" or seat.condition == requirement.wording for seat in seats)
    ]
    teams = {team_name(eligibility, team) for requirement in open_to for team in requirement.teams}
    names = " or ".join(sorted(teams or {team_name(eligibility, OWNER)}))
    text = f"another member: add a person to {names} in {layout.PEOPLE}{_agreement(deadlock.policy)}"
    yield Way(kind=WayKind.ANOTHER_MEMBER, text=text, command=_GOVERNANCE)


def _governance_change(seats: Sequence[Requirement], deadlock: Deadlock) -> Iterator[Way]:
    """Keys where somebody only lacks a key, else seats that can be filled."""
    people, now = deadlock.people, deadlock.now
    exclusions = excluded_contributors(deadlock.request.contributors, people, deadlock.policy.approvals)
    signed = any(rule.assurance > Assurance.RECORDED for rule in deadlock.rules)
    keyless = {
        excluded.person
        for seat in seats
        for excluded in seat.excluded
        if signed
        and people.is_active(excluded.person, now)
        and not has_valid_key(people.people.get(excluded.person), now)
    } - set(exclusions)
    if keyless:
        change = f"list a key of {_or(keyless)} in {layout.PEOPLE}"
    else:
        rules = _or({repr(seat.rule) for seat in seats})
        change = f"let {rules} in {layout.POLICY} ask for fewer people or name another team"
    text = f"a governance change: {change}{_agreement(deadlock.policy)}"
    yield Way(kind=WayKind.GOVERNANCE_CHANGE, text=text, command=_GOVERNANCE)


def _break_glass(deadlock: Deadlock) -> Iterator[Way]:
    """Where the policy has it, and somebody could approve it."""
    request, terms = deadlock.request, deadlock.policy.break_glass
    if (
        terms is None
        or request.kind in (None, PromotionKind.ROLLBACK)
        or request.mode is PromotionMode.BREAK_GLASS
    ):
        return
    emergency = replace(request, mode=PromotionMode.BREAK_GLASS)
    rules = mode_terms(emergency, request.kind, deadlock.policy, deadlock.tier).approval_rules
    approvers = _quorum(emergency, rules, deadlock).minimal_signers if rules else None
    if approvers is None:
        return
    review = format_duration(terms.review_within)
    ability = f"{_and(approvers)} can approve it" if approvers else "its approvals are there"
    command = f"fleet promote {request.binding.agent} --to {request.binding.environment} --break-glass"
    yield Way(
        kind=WayKind.BREAK_GLASS,
        text=f"break-glass, in an emergency only: {ability}; a review is due within {review}",
        command=f"{command} --incident ID --reason TEXT",
    )


def _quorum(request: PromotionRequest, rules: tuple[PolicyRule, ...], deadlock: Deadlock) -> Quorum:
    policy, people, now = deadlock.policy, deadlock.people, deadlock.now
    quorum = assess_quorum(request, rules, policy=policy, people=people, now=now)
    return with_rollback_hold(request, rules, quorum, policy=policy, people=people, now=now)


def _agreement(policy: Policy) -> str:
    """Who has to agree to a change of governance."""
    requirements = policy.governance.require if policy.governance else ()
    conditions = [r.wording for r in requirements if isinstance(r, RequiredApprovals)]
    return f"; {_and(conditions)} agree to that" if conditions else ""


def _and(names: Iterable[str]) -> str:
    return " and ".join(sorted(names))


def _or(names: Iterable[str]) -> str:
    return " or ".join(sorted(names))
