"""People, robots and teams of ``governance/people.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, date, datetime

from fleetward.domain.clock import format_instant
from fleetward.domain.fast_dataclass import dataclass

GITHUB, GITLAB = "github", "gitlab"
_PUBLIC_HOSTS = {"github.com": GITHUB, "gitlab.com": GITLAB}
_NO_REPLY_HOST = "users.noreply."
_NUMBERED = {GITHUB: re.compile(r"([0-9]{1,18})[+](.+)"), GITLAB: re.compile(r"([0-9]{1,18})-(.+)")}


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
class ForgeAccount:
    """An account at GitHub or GitLab; *number* stays when the account is renamed."""

    forge: str
    """``github`` or ``gitlab``."""
    login: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person; ``departed`` is the first day after their time."""

    id: str
    name: str
    emails: tuple[str, ...]
    since: date | None = None
    departed: date | None = None
    keys: tuple[SigningKey, ...] = ()
    accounts: tuple[ForgeAccount, ...] = ()

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
    forge_hosts: Mapping[str, str] = field(default_factory=dict)
    """By host of one's own the forge that runs there; github.com and gitlab.com need no entry."""

    def by_email(self, email: str) -> Person | Robot | None:
        """
        The person or robot with this address, regardless of case.

        A no-reply address of a forge belongs to the person with its number, and only without a number to the login.
        """
        folded = email.casefold()
        account = no_reply_account(folded, self.forge_hosts)
        if account is not None and account.number is not None:
            holder = self._by_account(forge=account.forge, number=account.number)
            if holder is not None:
                return holder
        everybody: tuple[Person | Robot, ...] = (*self.people.values(), *self.robots.values())
        for candidate in everybody:
            if any(address.casefold() == folded for address in candidate.emails):
                return candidate
        # a login can be given up and taken by somebody else, so it never outweighs a number
        if account is None or account.number is not None:
            return None
        return self._by_account(forge=account.forge, login=account.login)

    def _by_account(
        self, *, forge: str, number: int | None = None, login: str | None = None
    ) -> Person | None:
        for person in self.people.values():
            for account in person.accounts:
                if account.forge != forge:
                    continue
                if number is not None and account.number == number:
                    return person
                if login is not None and account.login is not None and account.login.casefold() == login:
                    return person
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


def no_reply_account(email: str, hosts: Mapping[str, str]) -> ForgeAccount | None:
    """
    The account whose no-reply address *email* (in lower case) is; None for any other address.

    *hosts* are forges of one's own, by host.
    """
    name, _, domain = email.rpartition("@")
    if not name or not domain.startswith(_NO_REPLY_HOST):
        return None
    host = domain.removeprefix(_NO_REPLY_HOST)
    forge = _PUBLIC_HOSTS.get(host) or hosts.get(host)
    if forge not in _NUMBERED:
        return None
    numbered = _NUMBERED[forge].fullmatch(name)
    if numbered is None:
        return ForgeAccount(forge=forge, login=name)
    return ForgeAccount(forge=forge, login=numbered[2], number=int(numbered[1]))
