"""``fleet signers``: who may sign, as OpenSSH wants to be told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.domain import clock
from fleetward.domain.errors import ExitCode, FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People, Person, Robot, SigningKey
from fleetward.report.page import line
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.store.signing.sign import COMMIT_NAMESPACE, LEDGER_NAMESPACE, NAMESPACE
from fleetward.workflows.load import load_fleet

# a principal is a pattern to OpenSSH: an address that could be read as one, or as an option, stays out
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_/=%&'~-]*@[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key, whose it is, and between which instants it counts; both count."""

    person: str
    emails: tuple[str, ...]
    key: str
    after: datetime | None
    before: datetime | None
    namespaces: str = NAMESPACE

    @property
    def line(self) -> str:
        """As ``allowed_signers`` has it; see ssh-keygen(1)."""
        ends = (("valid-after", self.after), ("valid-before", self.before))
        times = "".join(f',{name}="{when:%Y%m%d%H%M%SZ}"' for name, when in ends if when is not None)
        return f'{",".join(self.emails)} namespaces="{self.namespaces}"{times} {self.key}'


def signers(
    session: Session,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Who may sign ledger entries and commits: robots, too.")
    ] = False,
) -> ExitCode:
    """Print the signing keys at HEAD as an allowed_signers file for ssh-keygen -Y verify."""
    root = find_fleet_root(session.run.folder, session.run.environment)
    head = root.head()
    people = load_fleet(root.commit_tree(head), only=()).require_governance().people
    entries = tuple(allowed_signers(people, session.run.now, ledger=ledger))
    if not entries:
        hint = "list keys under people in governance/people.yaml: {key: ssh-ed25519 ...}"
        raise FleetError("nobody has a key that counts: no signature could be checked", hint=hint)
    for email in _skipped_addresses(people, ledger=ledger):
        session.output.tell((line(f"{email!r} is left out: OpenSSH would read it as a pattern"),))
    session.output.report(
        {
            "text": lambda: "".join(f"{signer.line}\n" for signer in entries),
            "json": lambda: {
                "format": "fleetward.signers/1",
                "commit": head,
                "namespace": entries[0].namespaces,
                "signers": [_data(signer) for signer in entries],
            },
        }
    )
    return ExitCode.SUCCESS


def allowed_signers(people: People, now: datetime, *, ledger: bool = False) -> Iterator[Signer]:
    """
    Everybody's keys, without those that *now* are compromised or have no time to count in.

    Robots approve nothing; for the *ledger* they sign like anybody.
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
    The first and the last second in which the key counts.

    ssh-keygen takes a key at the very second of valid-before, so this is the one before it is gone.
    """
    since, left_on = (holder.since, holder.departed) if isinstance(holder, Person) else (None, None)
    starts = [datetime.combine(day, time(), UTC) for day in (since, key.since) if day]
    ends = [datetime.combine(left_on, time(), UTC)] if left_on else []
    ends += [key.compromised_since] if key.compromised_since else []
    second = timedelta(seconds=1)
    lasts = [instant - second for instant in ends]
    lasts += [datetime.combine(key.until, time(23, 59, 59), UTC)] if key.until else []
    return max(starts, default=None), min(lasts, default=None)


def _skipped_addresses(people: People, *, ledger: bool) -> Iterable[str]:
    with_keys = (person for person in _key_holders(people, ledger=ledger) if person.keys)
    return sorted(
        email for person in with_keys for email in person.emails if not _PLAIN_ADDRESS.fullmatch(email)
    )


def _data(signer: Signer) -> dict[str, Any]:
    return {
        "person": signer.person,
        "principals": list(signer.emails),
        "key": signer.key,
        "validAfter": clock.format_instant(signer.after) if signer.after else None,
        "validBefore": clock.format_instant(signer.before) if signer.before else None,
    }
