"""The approvals that are asked, the people who fill them, and those who still could."""

from __future__ import annotations

from datetime import datetime

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People
from fleetward.domain.policy import Assurance, Policy, PolicyRule, RequiredApprovals
from fleetward.domain.verdict import NotCounted, Requirement, RequirementStatus
from fleetward.gate.approval_count import (
    ApprovalCount,
    ApprovalCriteria,
    count_approvals,
    fillable_requirements,
)
from fleetward.gate.assignment import Assignment, assign_seats, relieving_requirements
from fleetward.gate.eligibility import Eligibility, excluded_contributors, manifest_with_owners
from fleetward.gate.matching_rules import strictest_requirements
from fleetward.gate.minimal_approvers import smallest_approver_set
from fleetward.gate.request import PromotionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """How the approvals and vetoes stand; ``files`` are the statements that fill a seat."""

    requirements: tuple[Requirement, ...]
    not_counted: tuple[NotCounted, ...]
    files: tuple[str, ...]
    minimal_approvers: tuple[str, ...] | None
    """The smallest set of people whose approval would fill every seat; None where nobody's would."""


def assess_quorum(
    request: PromotionRequest, rules: tuple[PolicyRule, ...], *, policy: Policy, people: People, now: datetime
) -> Quorum:
    """What these rules ask of people, held against what people said."""
    required = [
        (rule, requirement)
        for rule, requirement in strictest_requirements(rules)
        if isinstance(requirement, RequiredApprovals)
    ]
    terms = ApprovalCriteria(
        binding=request.binding,
        requirements=tuple(requirement for _, requirement in required),
        assurance=max((rule.assurance for rule in rules), default=Assurance.RECORDED),
        policy=policy.approvals,
        veto=policy.veto,
        eligibility=Eligibility(people, manifest_with_owners(request)),
        exclusions=excluded_contributors(request.contributors, people, policy.approvals),
        now=now,
    )
    votes = count_approvals(request.approvals, terms)
    seating = assign_seats([requirement.count for requirement in terms.requirements], votes.options)
    seats = [
        _seat_requirement(number, rule, votes, seating, terms) for number, (rule, _) in enumerate(required)
    ]
    return Quorum(
        requirements=(*seats, *_vetoes(votes)),
        not_counted=_not_counted(votes, seating),
        files=tuple(votes.counted[person].file for person in sorted(seating.seat_of)),
        minimal_approvers=_minimal_approvers(votes, seating, terms),
    )


def _minimal_approvers(
    votes: ApprovalCount, seating: Assignment, terms: ApprovalCriteria
) -> tuple[str, ...] | None:
    counts = [requirement.count for requirement in terms.requirements]
    if len(seating.seat_of) == sum(counts):
        return ()
    teams = frozenset[str]().union(*(requirement.teams for requirement in terms.requirements))
    able = terms.eligibility.members(teams, terms.now) - set(terms.exclusions)
    eligible = {person: fillable_requirements(person, terms.now, terms) for person in able}
    return smallest_approver_set(counts, votes.options, eligible)


def _seat_requirement(
    number: int, rule: PolicyRule, votes: ApprovalCount, seating: Assignment, terms: ApprovalCriteria
) -> Requirement:
    required = terms.requirements[number]
    by = seating.people_in(number)
    status = RequirementStatus.MET if len(by) >= required.count else RequirementStatus.MISSING
    eligible = () if status is RequirementStatus.MET else _eligible(number, votes, seating, terms)
    detail = f"{len(by)} of {required.count}" + (f": {', '.join(by)}" if by else "")
    if status is RequirementStatus.MISSING and len(by) + len(eligible) < required.count:
        detail += f"; {len(eligible) or 'nobody'} left who could fill {_seat_count(required.count - len(by))}"
    if terms.assurance > Assurance.RECORDED:
        detail += f" ({terms.assurance.word})"
    return Requirement(
        rule=rule.id,
        kind="approvals",
        condition=required.wording,
        status=status,
        by=by,
        detail=detail,
        eligible=eligible,
    )


def _seat_count(count: int) -> str:
    return "1 seat" if count == 1 else f"{count} seats"


def _eligible(
    number: int, votes: ApprovalCount, seating: Assignment, terms: ApprovalCriteria
) -> tuple[str, ...]:
    """Whose approval would fill one more seat here, be it by letting somebody move up."""
    open_to = relieving_requirements(number, votes.options, seating)
    teams = frozenset[str]().union(*(terms.requirements[index].teams for index in open_to))
    members = terms.eligibility.members(teams, terms.now)
    return tuple(sorted(members - set(terms.exclusions) - set(seating.seat_of)))


def _vetoes(votes: ApprovalCount) -> tuple[Requirement, ...]:
    """One for each person; only they can lift it."""
    latest = {veto.approver: veto for veto in votes.vetoes}
    return tuple(
        Requirement(
            rule="veto",
            kind="veto",
            condition=f"lifted by {person}",
            status=RequirementStatus.REFUSED,
            by=(person,),
            detail=f"rejected by {person}" + (f": {veto.note}" if veto.note else ""),
            eligible=(person,),
        )
        for person, veto in sorted(latest.items())
    )


def _not_counted(votes: ApprovalCount, seating: Assignment) -> tuple[NotCounted, ...]:
    reason = "not needed, every seat that could be taken is taken"
    spare = (
        NotCounted(approver=person, reason=reason, files=(approval.file,))
        for person, approval in votes.counted.items()
        if person not in seating.seat_of
    )
    return tuple(sorted((*votes.not_counted, *spare), key=lambda person: (person.approver, person.reason)))
