"""Where a gated folder strayed from what was promoted: the very file, and the command that puts it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from shlex import quote

from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Finding, Place
from fleetward.domain.ledger import Ledger
from fleetward.store.fleet.agents import ENVIRONMENTS
from fleetward.store.fleet.file_checks import LARGEST_FILE
from fleetward.store.git.fleet_root import Ground
from fleetward.store.git.history import promoted_by
from fleetward.store.git.repository import Id
from fleetward.store.git.tree import Tree
from fleetward.store.records import load as records
from fleetward.store.records.ledger import file_name

_RULE = "unpromoted-state"


def strayed(findings: Iterable[Finding], ground: Ground, tree: Tree) -> Iterator[Finding]:
    """The same findings; those about a folder that is not as it was promoted at the first file that is not."""
    for one in findings:
        found = None
        if one.rule == _RULE and one.environment and one.agent:
            found = _found(one, ground, tree, one.environment, one.agent)
        yield found or one


def _found(one: Finding, ground: Ground, tree: Tree, environment: str, agent: str) -> Finding | None:
    try:
        there = promoted(ground, records.ledger(tree, environment), agent)
    except FleetError:  # what cannot be told by history is told by the rule alone
        return None
    if there is None:
        return None
    folder = f"{ENVIRONMENTS}/{environment}/{agent}"
    before, now = _contents(ground.commit(there), folder), _contents(tree, folder)
    apart = sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))
    if not apart or not now:
        return None
    more = f", and {len(apart) - 1} more" if len(apart) > 1 else ""
    added = all(path not in before for path in apart)
    hint = f"rm {' '.join(map(quote, apart))}" if added and len(apart) <= 3 else restoring(there, folder)
    what = "was not promoted with it" if apart[0] not in before else "is not as it was promoted"
    message = f"{apart[0].removeprefix(f'{folder}/')!r} {what}{more}: {one.message}"
    return replace(one, message=message, place=Place(file=apart[0]), hint=hint)


def promoted(ground: Ground, ledger: Ledger, agent: str) -> Id | None:
    """The commit that brought what the ledger says runs; None where nothing does, or history has it no more."""
    last = ledger.last(agent)
    if last is None or last[1].to_state is None:
        return None
    entry = last[0]
    return promoted_by(
        ground, ground.head(), entry.commit, file_name(ledger.environment), entry.line.encode()
    )


def restoring(commit: Id, folder: str) -> str:
    """The command that makes *folder* what it was at *commit*; git removes what it knows and was not there."""
    return f"git restore --source={commit[:12]} -- {quote(folder)}"


def _contents(tree: Tree, folder: str) -> Mapping[str, bytes | int | None]:
    return tree.read(tree.entries(folder), LARGEST_FILE)
