"""People, robots and teams of ``governance/people.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, date, datetime

from fleetward.domain.clock import format_instant
from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """
    A public key of a person or robot; both days are included, and from the compromise on it does not count.

    Shape: ``text`` is kind and base64 as ssh writes them, without a comment.
    """

    text: str
    since: date | None = None
    until: date | None = None
    compromised_since: datetime | None = None

    def refusal(self, when: datetime) -> str | None:
        """Why the key does not count at *when*; None where it does."""
        # days are UTC for everybody: a local day would end at another instant elsewhere
        today = when.astimezone(UTC).date()
        if self.compromised_since is not None and self.compromised_since <= when:
            return f"compromised since {format_instant(self.compromised_since)}"
        if self.since is not None and today < self.since:
            return f"not valid before {self.since}"
        if self.until is not None and self.until < today:
            return f"valid until {self.until}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person; ``departed`` is the first day after their time."""

    id: str
    name: str
    emails: tuple[str, ...]
    since: date | None = None
    departed: date | None = None
    keys: tuple[SigningKey, ...] = ()

    def is_active(self, when: datetime) -> bool:
        """Does the person belong to the organisation at *when*?"""
        today = when.astimezone(UTC).date()
        return (self.since is None or self.since <= today) and (
            self.departed is None or today < self.departed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """An automated account; what it writes counts as written by the person who operates it."""

    id: str
    emails: tuple[str, ...]
    operated_by: str | None = None
    is_forge: bool = False
    """A forge commits merges with this account; nobody operates it."""
    keys: tuple[SigningKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A person's time in a team; both days are included."""

    person: str
    since: date | None = None
    until: date | None = None

    def is_active(self, when: datetime) -> bool:
        """Does the membership hold at *when*?"""
        today = when.astimezone(UTC).date()
        return (self.since is None or self.since <= today) and (self.until is None or today <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team with its memberships."""

    id: str
    members: tuple[Membership, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everybody of ``governance/people.yaml``."""

    people: Mapping[str, Person] = field(default_factory=dict)
    robots: Mapping[str, Robot] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)

    def by_email(self, email: str) -> Person | Robot | None:
        """The person or robot with this address, regardless of case."""
        folded = email.casefold()
        everybody: tuple[Person | Robot, ...] = (*self.people.values(), *self.robots.values())
        for account in everybody:
            if any(address.casefold() == folded for address in account.emails):
                return account
        return None

    def by_key(self, text: str) -> Person | Robot | None:
        """The person or robot with this key, also where the key is not valid."""
        everybody: tuple[Person | Robot, ...] = (*self.people.values(), *self.robots.values())
        return next((account for account in everybody if any(key.text == text for key in account.keys)), None)

    def members(self, team: str, when: datetime) -> frozenset[str]:
        """The ids of the active members of *team* at *when*; empty where there is no such team."""
        memberships = self.teams.get(team)
        if memberships is None:
            return frozenset()
        return frozenset(
            m.person for m in memberships.members if m.is_active(when) and self.is_active(m.person, when)
        )

    def is_active(self, person: str, when: datetime) -> bool:
        """Does *person* exist, and belong to the organisation at *when*?"""
        return person in self.people and self.people[person].is_active(when)
