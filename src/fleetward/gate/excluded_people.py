"""Who could have filled a seat and does not count: the reason, the commit that shows it, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from fleetward.domain import layout
from fleetward.domain.approval import Approval, Binding
from fleetward.domain.clock import format_instant
from fleetward.domain.contributor import Contributor
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import Membership, People, Person, Team
from fleetward.domain.policy import FORMER_OWNER, OWNER, OWNERS, ApprovalTerms, Assurance, RequiredApprovals
from fleetward.domain.verdict import ExcludedPerson
from fleetward.gate.approval_count import ApprovalCount, ApprovalCriteria
from fleetward.gate.assignment import Assignment
from fleetward.gate.eligibility import Eligibility, excluded_contributors
from fleetward.gate.request import PromotionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatCount:
    """The request, what an approval has to meet, and how the approvals fill the seats."""

    request: PromotionRequest
    criteria: ApprovalCriteria
    count: ApprovalCount
    assignment: Assignment


def excluded_people(number: int, seats: SeatCount) -> tuple[ExcludedPerson, ...]:
    """
    Everybody whom the teams of requirement *number* list, and who does not count for it now, by name.

    So does everybody who approved exactly this change and is in no team that a requirement names: a membership that
    was struck out leaves no other trace. Whoever may still approve and never did is not excluded.
    """
    criteria = seats.criteria
    listed = listed_people(criteria.eligibility, criteria.requirements[number].teams)
    all_teams = (requirement.teams for requirement in criteria.requirements)
    anywhere = listed_people(criteria.eligibility, frozenset[str]().union(*all_teams))
    statements = _uncounted_statements(seats)
    strangers = {
        person
        for person, (statement, _) in statements.items()
        if person not in anywhere and statement.binding == criteria.binding
    }
    people = (
        _excluded(person, listed.get(person), number, statements.get(person), seats)
        for person in sorted({*listed, *strangers})
    )
    return tuple(person for person in people if person is not None)


def listed_people(eligibility: Eligibility, teams: Iterable[str]) -> Mapping[str, tuple[Membership, ...]]:
    """By person the memberships in these teams, whatever their dates; accountable and backup may have none."""
    listed: dict[str, tuple[Membership, ...]] = {}
    for team in teams:
        for name in _named_owners(eligibility, team):
            listed.setdefault(name, ())
        for group in _team_names(eligibility, team):
            for membership in eligibility.people.teams.get(group, Team(id=group)).members:
                listed[membership.person] = (*listed.get(membership.person, ()), membership)
    return listed


def team_name(eligibility: Eligibility, team: str) -> str:
    """What *team* is called in people.yaml: a word for owners means the team that the manifest names, if it does."""
    return " or ".join(_team_names(eligibility, team)) or team


def keyless_people(criteria: ApprovalCriteria, people: Iterable[str]) -> frozenset[str]:
    """Those of *people* who have no valid key, where more than a recorded approval is required."""
    if criteria.assurance <= Assurance.RECORDED:
        return frozenset()
    return frozenset(
        person for person in people if not has_valid_key(criteria.people.people.get(person), criteria.now)
    )


def has_valid_key(person: Person | None, now: datetime) -> bool:
    """Could *person* sign at *now*?"""
    return person is not None and any(key.refusal(now) is None for key in person.keys)


def contribution_commit(
    person: str, reason: str, contributors: Iterable[Contributor], people: People, terms: ApprovalTerms
) -> str | None:
    """The commit by which *person* is excluded for *reason*; None where no contributor alone gives it."""
    return next(
        (
            contributor.commit
            for contributor in contributors
            if excluded_contributors([contributor], people, terms).get(person) == reason
        ),
        None,
    )


def approve_command(binding: Binding, kind: PromotionKind | None, assurance: Assurance) -> str:
    """The command that approves this change."""
    rollback = " --rollback" if kind is PromotionKind.ROLLBACK else ""
    # only a signature meets more than `recorded` from here
    sign = " --sign" if assurance > Assurance.RECORDED else ""
    if not binding.environment:
        return f"fleet approve --governance{sign}"
    return f"fleet approve {binding.agent} --to {binding.environment}{rollback}{sign}"


def _named_owners(eligibility: Eligibility, team: str) -> tuple[str, ...]:
    roles = ("accountable", "backup")
    names = (owned.get(f"spec.owner.{role}") for owned in _owned(eligibility, team) for role in roles)
    return tuple(name for name in names if isinstance(name, str))


def _team_names(eligibility: Eligibility, team: str) -> tuple[str, ...]:
    if team not in OWNERS:
        return (team,)
    names = (owned.get("spec.owner.team") for owned in _owned(eligibility, team))
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def _owned(eligibility: Eligibility, team: str) -> tuple[Manifest, ...]:
    """The manifests whose owners *team* means; none for a team of people.yaml."""
    manifest = {OWNER: eligibility.manifest, FORMER_OWNER: eligibility.former}.get(team)
    return () if manifest is None else (manifest,)


def _uncounted_statements(seats: SeatCount) -> Mapping[str, tuple[Approval, str]]:
    """By person the newest statement on the present change that does not count, and the reason."""
    binding, by_file = seats.criteria.binding, {a.file: a for a in seats.request.approvals}
    newest: dict[str, tuple[Approval, str]] = {}
    for item in seats.count.not_counted:
        for file in item.files:
            statement = by_file[file]
            start = (statement.binding.from_state, statement.binding.generation)
            # those of earlier promotions are done with, unless the same change comes back
            is_present = statement.binding.to_state == binding.to_state or start == (
                binding.from_state,
                binding.generation,
            )
            earlier = newest.get(item.approver)
            if is_present and (earlier is None or earlier[0].issued <= statement.issued):
                newest[item.approver] = (statement, item.reason)
    return newest


def _excluded(
    person: str,
    memberships: tuple[Membership, ...] | None,
    number: int,
    statement: tuple[Approval, str] | None,
    seats: SeatCount,
) -> ExcludedPerson | None:
    """Why *person* does not count: what they are comes before what they wrote, as no new statement would help."""
    return (
        _absence(person, seats)
        or _contribution(person, seats)
        or _membership(person, memberships or (), seats.criteria.requirements[number], seats)
        or _missing_key(person, seats)
        or _statement(person, statement, is_listed=memberships is not None, seats=seats)
        or _other_seat(person, number, seats)
    )


def _absence(person: str, seats: SeatCount) -> ExcludedPerson | None:
    now, account = seats.criteria.now, seats.criteria.people.people.get(person)
    if account is None or account.is_active(now):
        return None
    if account.since and now.astimezone(UTC).date() < account.since:
        return _of_people(
            person, f"not active before {account.since}", f"counts from {account.since} on", seats
        )
    # a person who is not active and has begun has left
    remedy = f"if they are back, `left` comes out of {layout.PEOPLE}"
    return _of_people(person, f"left on {account.departed}", remedy, seats)


def _contribution(person: str, seats: SeatCount) -> ExcludedPerson | None:
    reason = seats.criteria.exclusions.get(person)
    if reason is None:
        return None
    people, terms = seats.criteria.people, seats.criteria.policy
    commit = contribution_commit(person, reason, seats.request.contributors, people, terms)
    return ExcludedPerson(
        person=person,
        reason=reason,
        commit=commit,
        remedy="somebody else writes the change, after a revert of that commit",
    )


def _membership(
    person: str, memberships: Sequence[Membership], required: RequiredApprovals, seats: SeatCount
) -> ExcludedPerson | None:
    """A membership that has ended or not yet begun."""
    criteria = seats.criteria
    if not memberships or person in criteria.eligibility.members(required.teams, criteria.now):
        return None
    teams = " or ".join(sorted(team_name(criteria.eligibility, team) for team in required.teams))
    today = criteria.now.astimezone(UTC).date()
    begins = [m.since for m in memberships if m.since is not None and today < m.since]
    if begins:
        reason, remedy = f"not in {teams} before {min(begins)}", f"counts from {min(begins)} on"
    else:
        ends = [m.until for m in memberships if m.until is not None]
        until = f": their membership ended on {max(ends)}" if ends else ""
        reason = f"is no longer in {teams}{until}"
        remedy = f"{layout.PEOPLE} prolongs their membership, and they approve again"
    return _of_people(person, reason, remedy, seats)


def _missing_key(person: str, seats: SeatCount) -> ExcludedPerson | None:
    criteria = seats.criteria
    account = criteria.people.people.get(person)
    if account is None or not keyless_people(criteria, [person]) or person in seats.assignment.seat_of:
        return None
    refusals = [key.refusal(criteria.now) for key in account.keys]
    listed = f"no valid key ({refusals[-1]})" if refusals else "no key in people.yaml"
    reason = f"{listed}, and the approval has to be signed"
    command = approve_command(seats.request.binding, seats.request.kind, criteria.assurance)
    return _of_people(
        person, reason, f"{layout.PEOPLE} lists a key of theirs, and they approve: {command}", seats
    )


def _statement(
    person: str, statement: tuple[Approval, str] | None, *, is_listed: bool, seats: SeatCount
) -> ExcludedPerson | None:
    if statement is None or person in seats.count.counted:
        return None
    approval, reason = statement
    criteria = seats.criteria
    command = approve_command(seats.request.binding, seats.request.kind, criteria.assurance)
    if person in criteria.people.robots:
        remedy = "a person approves instead"
    elif not is_listed:
        teams = sorted({team for r in criteria.requirements for team in r.teams})
        names = " or ".join(team_name(criteria.eligibility, team) for team in teams)
        remedy = f"{layout.PEOPLE} lists them in {names}, and they approve again"
    # a fault lies in the file or its commit: a new statement needs a commit of its own
    elif approval.fault is not None and criteria.assurance <= Assurance.RECORDED:
        remedy = f"they approve again and commit it themselves: {command}"
    else:
        remedy = f"they approve again: {command}"
    return ExcludedPerson(person=person, reason=reason, commit=approval.commit, remedy=remedy)


def _other_seat(person: str, number: int, seats: SeatCount) -> ExcludedPerson | None:
    """One person fills one seat."""
    seat = seats.assignment.seat_of.get(person, number)
    if seat == number:
        return None
    condition = seats.criteria.requirements[seat].wording
    approval = seats.count.counted[person]
    return ExcludedPerson(
        person=person,
        reason=f"approved on {format_instant(approval.issued)}, and fills the seat of {condition}",
        commit=approval.commit,
        remedy=f"one more approval for {condition} would free them",
    )


def _of_people(person: str, reason: str, remedy: str, seats: SeatCount) -> ExcludedPerson:
    return ExcludedPerson(
        person=person,
        reason=reason,
        commit=seats.request.governance_commit,
        remedy=remedy,
        from_people=True,
    )
