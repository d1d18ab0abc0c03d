"""
What a pending change of governance may do at once: end people, memberships and keys (trust, section 1).

A leaver whose key is lost must not wait for a second admin. So a pending commit by a person who may agree to governance
takes away by ``left``, ``until`` and ``compromisedSince`` alone, from its own date on. Anybody else's changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from fleetward.domain import layout
from fleetward.domain.people import Membership, People, Person, Robot, SigningKey, Team
from fleetward.domain.policy import Policy
from fleetward.gate.governance_change import governance_rule
from fleetward.store.git.commit import read_commits
from fleetward.store.git.file_history import written_steps
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.workflows.load import load_fleet

Account = TypeVar("Account", Person, Robot)
When = TypeVar("When", date, datetime)


def present_people(
    root: FleetRoot, policy: Policy, people: People, pending: Iterable[tuple[Id, datetime]]
) -> People:
    """*people*, who are in force, without those whom the *pending* commits end, each with its date."""
    remaining = people
    for commit, at in pending:
        parent = root.repository.find_commit(f"{commit}^1")
        if _is_by_members(root, policy, people, commit, parent, at):
            remaining = without_ended(remaining, _people(root, parent), _people(root, commit), at)
    return remaining


def without_ended(people: People, before: People, after: People, since: datetime) -> People:
    """*people* without what *after* ends and *before* did not, each end no earlier than *since*."""
    return replace(
        people,
        people={
            name: _ended_person(person, before.people.get(name), after.people.get(name), since)
            for name, person in people.people.items()
        },
        robots={
            name: _with_keys(robot, before.robots.get(name), after.robots.get(name), since)
            for name, robot in people.robots.items()
        },
        teams={
            name: _ended_team(team, before.teams.get(name), after.teams.get(name), since)
            for name, team in people.teams.items()
        },
    )


def _is_by_members(
    root: FleetRoot, policy: Policy, people: People, commit: Id, parent: Id | None, at: datetime
) -> bool:
    """Is everybody who wrote and committed the change of people a person who may agree to governance?"""
    rule = governance_rule(policy)
    teams = {team for item in rule.require for team in getattr(item, "teams", ())} if rule else set()
    members = {person for team in teams for person in people.members(team, at)}
    # both names of every commit: whoever commits in somebody else's name must not end people by it
    commits = read_commits(
        root.repository, root.history.commits_changing(commit, [layout.PEOPLE], since=parent)
    )
    # a merge that writes nothing itself is nobody's hand
    written = {item.id: item for item, _ in written_steps(root, commits, [layout.PEOPLE])}
    accounts = [
        people.by_email(email) for item in written.values() for email in (item.author, item.committer)
    ]
    return bool(accounts) and all(isinstance(item, Person) and item.id in members for item in accounts)


def _people(root: FleetRoot, commit: Id | None) -> People:
    """The people of *commit*; nobody where they cannot be read."""
    snapshot = load_fleet(root.commit_tree(commit), only=()).snapshot if commit else None
    return snapshot.people if snapshot else People()


def _ended_person(person: Person, before: Person | None, after: Person | None, since: datetime) -> Person:
    departed = _earlier_end(
        before.departed if before else None, after.departed if after else None, since.date()
    )
    ended = replace(person, departed=_first(person.departed, departed))
    return _with_keys(ended, before, after, since)


def _ended_team(team: Team, before: Team | None, after: Team | None, since: datetime) -> Team:
    # until is the last day that counts
    last_day = since.date() - timedelta(days=1)
    earlier, later = _untils(before), _untils(after)
    return replace(
        team,
        members=tuple(
            replace(
                member,
                until=_first(
                    member.until, _earlier_end(earlier.get(member.person), later.get(member.person), last_day)
                ),
            )
            for member in team.members
        ),
    )


def _untils(team: Team | None) -> dict[str, date | None]:
    """By person the last day of their membership; the latest, where somebody has several."""
    untils: dict[str, date | None] = {}
    members: Iterable[Membership] = team.members if team else ()
    for member in members:
        known = untils.get(member.person, member.until)
        untils[member.person] = max(known, member.until) if known and member.until else None
    return untils


def _with_keys(account: Account, before: Account | None, after: Account | None, since: datetime) -> Account:
    earlier = {key.text: key for key in before.keys} if before else {}
    later = {key.text: key for key in after.keys} if after else {}
    return replace(
        account,
        keys=tuple(
            _ended_key(key, earlier.get(key.text), later.get(key.text), since) for key in account.keys
        ),
    )


def _ended_key(
    key: SigningKey, before: SigningKey | None, after: SigningKey | None, since: datetime
) -> SigningKey:
    until = _earlier_end(
        before.until if before else None, after.until if after else None, since.date() - timedelta(days=1)
    )
    compromised = _earlier_end(
        before.compromised_since if before else None, after.compromised_since if after else None, since
    )
    return replace(
        key,
        until=_first(key.until, until),
        compromised_since=_first(key.compromised_since, compromised),
    )


def _earlier_end(before: When | None, after: When | None, since: When) -> When | None:
    """The end that a change sets or brings forward, no earlier than *since*; None where it ends nothing."""
    if after is None or (before is not None and before <= after):
        return None
    return max(after, since)


def _first(one: When | None, other: When | None) -> When | None:
    return min(one, other) if one is not None and other is not None else one or other
