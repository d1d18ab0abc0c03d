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
from fleetward.domain.clock import written
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People
from fleetward.domain.policy import ApprovalsAsked, ApprovalTerms, Assurance
from fleetward.domain.verdict import Cause, NotCounted
from fleetward.gate.eligibility import Circle

_NUMBER = re.compile(r"-([0-9]{1,9})\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an approval must be to count for this question."""

    binding: Binding
    asked: Sequence[ApprovalsAsked]
    assurance: Assurance
    policy: ApprovalTerms
    veto: frozenset[str]
    circle: Circle
    excluded: Mapping[str, str]
    now: datetime

    @property
    def people(self) -> People:
        """Everybody who is known."""
        return self.circle.people


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Person to the approval that counts for them, and to the requirements where it may take a seat."""

    counted: Mapping[str, Approval] = field(default_factory=dict)
    fits: Mapping[str, frozenset[int]] = field(default_factory=dict)
    not_counted: tuple[NotCounted, ...] = ()
    vetoes: tuple[Approval, ...] = ()


def tally(approvals: Sequence[Approval], terms: Terms) -> Tally:
    """Every statement judged, reviews aside; the order in which they come does not matter."""
    given = (one for one in approvals if one.decision is not Decision.REVIEW)
    statements = sorted(given, key=_when, reverse=True)
    vetoes = tuple(v for v in reversed(statements) if _stands(v, statements, terms))
    counted: dict[str, Approval] = {}
    refused: dict[tuple[str, str, Cause], list[str]] = {}
    for one in statements:
        reason = _refusal(one, statements, counted, terms)
        if one.decision is Decision.APPROVE and reason is None:
            counted[one.approver] = one
        elif reason is not None:
            refused.setdefault((one.approver, reason, _cause(one, reason, terms)), []).append(one.file)
    return Tally(
        counted=counted,
        fits={person: fitting(person, one.issued, terms) for person, one in counted.items()},
        not_counted=tuple(
            NotCounted(approver=who, reason=why, files=tuple(sorted(files)), cause=cause)
            for (who, why, cause), files in sorted(refused.items())
        ),
        vetoes=vetoes,
    )


def fitting(person: str, issued: datetime, terms: Terms) -> frozenset[int]:
    """The requirements for which *person* could speak at *issued* and still can now."""
    return frozenset(
        number
        for number, one in enumerate(terms.asked)
        if person in terms.circle.members(one.teams, issued)
        and person in terms.circle.members(one.teams, terms.now)
    )


def _when(one: Approval) -> tuple[datetime, int, bool, str]:
    number = _NUMBER.search(one.file)
    return (one.issued, int(number[1]) if number else 0, one.decision is not Decision.APPROVE, one.file)


def _after(one: Approval, other: Approval) -> bool:
    return _when(one)[:2] > _when(other)[:2]


def _stands(one: Approval, statements: Sequence[Approval], terms: Terms) -> bool:
    """Only its author lifts a veto: by withdrawing it, or by approving the very state it was against."""
    if one.decision is not Decision.REJECT or not _same_agent(one.binding, terms.binding):
        return False
    if one.approver not in terms.circle.members(terms.veto, terms.now):
        return False
    return not any(_lifts(later, one, terms) for later in statements)


def _lifts(later: Approval, veto: Approval, terms: Terms) -> bool:
    speaks = later.decision is Decision.WITHDRAW or (
        later.decision is Decision.APPROVE and later.binding == veto.binding
    )
    return (
        speaks
        and later.approver == veto.approver
        and _same_agent(later.binding, veto.binding)
        and _after(later, veto)
        and _doubt(later, terms) is None
    )


def _same_agent(one: Binding, other: Binding) -> bool:
    return (one.repository, one.environment, one.agent) == (other.repository, other.environment, other.agent)


def _doubt(one: Approval, terms: Terms) -> str | None:
    if one.fault is not None:
        return one.fault
    if one.issued > terms.now:
        return f"dated in the future ({written(one.issued)})"
    if one.assurance < terms.assurance:
        return f"its assurance is {one.assurance.word}, {terms.assurance.word} is asked"
    return None


def _refusal(
    one: Approval, statements: Sequence[Approval], counted: Mapping[str, Approval], terms: Terms
) -> str | None:
    """Why this statement does not count as an approval; None where it does, or was never meant to."""
    if one.decision is Decision.WITHDRAW:
        return None
    if one.decision is Decision.REJECT:
        powerless = one.approver not in terms.circle.members(terms.veto, terms.now)
        return (
            "rejected, but is in no team that may veto"
            if one.binding == terms.binding and powerless
            else None
        )
    return next((reason for reason in _reasons(one, statements, counted, terms) if reason is not None), None)


def _reasons(
    one: Approval, statements: Sequence[Approval], counted: Mapping[str, Approval], terms: Terms
) -> Iterator[str | None]:
    yield _elsewhere(one.binding, terms.binding)
    yield _taken_back(one, statements)
    yield "replaced by a later approval" if one.approver in counted else None
    yield _doubt(one, terms)
    yield _expired(one, terms)
    yield from _person_refused(one, terms)


def _cause(one: Approval, reason: str, terms: Terms) -> Cause:
    if one.binding != terms.binding:
        return Cause.ELSEWHERE
    return Cause.HAND if reason == terms.excluded.get(one.approver) else Cause.OTHER


def _elsewhere(given: Binding, asked: Binding) -> str | None:
    if given.repository != asked.repository:
        return f"approved in another repository ({given.repository!r})"
    if not _same_agent(given, asked):
        return f"approved {given.environment}/{given.agent}"
    if given.to_state != asked.to_state:
        return f"approved another state ({given.to_state})"
    if given.from_state != asked.from_state:
        return f"approved the step from another state ({given.from_state or 'none'})"
    if given.generation != asked.generation:
        return f"approved generation {given.generation}, this is {asked.generation}"
    return None


def _taken_back(one: Approval, statements: Sequence[Approval]) -> str | None:
    for later in statements:
        same = later.approver == one.approver and later.binding == one.binding
        if same and later.decision is not Decision.APPROVE and not _after(one, later):
            word = "withdrawn" if later.decision is Decision.WITHDRAW else "replaced by a rejection"
            return f"{word} on {written(later.issued)}"
    return None


def _expired(one: Approval, terms: Terms) -> str | None:
    ends = [one.expires] if one.expires is not None else []
    if terms.policy.expire is not None:
        ends.append(moved(one.issued, terms.policy.expire))
    end = min(ends, default=None)
    return f"expired on {written(end)}" if end is not None and terms.now >= end else None


def _person_refused(one: Approval, terms: Terms) -> Iterator[str | None]:
    people = terms.people
    person = people.people.get(one.approver)
    if one.approver in people.robots:
        yield "a robot, and robots do not approve"
    if person is None:
        yield "nobody of this name in people.yaml"
    elif not person.active(terms.now):
        gone = person.left is not None and not (
            person.since and terms.now.astimezone(UTC).date() < person.since
        )
        yield f"left on {person.left}" if gone else f"not there before {person.since}"
    yield terms.excluded.get(one.approver)
    yield _not_a_member(one, terms)


def _not_a_member(one: Approval, terms: Terms) -> str | None:
    if fitting(one.approver, one.issued, terms):
        return None
    teams = frozenset[str]().union(*(asked.teams for asked in terms.asked))
    names = " or ".join(sorted(teams)) or "any team that is asked"
    if one.approver in terms.circle.members(teams, terms.now):
        return f"was not in {names} when approving ({written(one.issued)})"
    if one.approver in terms.circle.members(teams, one.issued):
        return f"is no longer in {names}"
    return f"not in {names}"


def moved(moment: datetime, span: timedelta) -> datetime:
    """*moment* plus *span*, or the end of all calendars where it lies beyond."""
    try:
        return moment + span
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)
