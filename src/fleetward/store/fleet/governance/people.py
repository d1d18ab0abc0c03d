"""``governance/people.yaml``: people, robots and teams; an identity belongs to one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fleetward.domain.finding import Finding
from fleetward.domain.names import NAME_FORM, is_name
from fleetward.domain.path import Step
from fleetward.domain.people import (
    GITHUB,
    GITLAB,
    ForgeAccount,
    Membership,
    People,
    Person,
    Robot,
    SigningKey,
    Team,
    no_reply_account,
)
from fleetward.domain.policy import OWNER
from fleetward.store.fleet.governance.source import Notes, Source, spelling_hint
from fleetward.store.signing import ssh_format

_ADDRESS = re.compile(r"[^\s@*?<>,;|]+@[^\s@*?<>,;|]+")


_INVALID_DOMAIN = ".invalid"
"""The top-level domain of addresses that can never exist (RFC 2606)."""


def parse_people(data: Mapping[str, Any], source: Source) -> tuple[People | None, tuple[Finding, ...]]:
    """
    All people, robots and teams.

    Rules: people-pattern (an identity that is not valid, a placeholder, or shared), role-unknown (an unknown name).
    """
    notes = Notes(source, "people-pattern")
    persons, robots = data.get("people") or {}, data.get("robots") or {}
    _identities(persons, robots, notes)
    value = People(
        people={i: _person(i, entry, notes) for i, entry in persons.items()},
        robots={i: _robot(i, entry, persons, notes) for i, entry in robots.items()},
        teams={i: _team(i, entry, persons, robots, notes) for i, entry in (data.get("teams") or {}).items()},
    )
    return value, notes.findings


def _person(name: str, data: dict[str, Any], notes: Notes) -> Person:
    at = ("people", name)
    since, left_day = notes.day(data, "since", at), notes.day(data, "left", at)
    if since and left_day and left_day < since:
        notes.error(f"left on {left_day}, before {since}", (*at, "left"), "correct one of the two days")
    emails = tuple(data.get("emails") or ())
    if not emails:
        notes.error(f"{name!r} has no e-mail address", at, "list the addresses that commits carry")
    if any(email.casefold().endswith(_INVALID_DOMAIN) for email in emails):
        message = f"{name!r} is a placeholder: an address under {_INVALID_DOMAIN} belongs to nobody"
        hint = "write a person there, with the addresses that their commits carry"
        notes.warning(message, (*at, "emails"), hint)
    return Person(
        id=name,
        name=data.get("name") or name,
        emails=emails,
        since=since,
        departed=left_day,
        keys=_keys(data, at, notes),
        accounts=_accounts(data),
    )


def _accounts(data: Mapping[str, Any]) -> tuple[ForgeAccount, ...]:
    accounts = (
        ForgeAccount(forge=forge, login=data.get(forge), number=data.get(f"{forge}Id"))
        for forge in (GITHUB, GITLAB)
    )
    return tuple(account for account in accounts if account.login or account.number)


def _robot(name: str, data: dict[str, Any], persons: Mapping[str, Any], notes: Notes) -> Robot:
    operator = data.get("operatedBy")
    if operator is not None and operator not in persons:
        hint = spelling_hint(operator, persons, "name a person of this file")
        message = f"nobody is called {operator!r}"
        notes.error(message, ("robots", name, "operatedBy"), hint, rule="role-unknown")
    is_forge = data.get("forge") is True
    if is_forge and operator is not None:
        message = f"{name!r} is a forge, and {operator!r} operates it: a forge is operated by nobody"
        notes.error(message, ("robots", name, "forge"), "leave out forge, or operatedBy")
    return Robot(
        id=name,
        emails=tuple(data.get("emails") or ()),
        operated_by=operator,
        is_forge=is_forge and operator is None,
        keys=_keys(data, ("robots", name), notes),
    )


def _keys(data: Mapping[str, Any], at: tuple[Step, ...], notes: Notes) -> tuple[SigningKey, ...]:
    """The keys that can be read; another one is an error, and cannot sign."""
    keys = []
    for index, entry in enumerate(data.get("keys") or ()):
        place = (*at, "keys", index)
        since, until = notes.day(entry, "since", place), notes.day(entry, "until", place)
        if since and until and until < since:
            notes.error(
                f"until {until}, before since {since}", (*place, "until"), "correct one of the two days"
            )
        compromised_since = notes.instant(entry, "compromisedSince", place)
        try:
            text = ssh_format.public_key(entry["key"]).text
        except ssh_format.SignatureError as error:
            hint = "write the line that the .pub file holds"
            notes.error(f"not a key that can sign: {error}", (*place, "key"), hint)
            continue
        keys.append(SigningKey(text=text, since=since, until=until, compromised_since=compromised_since))
    return tuple(keys)


def _team(
    name: str, data: dict[str, Any], persons: Mapping[str, Any], robots: Mapping[str, Any], notes: Notes
) -> Team:
    at = ("teams", name)
    if name == OWNER:
        notes.error(
            f"{OWNER!r} cannot be a team: policies mean the agent's owners by it", at, "rename the team"
        )
    members = []
    for index, member in enumerate(data.get("members") or ()):
        entry = member if isinstance(member, dict) else {"person": member}
        members.append(_membership(entry, (*at, "members", index), persons, robots, notes))
    return Team(id=name, members=tuple(members))


def _membership(
    entry: dict[str, Any],
    at: tuple[Step, ...],
    persons: Mapping[str, Any],
    robots: Mapping[str, Any],
    notes: Notes,
) -> Membership:
    person = entry["person"]
    if person in robots and person not in persons:
        hint = "take it out; name the person who operates it"
        notes.error(f"{person!r} is a robot, and robots do not approve", at, hint, rule="role-unknown")
    elif person not in persons:
        hint = spelling_hint(person, persons, "list the person under people")
        notes.error(f"nobody is called {person!r}", at, hint, rule="role-unknown")
    since, until = notes.day(entry, "since", at), notes.day(entry, "until", at)
    if since and until and until < since:
        notes.error(f"until {until}, before since {since}", (*at, "until"), "correct one of the two days")
    return Membership(person=person, since=since, until=until)


def _identities(persons: Mapping[str, Any], robots: Mapping[str, Any], notes: Notes) -> None:
    """Every name, address and key belongs to one person or one robot."""
    emails: dict[str, str] = {}
    keys: dict[str, str] = {}
    accounts: dict[str, str] = {}
    for group, name, data in _all_identities(persons, robots):
        if not is_name(name):
            notes.error(f"{name!r} is not a valid name: {NAME_FORM}", (group, name), "correct it")
        if group == "robots" and name in persons:
            notes.error(f"{name!r} is a person and a robot", (group, name), "give the robot another name")
        who = f"{group}.{name}"
        for index, email in enumerate(data.get("emails") or ()):
            at: tuple[Step, ...] = (group, name, "emails", index)
            if not _ADDRESS.fullmatch(email):
                notes.error(f"{email!r} is not a single address", at, "write the whole address of one person")
            _require_unique(email.casefold(), who, emails, notes, f"{email!r} is already the address of", at)
            account = no_reply_account(email.casefold(), {})
            if account is not None and account.number is not None:
                identity = f"{account.forge}Id {account.number}".casefold()
                message = f"{account.forge} account {account.number} of this address is already that of"
                _require_unique(identity, who, accounts, notes, message, at)
        for account in _accounts(data):
            _require_own_account(account, (group, name), who, accounts, notes)
        for index, entry in enumerate(data.get("keys") or ()):
            at = (group, name, "keys", index, "key")
            _require_unique(
                _without_comment(entry["key"]), who, keys, notes, "this key is already that of", at
            )


def _all_identities(
    persons: Mapping[str, Any], robots: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    yield from (("people", name, data) for name, data in persons.items())
    yield from (("robots", name, data) for name, data in robots.items())


def _require_own_account(
    account: ForgeAccount, at: tuple[Step, ...], who: str, accounts: dict[str, str], notes: Notes
) -> None:
    """The number and the login of an account belong to one person."""
    for key, value in ((account.forge, account.login), (f"{account.forge}Id", account.number)):
        if value is not None:
            message = f"{account.forge} account {value} is already that of"
            identity = f"{key} {value}".casefold()
            _require_unique(identity, who, accounts, notes, message, (*at, key))


def _require_unique(
    identity: str, who: str, holders: dict[str, str], notes: Notes, message: str, at: tuple[Step, ...]
) -> None:
    holder = holders.setdefault(identity, who)
    if holder != who:
        notes.error(f"{message} {holder.partition('.')[2]!r}", at, "an identity belongs to one person")


def _without_comment(key: str) -> str:
    """A public key without its comment."""
    return " ".join(key.split()[:2])
