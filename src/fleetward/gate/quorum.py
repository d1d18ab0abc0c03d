"""Which approvals are required, who gave them, and who still could."""

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
from fleetward.gate.eligibility import eligibility_for, excluded_contributors
from fleetward.gate.excluded_people import SeatCount, excluded_people, keyless_people
from fleetward.gate.matching_rules import strictest_requirements
from fleetward.gate.minimal_approvers import smallest_approver_set
from fleetward.gate.request import PromotionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """The state of approvals and vetoes; ``files`` are the statements that fill a seat."""

    requirements: tuple[Requirement, ...]
    not_counted: tuple[NotCounted, ...]
    files: tuple[str, ...]
    minimal_approvers: tuple[str, ...] | None
    """The smallest set of people whose approval would fill every seat; None where no set does."""
    minimal_signers: tuple[str, ...] | None
    """The same among those whose approval could count today: with a valid key where approvals have to be signed."""


def assess_quorum(
    request: PromotionRequest, rules: tuple[PolicyRule, ...], *, policy: Policy, people: People, now: datetime
) -> Quorum:
    """Compare the approvals that these rules require with the statements of people."""
    required = [
        (rule, requirement)
        for rule, requirement in strictest_requirements(rules)
        if isinstance(requirement, RequiredApprovals)
    ]
    criteria = ApprovalCriteria(
        binding=request.binding,
        requirements=tuple(requirement for _, requirement in required),
        # the strictest matching rule sets the assurance of all approvals (SPEC 6.1)
        assurance=max((rule.assurance for rule in rules), default=Assurance.RECORDED),
        policy=policy.approvals,
        veto=policy.veto,
        eligibility=eligibility_for(request, rules, people, now),
        exclusions=excluded_contributors(request.contributors, people, policy.approvals),
        now=now,
    )
    count = count_approvals(request.approvals, criteria)
    assignment = assign_seats([requirement.count for requirement in criteria.requirements], count.options)
    seats = SeatCount(request=request, criteria=criteria, count=count, assignment=assignment)
    seat_requirements = [_seat_requirement(number, rule, seats) for number, (rule, _) in enumerate(required)]
    return Quorum(
        requirements=(*seat_requirements, *_vetoes(count)),
        not_counted=_not_counted(count, assignment),
        # only approvals that fill a seat are recorded: the audit compares the files exactly
        files=tuple(count.counted[person].file for person in sorted(assignment.seat_of)),
        minimal_approvers=_minimal_approvers(count, assignment, criteria, with_keys=False),
        minimal_signers=_minimal_approvers(count, assignment, criteria, with_keys=True),
    )


def _minimal_approvers(
    count: ApprovalCount, assignment: Assignment, criteria: ApprovalCriteria, *, with_keys: bool
) -> tuple[str, ...] | None:
    counts = [requirement.count for requirement in criteria.requirements]
    # an empty set and None differ: nothing is missing, or nobody can help
    if len(assignment.seat_of) == sum(counts):
        return ()
    teams = frozenset[str]().union(*(requirement.teams for requirement in criteria.requirements))
    # contributors can never count, so they are no answer to "who could"
    able = criteria.eligibility.members(teams, criteria.now) - set(criteria.exclusions)
    # a key can be listed by tomorrow, so only one of the two answers asks for it
    able -= keyless_people(criteria, able) if with_keys else frozenset()
    eligible = {person: fillable_requirements(person, criteria.now, criteria) for person in able}
    return smallest_approver_set(counts, count.options, eligible)


def _seat_requirement(number: int, rule: PolicyRule, seats: SeatCount) -> Requirement:
    criteria = seats.criteria
    required = criteria.requirements[number]
    by = seats.assignment.people_in(number)
    status = RequirementStatus.MET if len(by) >= required.count else RequirementStatus.MISSING
    is_met = status is RequirementStatus.MET
    eligible = () if is_met else _eligible(number, seats.count, seats.assignment, criteria)
    detail = f"{len(by)} of {required.count}" + (f": {', '.join(by)}" if by else "")
    # said at once: waiting for more approvals would never end
    if not is_met and len(by) + len(eligible) < required.count:
        detail += f"; {_people_left(len(eligible))} for {_seat_count(required.count - len(by))}"
    if criteria.assurance > Assurance.RECORDED:
        detail += f" ({criteria.assurance.word})"
    return Requirement(
        rule=rule.id,
        kind="approvals",
        condition=required.wording,
        status=status,
        by=by,
        detail=detail,
        eligible=eligible,
        excluded=() if is_met else excluded_people(number, seats),
    )


def _people_left(count: int) -> str:
    return "only 1 eligible person" if count == 1 else f"{f'only {count}' if count else 'no'} eligible people"


def _seat_count(count: int) -> str:
    return "1 seat" if count == 1 else f"{count} seats"


def _eligible(
    number: int, count: ApprovalCount, assignment: Assignment, criteria: ApprovalCriteria
) -> tuple[str, ...]:
    """Whose approval would fill one more seat here, also where another approver has to change seats for it."""
    # a person may free a seat by moving another: only the direct members would miss them
    open_to = relieving_requirements(number, count.options, assignment)
    teams = frozenset[str]().union(*(criteria.requirements[index].teams for index in open_to))
    members = criteria.eligibility.members(teams, criteria.now)
    # those who hold a seat have approved already
    return tuple(sorted(members - set(criteria.exclusions) - set(assignment.seat_of)))


def _vetoes(count: ApprovalCount) -> tuple[Requirement, ...]:
    """One for each person, who alone can lift it."""
    # the latest veto of a person: lifting it needs one statement, not one for each
    latest = {veto.approver: veto for veto in count.vetoes}
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


def _not_counted(count: ApprovalCount, assignment: Assignment) -> tuple[NotCounted, ...]:
    reason = "not needed: it would fill no further seat"
    spare = (
        NotCounted(approver=person, reason=reason, files=(approval.file,))
        for person, approval in count.counted.items()
        if person not in assignment.seat_of
    )
    return tuple(
        sorted((*count.not_counted, *spare), key=lambda excluded: (excluded.approver, excluded.reason))
    )
