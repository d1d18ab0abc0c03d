"""Where a gated folder strayed from what was promoted: the very file, and the command that puts it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from shlex import quote

from fleetward.domain import layout, limits
from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Finding, Place
from fleetward.domain.ledger import Ledger
from fleetward.store.git.file_history import commit_of_promotion
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.store.git.tree import Tree
from fleetward.store.records import load as records

_RULE = "unpromoted-state"


def with_drift(findings: Iterable[Finding], ground: FleetRoot, tree: Tree) -> Iterator[Finding]:
    """The same findings; those about a folder that is not as it was promoted at the first file that is not."""
    for finding in findings:
        explained = None
        if finding.rule == _RULE and finding.environment and finding.agent:
            explained = _drift_finding(finding, ground, tree, finding.environment, finding.agent)
        yield explained or finding


def _drift_finding(
    finding: Finding, ground: FleetRoot, tree: Tree, environment: str, agent: str
) -> Finding | None:
    try:
        commit = last_promotion_commit(ground, records.ledger(tree, environment), agent)
    except FleetError:  # what cannot be told by history is told by the rule alone
        return None
    if commit is None:
        return None
    folder = layout.agent_folder(environment, agent)
    before, now = _contents(ground.commit_tree(commit), folder), _contents(tree, folder)
    differing = sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))
    if not differing or not now:
        return None
    count = f", and {len(differing) - 1} more" if len(differing) > 1 else ""
    added = all(path not in before for path in differing)
    hint = (
        f"rm {' '.join(map(quote, differing))}"
        if added and len(differing) <= 3
        else restore_command(commit, folder)
    )
    reason = "was not promoted with it" if differing[0] not in before else "is not as it was promoted"
    message = f"{differing[0].removeprefix(f'{folder}/')!r} {reason}{count}: {finding.message}"
    return replace(finding, message=message, place=Place(file=differing[0]), hint=hint)


def last_promotion_commit(ground: FleetRoot, ledger: Ledger, agent: str) -> Id | None:
    """The commit that brought what the ledger says runs; None where nothing does, or history has it no more."""
    last = ledger.last_transition(agent)
    if last is None or last[1].to_state is None:
        return None
    entry = last[0]
    return commit_of_promotion(
        ground, ground.head(), entry.commit, layout.ledger_file(ledger.environment), entry.line.encode()
    )


def restore_command(commit: Id, folder: str) -> str:
    """The command that makes *folder* what it was at *commit*; git removes what it knows and was not there."""
    return f"git restore --source={commit[:12]} -- {quote(folder)}"


def _contents(tree: Tree, folder: str) -> Mapping[str, bytes | int | None]:
    return tree.read(tree.entries(folder), limits.AGENT_FILE_BYTES)
