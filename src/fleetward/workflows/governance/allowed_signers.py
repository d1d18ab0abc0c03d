"""The allowed_signers file of OpenSSH: whose keys may sign, and between which instants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People, Person, Robot, SigningKey
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.store.git.repository import Id
from fleetward.store.signing.sign import COMMIT_NAMESPACE, LEDGER_NAMESPACE, NAMESPACE
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet

# OpenSSH reads a principal as a pattern: an address that looks like a pattern or an option is skipped
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_/=%&'~-]*@[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key of a person or robot, valid from *after* to *before*, both included; None is no limit."""

    person: str
    emails: tuple[str, ...]
    key: str
    after: datetime | None
    before: datetime | None
    namespaces: str = NAMESPACE

    @property
    def line(self) -> str:
        """The line of the allowed_signers file; see ssh-keygen(1)."""
        ends = (("valid-after", self.after), ("valid-before", self.before))
        times = "".join(f',{name}="{when:%Y%m%d%H%M%SZ}"' for name, when in ends if when is not None)
        return f'{",".join(self.emails)} namespaces="{self.namespaces}"{times} {self.key}'


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedSigners:
    """The keys that may sign as of *commit*, and the addresses that OpenSSH would read as patterns."""

    commit: Id
    signers: tuple[Signer, ...]
    skipped_addresses: tuple[str, ...]


def signers_at_head(run: RunContext, *, ledger: bool) -> AllowedSigners:
    """
    The keys of people.yaml at HEAD; for the *ledger* those of robots as well.

    Errors: FleetError where nobody has a valid key: an empty list would refuse every signature.
    """
    root = find_fleet_root(run.folder, run.environment)
    head = root.head()
    people = load_fleet(root.commit_tree(head), only=()).require_governance().people
    signers = tuple(allowed_signers(people, run.now, ledger=ledger))
    if not signers:
        hint = "list keys under people in governance/people.yaml: {key: ssh-ed25519 ...}"
        raise FleetError("nobody has a valid key: no signature could be checked", hint=hint)
    return AllowedSigners(
        commit=head, signers=signers, skipped_addresses=_skipped_addresses(people, ledger=ledger)
    )


def allowed_signers(people: People, now: datetime, *, ledger: bool = False) -> Iterator[Signer]:
    """
    The keys that are not compromised *now* and have a period of validity.

    Robots sign entries of the *ledger* only: they approve nothing.
    """
    namespaces = f"{LEDGER_NAMESPACE},{COMMIT_NAMESPACE}" if ledger else NAMESPACE
    for person in _key_holders(people, ledger=ledger):
        emails = tuple(email for email in person.emails if _PLAIN_ADDRESS.fullmatch(email))
        for key in person.keys if emails else ():
            after, before = _validity(person, key)
            compromised = key.compromised_since is not None and key.compromised_since <= now
            if not compromised and (after is None or before is None or after <= before):
                yield Signer(
                    person=person.id,
                    emails=emails,
                    key=key.text,
                    after=after,
                    before=before,
                    namespaces=namespaces,
                )


def _key_holders(people: People, *, ledger: bool) -> list[Person | Robot]:
    robots = people.robots.values() if ledger else ()
    return [
        *sorted(people.people.values(), key=lambda holder: holder.id),
        *sorted(robots, key=lambda holder: holder.id),
    ]


def _validity(holder: Person | Robot, key: SigningKey) -> tuple[datetime | None, datetime | None]:
    """
    The first and the last second of the key's validity; None is no limit.

    ssh-keygen accepts a key in the second of valid-before, so that is the last second before the end.
    """
    since, left_on = (holder.since, holder.departed) if isinstance(holder, Person) else (None, None)
    starts = [datetime.combine(day, time(), UTC) for day in (since, key.since) if day]
    ends = [datetime.combine(left_on, time(), UTC)] if left_on else []
    ends += [key.compromised_since] if key.compromised_since else []
    second = timedelta(seconds=1)
    lasts = [instant - second for instant in ends]
    lasts += [datetime.combine(key.until, time(23, 59, 59), UTC)] if key.until else []
    return max(starts, default=None), min(lasts, default=None)


def _skipped_addresses(people: People, *, ledger: bool) -> tuple[str, ...]:
    with_keys = (person for person in _key_holders(people, ledger=ledger) if person.keys)
    return tuple(
        sorted(
            email for person in with_keys for email in person.emails if not _PLAIN_ADDRESS.fullmatch(email)
        )
    )
