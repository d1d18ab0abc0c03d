"""
Which approvals count, which do not and why, and which vetoes are in force.

A statement that cannot be trusted may restrict, never permit. A rejection that is dated in the future, and any
rejection or withdrawal that was changed afterwards, still cancels its author's approval. A veto stands from its
writing on, whatever its date. What is dated in the future or has expired gives nothing: such an approval does not
count, and such a withdrawal lifts no veto. A withdrawal of an approval that is dated in the future cancels nothing
yet, and one that has expired did cancel it. A statement in somebody else's name does nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime

from fleetward.domain.approval import Approval, Binding, Decision
from fleetward.domain.clock import format_instant, instant_after, is_ahead
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People
from fleetward.domain.policy import ApprovalTerms, Assurance, RequiredApprovals
from fleetward.domain.verdict import NotCounted, NotCountedCause
from fleetward.gate.eligibility import Eligibility

_ACTS = {Decision.REJECT: "rejected", Decision.WITHDRAW: "withdrawn"}
_NUMBER = re.compile(r"-([0-9]{1,9})\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalCriteria:
    """What an approval has to meet to count for this request."""

    binding: Binding
    requirements: Sequence[RequiredApprovals]
    assurance: Assurance
    policy: ApprovalTerms
    veto: frozenset[str]
    eligibility: Eligibility
    exclusions: Mapping[str, str]
    now: datetime

    @property
    def people(self) -> People:
        """Everybody of ``governance/people.yaml``."""
        return self.eligibility.people


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalCount:
    """Which approvals count; requirements go by their position in the criteria."""

    counted: Mapping[str, Approval] = field(default_factory=dict)
    """By person."""
    options: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """By person the requirements in which the approval may fill a seat."""
    not_counted: tuple[NotCounted, ...] = ()
    vetoes: tuple[Approval, ...] = ()


def count_approvals(approvals: Sequence[Approval], criteria: ApprovalCriteria) -> ApprovalCount:
    """Sort every statement but reviews into those that count and those that do not; their order does not matter."""
    # reviews are judged by review_status: they never fill a seat
    decisions = (statement for statement in approvals if statement.decision is not Decision.REVIEW)
    # newest first: a person's latest approval is met before those that it replaces
    statements = sorted(decisions, key=_sort_key, reverse=True)
    vetoes = tuple(v for v in reversed(statements) if _is_standing_veto(v, statements, criteria))
    counted: dict[str, Approval] = {}
    refused: dict[tuple[str, str, NotCountedCause], list[str]] = {}
    # the reason is taken first: an approval that fails here leaves room for an older one (SPEC 6.1)
    for statement in statements:
        reason = _refusal(statement, statements, counted, criteria)
        if statement.decision is Decision.APPROVE and reason is None:
            counted[statement.approver] = statement
        elif reason is not None:
            refused.setdefault((statement.approver, reason, _cause(statement, reason, criteria)), []).append(
                statement.file
            )
    return ApprovalCount(
        counted=counted,
        options={
            person: fillable_requirements(person, statement.issued, criteria)
            for person, statement in counted.items()
        },
        not_counted=tuple(
            NotCounted(approver=who, reason=why, files=tuple(sorted(files)), cause=cause)
            for (who, why, cause), files in sorted(refused.items())
        ),
        vetoes=vetoes,
    )


def fillable_requirements(person: str, issued: datetime, criteria: ApprovalCriteria) -> frozenset[int]:
    """The requirements in whose teams *person* was at *issued* and is now."""
    return frozenset(
        number
        for number, requirement in enumerate(criteria.requirements)
        # twice: a member then and now (SPEC 6.1), so nobody approves ahead of joining a team
        if person in criteria.eligibility.members(requirement.teams, issued)
        and person in criteria.eligibility.members(requirement.teams, criteria.now)
    )


def _sort_key(statement: Approval) -> tuple[datetime, int, bool, str]:
    return (
        # the number decides within one second: instants in statements may be equal
        statement.issued,
        _series(statement)[1],
        # at the same instant and number the stricter decision is the later one
        statement.decision is not Decision.APPROVE,
        statement.file,
    )


def _is_later(later: Approval, earlier: Approval) -> bool:
    # the decision is left out: of two statements at one instant neither lifts the other
    return _sort_key(later)[:2] > _sort_key(earlier)[:2]


def _is_standing_veto(veto: Approval, statements: Sequence[Approval], criteria: ApprovalCriteria) -> bool:
    """Only its author lifts a veto: by withdrawing it, or by approving the state that it rejected."""
    # the states are not compared: a veto stands whatever the content (SPEC 6.1)
    if veto.decision is not Decision.REJECT or not _same_agent(veto.binding, criteria.binding):
        return False
    # anybody can write a name; only its bearer stops anything with it
    if veto.is_foreign:
        return False
    # a veto counts only while its author is in a veto team (SPEC 6.1)
    if veto.approver not in criteria.eligibility.members(criteria.veto, criteria.now):
        return False
    return not any(_lifts(later, veto, criteria) for later in statements)


def _lifts(later: Approval, veto: Approval, criteria: ApprovalCriteria) -> bool:
    # approving another state does not lift a veto: it says nothing about the rejected content
    takes_back = later.decision is Decision.WITHDRAW or (
        later.decision is Decision.APPROVE and later.binding == veto.binding
    )
    return (
        takes_back
        and later.approver == veto.approver
        and _same_agent(later.binding, veto.binding)
        and (_is_later(later, veto) or _is_written_after(later, veto))
        # a statement in doubt may restrict, so it never lifts
        and _doubt(later, criteria) is None
        # an approval that lifted a veto did so for good: the state was decided on while it counted
        and not (later.decision is Decision.WITHDRAW and later.expires and criteria.now >= later.expires)
    )


def _is_written_after(later: Approval, earlier: Approval) -> bool:
    """By the number in the names of two statements about one state: the way to lift a veto that is dated ahead."""
    (series, first), (later_series, second) = _series(earlier), _series(later)
    return series == later_series and first < second


def _series(statement: Approval) -> tuple[str, int]:
    """The name of the file up to its number, and the number."""
    number = _NUMBER.search(statement.file)
    return (statement.file[: number.start()], int(number[1])) if number else (statement.file, 0)


def _same_agent(first: Binding, second: Binding) -> bool:
    # the generation is left out: otherwise the next promotion would drop every veto
    return (first.repository, first.environment, first.agent) == (
        second.repository,
        second.environment,
        second.agent,
    )


def _doubt(statement: Approval, criteria: ApprovalCriteria) -> str | None:
    if statement.fault is not None:
        return statement.fault
    # back-dating is caught by the audit, a date in the future here
    if is_ahead(statement.issued, criteria.now):
        return f"dated in the future ({format_instant(statement.issued)})"
    if statement.assurance < criteria.assurance:
        return f"its assurance is {statement.assurance.word}, {criteria.assurance.word} is required"
    return None


def _refusal(
    statement: Approval,
    statements: Sequence[Approval],
    counted: Mapping[str, Approval],
    criteria: ApprovalCriteria,
) -> str | None:
    """Why this statement does not count as an approval; None where it counts or is no approval."""
    if statement.is_foreign and statement.decision is not Decision.APPROVE:
        return f"{_ACTS[statement.decision]} in the name of {statement.approver}: {statement.fault}"
    if statement.decision is Decision.WITHDRAW:
        return None
    if statement.decision is Decision.REJECT:
        may_not_veto = statement.approver not in criteria.eligibility.members(criteria.veto, criteria.now)
        return (
            "rejected, but is in no team that may veto"
            if statement.binding == criteria.binding and may_not_veto
            else None
        )
    return next(
        (reason for reason in _reasons(statement, statements, counted, criteria) if reason is not None), None
    )


def _reasons(
    approval: Approval,
    statements: Sequence[Approval],
    counted: Mapping[str, Approval],
    criteria: ApprovalCriteria,
) -> Iterator[str | None]:
    # the order decides which reason people read: the wrong change first, the wrong person last
    yield _binding_mismatch(approval.binding, criteria.binding)
    yield _taken_back(approval, statements, criteria)
    yield _shortened(approval, statements, criteria)
    yield "replaced by a later approval" if approval.approver in counted else None
    yield _doubt(approval, criteria)
    yield _expiry(approval, criteria)
    yield from _person_refusals(approval, criteria)


def _cause(approval: Approval, reason: str, criteria: ApprovalCriteria) -> NotCountedCause:
    if approval.binding != criteria.binding:
        return NotCountedCause.ELSEWHERE
    return (
        NotCountedCause.CONTRIBUTOR
        if reason == criteria.exclusions.get(approval.approver)
        else NotCountedCause.OTHER
    )


def _binding_mismatch(actual: Binding, expected: Binding) -> str | None:
    if actual.repository != expected.repository:
        return f"approved in another repository ({actual.repository!r})"
    if not _same_agent(actual, expected):
        return f"approved {actual.environment}/{actual.agent}"
    if actual.to_state != expected.to_state:
        return f"approved another state ({actual.to_state})"
    if actual.from_state != expected.from_state:
        return f"approved a change from another state ({actual.from_state or 'none'})"
    # a generation differs when the same two states are promoted again: old approvals must not count
    if actual.generation != expected.generation:
        return f"approved generation {actual.generation}, this is {expected.generation}"
    return None


def _taken_back(approval: Approval, statements: Sequence[Approval], criteria: ApprovalCriteria) -> str | None:
    for later in statements:
        is_same_change = later.approver == approval.approver and later.binding == approval.binding
        # a withdrawal takes effect at its date; a rejection is in force from its writing on
        is_future = later.decision is Decision.WITHDRAW and is_ahead(later.issued, criteria.now)
        if is_future or later.is_foreign:
            continue
        # at the same instant and number the restriction wins
        if is_same_change and later.decision is not Decision.APPROVE and not _is_later(approval, later):
            word = "withdrawn" if later.decision is Decision.WITHDRAW else "replaced by a rejection"
            return f"{word} on {format_instant(later.issued)}"
    return None


def _shortened(approval: Approval, statements: Sequence[Approval], criteria: ApprovalCriteria) -> str | None:
    """Its author replaced it by an approval of the same change, and that one has expired."""
    for later in statements:
        is_successor = later.approver == approval.approver and later.binding == approval.binding
        if is_successor and later.decision is Decision.APPROVE and _is_later(later, approval):
            ended = _expiry(later, criteria)
            # in doubt about the later one, the earlier stays: it was given, and nothing took it away
            if ended is not None and _doubt(later, criteria) is None:
                return f"replaced by a later approval, which {ended}"
    return None


def _expiry(approval: Approval, criteria: ApprovalCriteria) -> str | None:
    ends = [approval.expires] if approval.expires is not None else []
    if criteria.policy.expire is not None:
        ends.append(instant_after(approval.issued, criteria.policy.expire))
    # of its own expiry and the policy's, the earlier counts (SPEC 6.1)
    end = min(ends, default=None)
    # at the very instant of expiry it has expired (SPEC 1.5)
    return f"expired on {format_instant(end)}" if end is not None and criteria.now >= end else None


def _person_refusals(approval: Approval, criteria: ApprovalCriteria) -> Iterator[str | None]:
    people = criteria.people
    person = people.people.get(approval.approver)
    if approval.approver in people.robots:
        yield "a robot, and robots do not approve"
    if person is None:
        yield "not listed in people.yaml"
    elif not person.is_active(criteria.now):
        # an instant is compared with a day in UTC: `since` is the first day that counts (SPEC 1.5)
        has_left = person.departed is not None and not (
            person.since and criteria.now.astimezone(UTC).date() < person.since
        )
        yield f"left on {person.departed}" if has_left else f"not active before {person.since}"
    yield criteria.exclusions.get(approval.approver)
    yield _membership_refusal(approval, criteria)


def _membership_refusal(approval: Approval, criteria: ApprovalCriteria) -> str | None:
    if fillable_requirements(approval.approver, approval.issued, criteria):
        return None
    teams = frozenset[str]().union(*(requirement.teams for requirement in criteria.requirements))
    names = " or ".join(sorted(teams)) or "a required team"
    if approval.approver in criteria.eligibility.members(teams, criteria.now):
        return f"was not in {names} when approving ({format_instant(approval.issued)})"
    if approval.approver in criteria.eligibility.members(teams, approval.issued):
        return f"is no longer in {names}"
    return f"not in {names}"
