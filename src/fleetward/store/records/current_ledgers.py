"""All ledgers of a tree, for the validation of a whole fleet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from fleetward.domain import layout, limits
from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.ledger import Ledger
from fleetward.store.git.tree import REGULAR, Tree, TreeEntry


def load_ledgers(
    tree: Tree, entries: Iterable[TreeEntry], config: FleetConfig
) -> tuple[dict[str, Ledger], tuple[Finding, ...], Mapping[str, bytes | int | None]]:
    """
    By gated environment its ledger, a finding for each broken one, and the contents that were read, by path.

    An environment without a ledger file has an empty one. *entries* are files of the tree, ledgers or not.
    """
    files = {item.path: item for item in entries if item.path.startswith(f"{layout.LEDGERS}/")}
    gated = [item.name for item in config.environments if item.gated]
    if not files:
        return {name: Ledger(environment=name) for name in gated}, (), {}

    regular = [
        files[file]
        for file in map(layout.ledger_file, gated)
        if file in files and files[file].mode in REGULAR
    ]
    contents: Mapping[str, bytes | int | None] = tree.read(regular, limits.LEDGER_BYTES) if regular else {}
    ledgers: dict[str, Ledger] = {}
    broken = []
    for environment in gated:
        file = layout.ledger_file(environment)
        # a folder of this name is no missing ledger: an empty one would reset every generation
        if not any(path == file or path.startswith(f"{file}/") for path in files):
            ledgers[environment] = Ledger(environment=environment)
            continue
        try:
            ledgers[environment] = _decode(contents.get(file), file)
        except FleetError as error:
            broken.append(_finding(error, file, environment))
    return ledgers, tuple(broken), contents


def _decode(content: bytes | int | None, file: str) -> Ledger:
    from fleetward.store.records.ledger import decode

    if not isinstance(content, bytes):
        raise FleetError(
            f"{file}: no regular file of at most {limits.LEDGER_BYTES} bytes",
            hint=f"put it back: git log -p -- {file}",
        )
    return decode(content, file)


def _finding(error: FleetError, file: str, environment: str) -> Finding:
    """The message of the error begins with the place, which a finding has as a field."""
    where = re.match(rf"{re.escape(file)}(?::([0-9]+))?: ", error.message)
    line = int(where[1]) if where and where[1] else 1
    return Finding(
        rule="file-unreadable",
        severity=Severity.ERROR,
        message=f"the ledger is broken: {error.message[where.end() :] if where else error.message}",
        place=Place(file=file, line=line, end_line=line),
        hint=error.hint or f"git log -p -- {file}",
        environment=environment,
    )
