"""
The keys of cached results: digests of all that a result depends on.

A result is found again only if every file, its mode, the day and the governance are the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime

from fleetward.domain.attestation import Attestation
from fleetward.domain.digest import of_parts
from fleetward.domain.fleet import AgentKey
from fleetward.store.fleet.file_checks import Contents
from fleetward.store.fleet.load import FleetOutline
from fleetward.store.git.tree import TreeEntry


def governance_key(fleet: FleetOutline, now: datetime) -> bytes:
    """What every agent depends on: the day (UTC), configuration and governance."""
    # waivers, keys and memberships begin and end with a day in UTC
    day = now.astimezone(UTC).date().isoformat()
    # the mode, too: a link in the place of a file is another finding
    modes = [f"{entry.path}\0{entry.mode}" for entry in fleet.governance_entries]
    files = [part for path, content in sorted(fleet.contents.items()) for part in (path.encode(), content)]
    return of_parts(day.encode(), *map(os.fsencode, modes), *files).encode()


def agent_key(
    governance: bytes,
    key: AgentKey,
    entries: Iterable[TreeEntry],
    contents: Contents,
    attestations: Iterable[Attestation] = (),
) -> str:
    """What the check of one agent depends on: governance, attestations, the files of its folder and its proposal."""
    parts = [governance, *map(os.fsencode, key)]
    # whether one counts depends on history, so its content alone is no key
    attested = [
        f"{item.file}\0{item.sha256}\0{item.assurance}\0{item.fault}".encode() for item in attestations
    ]
    parts.append(of_parts(*attested).encode())
    for entry in entries:
        parts += [os.fsencode(entry.path), entry.mode.encode(), _content_part(contents.get(entry.path))]
    return of_parts(*parts)


def fleet_key(
    governance: bytes, fleet: FleetOutline, other_entries: Iterable[TreeEntry], agent_keys: Iterable[str]
) -> str:
    """What the findings of the whole fleet depend on: ledgers, all agents, and files beside them."""
    ledgers = [
        f"{path}\0".encode() + _content_part(content)
        for path, content in sorted(fleet.ledger_contents.items())
    ]
    paths = [f"{entry.mode} {entry.path}" for entry in other_entries]
    return of_parts(
        governance,
        # a digest each: two lists side by side could be cut elsewhere
        of_parts(*ledgers).encode(),
        of_parts(*map(os.fsencode, paths)).encode(),
        *map(str.encode, agent_keys),
    )


def _content_part(content: bytes | int | None) -> bytes:
    """The content; for a file that was not read its size or None, which no content equals."""
    return b"=" + content if isinstance(content, bytes) else repr(content).encode()
