"""
Which approvals count, which do not and why, and whose veto stands.

One principle settles every doubt: a statement that is not beyond doubt may take away, never give. So a reject
or withdrawal that is dated in the future or was tampered with still cancels its author's approval, a tampered
veto still stands, and neither lifts one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta

from fleetward.domain.approval import Approval, Binding, Decision
from fleetward.domain.clock import format_instant
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People
from fleetward.domain.policy import ApprovalTerms, Assurance, RequiredApprovals
from fleetward.domain.verdict import NotCounted, NotCountedCause
from fleetward.gate.eligibility import Eligibility

_NUMBER = re.compile(r"-([0-9]{1,9})\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalCriteria:
    """What an approval must be to count for this question."""

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
        """Everybody who is known."""
        return self.eligibility.people


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalCount:
    """Person to the approval that counts for them, and to the requirements where it may take a seat."""

    counted: Mapping[str, Approval] = field(default_factory=dict)
    options: Mapping[str, frozenset[int]] = field(default_factory=dict)
    not_counted: tuple[NotCounted, ...] = ()
    vetoes: tuple[Approval, ...] = ()


def count_approvals(approvals: Sequence[Approval], terms: ApprovalCriteria) -> ApprovalCount:
    """Every statement judged, reviews aside; the order in which they come does not matter."""
    decisions = (statement for statement in approvals if statement.decision is not Decision.REVIEW)
    statements = sorted(decisions, key=_sort_key, reverse=True)
    vetoes = tuple(v for v in reversed(statements) if _is_standing_veto(v, statements, terms))
    counted: dict[str, Approval] = {}
    refused: dict[tuple[str, str, NotCountedCause], list[str]] = {}
    for statement in statements:
        reason = _refusal(statement, statements, counted, terms)
        if statement.decision is Decision.APPROVE and reason is None:
            counted[statement.approver] = statement
        elif reason is not None:
            refused.setdefault((statement.approver, reason, _cause(statement, reason, terms)), []).append(
                statement.file
            )
    return ApprovalCount(
        counted=counted,
        options={
            person: fillable_requirements(person, statement.issued, terms)
            for person, statement in counted.items()
        },
        not_counted=tuple(
            NotCounted(approver=who, reason=why, files=tuple(sorted(files)), cause=cause)
            for (who, why, cause), files in sorted(refused.items())
        ),
        vetoes=vetoes,
    )


def fillable_requirements(person: str, issued: datetime, terms: ApprovalCriteria) -> frozenset[int]:
    """The requirements for which *person* could speak at *issued* and still can now."""
    return frozenset(
        number
        for number, requirement in enumerate(terms.requirements)
        if person in terms.eligibility.members(requirement.teams, issued)
        and person in terms.eligibility.members(requirement.teams, terms.now)
    )


def _sort_key(statement: Approval) -> tuple[datetime, int, bool, str]:
    number = _NUMBER.search(statement.file)
    return (
        statement.issued,
        int(number[1]) if number else 0,
        statement.decision is not Decision.APPROVE,
        statement.file,
    )


def _is_later(later: Approval, earlier: Approval) -> bool:
    return _sort_key(later)[:2] > _sort_key(earlier)[:2]


def _is_standing_veto(veto: Approval, statements: Sequence[Approval], terms: ApprovalCriteria) -> bool:
    """Only its author lifts a veto: by withdrawing it, or by approving the very state it was against."""
    if veto.decision is not Decision.REJECT or not _same_agent(veto.binding, terms.binding):
        return False
    if veto.approver not in terms.eligibility.members(terms.veto, terms.now):
        return False
    return not any(_lifts(later, veto, terms) for later in statements)


def _lifts(later: Approval, veto: Approval, terms: ApprovalCriteria) -> bool:
    speaks = later.decision is Decision.WITHDRAW or (
        later.decision is Decision.APPROVE and later.binding == veto.binding
    )
    return (
        speaks
        and later.approver == veto.approver
        and _same_agent(later.binding, veto.binding)
        and _is_later(later, veto)
        and _doubt(later, terms) is None
    )


def _same_agent(first: Binding, second: Binding) -> bool:
    return (first.repository, first.environment, first.agent) == (
        second.repository,
        second.environment,
        second.agent,
    )


def _doubt(statement: Approval, terms: ApprovalCriteria) -> str | None:
    if statement.fault is not None:
        return statement.fault
    if statement.issued > terms.now:
        return f"dated in the future ({format_instant(statement.issued)})"
    if statement.assurance < terms.assurance:
        return f"its assurance is {statement.assurance.word}, {terms.assurance.word} is asked"
    return None


def _refusal(
    statement: Approval,
    statements: Sequence[Approval],
    counted: Mapping[str, Approval],
    terms: ApprovalCriteria,
) -> str | None:
    """Why this statement does not count as an approval; None where it does, or was never meant to."""
    if statement.decision is Decision.WITHDRAW:
        return None
    if statement.decision is Decision.REJECT:
        powerless = statement.approver not in terms.eligibility.members(terms.veto, terms.now)
        return (
            "rejected, but is in no team that may veto"
            if statement.binding == terms.binding and powerless
            else None
        )
    return next(
        (reason for reason in _reasons(statement, statements, counted, terms) if reason is not None), None
    )


def _reasons(
    approval: Approval,
    statements: Sequence[Approval],
    counted: Mapping[str, Approval],
    terms: ApprovalCriteria,
) -> Iterator[str | None]:
    yield _binding_mismatch(approval.binding, terms.binding)
    yield _taken_back(approval, statements)
    yield "replaced by a later approval" if approval.approver in counted else None
    yield _doubt(approval, terms)
    yield _expiry(approval, terms)
    yield from _person_refusals(approval, terms)


def _cause(approval: Approval, reason: str, terms: ApprovalCriteria) -> NotCountedCause:
    if approval.binding != terms.binding:
        return NotCountedCause.ELSEWHERE
    return (
        NotCountedCause.CONTRIBUTOR
        if reason == terms.exclusions.get(approval.approver)
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
        return f"approved the step from another state ({actual.from_state or 'none'})"
    if actual.generation != expected.generation:
        return f"approved generation {actual.generation}, this is {expected.generation}"
    return None


def _taken_back(approval: Approval, statements: Sequence[Approval]) -> str | None:
    for later in statements:
        is_about_it = later.approver == approval.approver and later.binding == approval.binding
        if is_about_it and later.decision is not Decision.APPROVE and not _is_later(approval, later):
            word = "withdrawn" if later.decision is Decision.WITHDRAW else "replaced by a rejection"
            return f"{word} on {format_instant(later.issued)}"
    return None


def _expiry(approval: Approval, terms: ApprovalCriteria) -> str | None:
    ends = [approval.expires] if approval.expires is not None else []
    if terms.policy.expire is not None:
        ends.append(instant_after(approval.issued, terms.policy.expire))
    end = min(ends, default=None)
    return f"expired on {format_instant(end)}" if end is not None and terms.now >= end else None


def _person_refusals(approval: Approval, terms: ApprovalCriteria) -> Iterator[str | None]:
    people = terms.people
    person = people.people.get(approval.approver)
    if approval.approver in people.robots:
        yield "a robot, and robots do not approve"
    if person is None:
        yield "nobody of this name in people.yaml"
    elif not person.is_active(terms.now):
        has_left = person.departed is not None and not (
            person.since and terms.now.astimezone(UTC).date() < person.since
        )
        yield f"left on {person.departed}" if has_left else f"not there before {person.since}"
    yield terms.exclusions.get(approval.approver)
    yield _membership_refusal(approval, terms)


def _membership_refusal(approval: Approval, terms: ApprovalCriteria) -> str | None:
    if fillable_requirements(approval.approver, approval.issued, terms):
        return None
    teams = frozenset[str]().union(*(requirement.teams for requirement in terms.requirements))
    names = " or ".join(sorted(teams)) or "any team that is asked"
    if approval.approver in terms.eligibility.members(teams, terms.now):
        return f"was not in {names} when approving ({format_instant(approval.issued)})"
    if approval.approver in terms.eligibility.members(teams, approval.issued):
        return f"is no longer in {names}"
    return f"not in {names}"


def instant_after(moment: datetime, span: timedelta) -> datetime:
    """*moment* plus *span*, or the end of all calendars where it lies beyond."""
    try:
        return moment + span
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)
