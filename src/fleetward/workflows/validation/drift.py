"""Where the folder of a gated environment differs from its promoted release, and how to restore it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def with_drift(findings: Iterable[Finding], root: FleetRoot, tree: Tree) -> Iterator[Finding]:
    """The same findings; those of ``unpromoted-state`` name the first file that differs."""
    for finding in findings:
        located = None
        if finding.rule == _RULE and finding.environment and finding.agent:
            located = _locate(finding, root, tree, finding.environment, finding.agent)
        yield located or finding


def _locate(finding: Finding, root: FleetRoot, tree: Tree, environment: str, agent: str) -> Finding | None:
    """The finding at the first file that differs; None if history does not show the promoted files."""
    try:
        commit = last_promotion_commit(root, records.ledger(tree, environment), agent)
    except FleetError:
        return None
    if commit is None:
        return None
    folder = layout.agent_folder(environment, agent)
    promoted, actual = _contents(root.commit_tree(commit), folder), _contents(tree, folder)
    paths = promoted.keys() | actual.keys()
    differing = sorted(path for path in paths if promoted.get(path) != actual.get(path))
    if not differing or not actual:
        return None
    first, further_count = differing[0], len(differing) - 1
    reason = "is not as it was promoted" if first in promoted else "was not promoted with it"
    more_files = f", and {further_count} more" if further_count else ""
    return replace(
        finding,
        message=f"{first.removeprefix(f'{folder}/')!r} {reason}{more_files}: {finding.message}",
        place=Place(file=first),
        hint=_restore_hint(commit, folder, differing, promoted),
    )


def _restore_hint(commit: Id, folder: str, differing: Sequence[str], promoted: Mapping[str, object]) -> str:
    if len(differing) <= 3 and all(path not in promoted for path in differing):
        return f"rm {' '.join(map(quote, differing))}"
    return restore_command(commit, folder)


def last_promotion_commit(root: FleetRoot, ledger: Ledger, agent: str) -> Id | None:
    """The commit of the agent's last promotion; None if it does not run, or if the commit is gone."""
    last = ledger.last_transition(agent)
    if last is None or last[1].to_state is None:
        return None
    entry = last[0]
    file = layout.ledger_file(ledger.environment)
    return commit_of_promotion(root, root.head(), entry.commit, file, entry.line.encode())


def restore_command(commit: Id, folder: str) -> str:
    """The command that restores *folder* from *commit*; tracked files that were added since are removed."""
    return f"git restore --source={commit[:12]} -- {quote(folder)}"


def _contents(tree: Tree, folder: str) -> Mapping[str, bytes | int | None]:
    return tree.read(tree.entries(folder), limits.AGENT_FILE_BYTES)
