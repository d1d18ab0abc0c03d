"""The approvals that are asked, the people who fill them, and those who still could."""

from __future__ import annotations

from datetime import datetime

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People
from fleetward.domain.policy import ApprovalsAsked, Assurance, Policy, Rule
from fleetward.domain.verdict import Met, NotCounted, Requirement
from fleetward.gate.approval_count import Tally, Terms, fitting, tally
from fleetward.gate.assignment import Seating, relieving, seated
from fleetward.gate.eligibility import Circle, answerable, excluded
from fleetward.gate.matching_rules import merged
from fleetward.gate.minimal_approvers import fewest
from fleetward.gate.request import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """How the approvals and vetoes stand; ``files`` are the statements that fill a seat."""

    requirements: tuple[Requirement, ...]
    not_counted: tuple[NotCounted, ...]
    files: tuple[str, ...]
    fewest: tuple[str, ...] | None
    """The smallest set of people whose approval would fill every seat; None where nobody's would."""


def approvals(
    question: Question, rules: tuple[Rule, ...], *, policy: Policy, people: People, now: datetime
) -> Approved:
    """What these rules ask of people, held against what people said."""
    asked = [(rule, one) for rule, one in merged(rules) if isinstance(one, ApprovalsAsked)]
    terms = Terms(
        binding=question.binding,
        asked=tuple(one for _, one in asked),
        assurance=max((rule.assurance for rule in rules), default=Assurance.RECORDED),
        policy=policy.approvals,
        veto=policy.veto,
        circle=Circle(people, answerable(question)),
        excluded=excluded(question.contributors, people, policy.approvals),
        now=now,
    )
    votes = tally(question.approvals, terms)
    seating = seated([one.count for one in terms.asked], votes.fits)
    seats = [_seats(number, rule, votes, seating, terms) for number, (rule, _) in enumerate(asked)]
    return Approved(
        requirements=(*seats, *_vetoes(votes)),
        not_counted=_not_counted(votes, seating),
        files=tuple(votes.counted[person].file for person in sorted(seating.at)),
        fewest=_fewest(votes, seating, terms),
    )


def _fewest(votes: Tally, seating: Seating, terms: Terms) -> tuple[str, ...] | None:
    counts = [one.count for one in terms.asked]
    if len(seating.at) == sum(counts):
        return ()
    teams = frozenset[str]().union(*(one.teams for one in terms.asked))
    able = terms.circle.members(teams, terms.now) - set(terms.excluded)
    could = {person: fitting(person, terms.now, terms) for person in able}
    return fewest(counts, votes.fits, could)


def _seats(number: int, rule: Rule, votes: Tally, seating: Seating, terms: Terms) -> Requirement:
    asked = terms.asked[number]
    by = seating.of(number)
    status = Met.MET if len(by) >= asked.count else Met.MISSING
    could = () if status is Met.MET else _could(number, votes, seating, terms)
    detail = f"{len(by)} of {asked.count}" + (f": {', '.join(by)}" if by else "")
    if status is Met.MISSING and len(by) + len(could) < asked.count:
        detail += f"; {len(could) or 'nobody'} left who could fill {_seat_count(asked.count - len(by))}"
    if terms.assurance > Assurance.RECORDED:
        detail += f" ({terms.assurance.word})"
    return Requirement(
        rule=rule.id, kind="approvals", asked=asked.wording, status=status, by=by, detail=detail, could=could
    )


def _seat_count(count: int) -> str:
    return "1 seat" if count == 1 else f"{count} seats"


def _could(number: int, votes: Tally, seating: Seating, terms: Terms) -> tuple[str, ...]:
    """Whose approval would fill one more seat here, be it by letting somebody move up."""
    open_to = relieving(number, votes.fits, seating)
    teams = frozenset[str]().union(*(terms.asked[one].teams for one in open_to))
    members = terms.circle.members(teams, terms.now)
    return tuple(sorted(members - set(terms.excluded) - set(seating.at)))


def _vetoes(votes: Tally) -> tuple[Requirement, ...]:
    """One for each person; only they can lift it."""
    latest = {veto.approver: veto for veto in votes.vetoes}
    return tuple(
        Requirement(
            rule="veto",
            kind="veto",
            asked=f"lifted by {person}",
            status=Met.REFUSED,
            by=(person,),
            detail=f"rejected by {person}" + (f": {veto.note}" if veto.note else ""),
            could=(person,),
        )
        for person, veto in sorted(latest.items())
    )


def _not_counted(votes: Tally, seating: Seating) -> tuple[NotCounted, ...]:
    reason = "not needed, every seat that could be taken is taken"
    spare = (
        NotCounted(approver=one, reason=reason, files=(approval.file,))
        for one, approval in votes.counted.items()
        if one not in seating.at
    )
    return tuple(sorted((*votes.not_counted, *spare), key=lambda one: (one.approver, one.reason)))
