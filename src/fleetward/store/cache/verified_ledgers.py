"""
The ledgers that were verified last, in a sealed file inside the git directory.

A branch cannot bring it, and whoever else writes into the repository cannot seal it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Any

from fleetward import __version__
from fleetward.domain import limits
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.cache.sealed_file import read_sealed, user_key, write_sealed

_FORMAT = "fleetward.verified-ledgers/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLedgers:
    """The commit up to which every entry was verified, and by environment the object id of its ledger there."""

    head: str
    ledgers: Mapping[str, str | None]
    """None: the environment had no ledger."""
    refused: frozenset[str] = field(default=frozenset())
    """Digests of lines that were refused and taken out again: on none of them was anything decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLedgersFile:
    """The file of one fleet, with the key that seals it."""

    path: Path
    key: bytes
    clock: str
    """Of tests, or none: what a test clock verified counts under it alone."""

    def read(self) -> VerifiedLedgers | None:
        """What was verified last; None where nothing was, or the file is somebody else's or another version's."""
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            body = read_sealed(self.path, self.key, limits.CACHE_BYTES)
            data: dict[str, Any] = json.loads(body) if body else {}
            if data and all(data[name] == value for name, value in self._identity().items()):
                return VerifiedLedgers(
                    head=data["head"], ledgers=dict(data["ledgers"]), refused=frozenset(data["refused"])
                )
        return None

    def write(self, verified: VerifiedLedgers) -> None:
        """Remember *verified*; without effect where the file cannot be written."""
        data = {
            **self._identity(),
            "head": verified.head,
            "ledgers": dict(verified.ledgers),
            "refused": sorted(verified.refused),
        }
        write_sealed(self.path, self.key, json.dumps(data).encode())

    def _identity(self) -> dict[str, str]:
        # another version may find more
        return {"format": _FORMAT, "tool": __version__, "clock": self.clock}


def verified_ledgers_file(
    common_dir: Path, prefix: str, environment: Mapping[str, str], *, test_clock: bool
) -> VerifiedLedgersFile | None:
    """The file of the fleet at *prefix*; None where the user has no key, and so nothing is remembered."""
    key = None if environment.get("FLEETWARD_NO_CACHE") else user_key(environment)
    if key is None:
        return None
    # a repository may hold several fleets, each with its own file
    name = hashlib.sha256(os.fsencode(prefix)).hexdigest()[:12]
    path = common_dir / "fleetward" / f"ledgers-{name}.json"
    return VerifiedLedgersFile(path=path, key=key, clock="test" if test_clock else "real")
