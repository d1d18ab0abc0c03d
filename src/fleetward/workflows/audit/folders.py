"""The folders of gated environments at the end of a replay, compared with their ledgers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from fleetward.domain import layout
from fleetward.domain.audit import REGULAR_MODES, Break, FirstParentCommit
from fleetward.domain.finding import Severity
from fleetward.store.fleet.file_checks import printable_path
from fleetward.store.git.contents import state_digest
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.workflows.audit.commit_files import folder_files
from fleetward.workflows.audit.replay_state import HistoryReplay, ReplayState


def final_mismatches(
    replay: HistoryReplay, state: ReplayState, last: Id, earlier: Collection[Break]
) -> Iterator[Break]:
    """Folders that are not what their ledger says, those aside of which *earlier* has an error already."""
    # an error of the folder was reported at the commit that made it
    reported = {(item.environment, item.agent) for item in earlier if item.severity is Severity.ERROR}
    for name in sorted(state.started | replay.governance.at(last).gated):
        if name not in state.started:
            yield from _never_adopted(replay.root, last, name)
        # a ledger that did not only grow says nothing about its folders
        elif name not in state.damaged:
            for item in _environment_mismatches(replay, state, last, name):
                if (name, item.agent) not in reported:
                    yield item


def malformed_trees(replay: HistoryReplay, commits: Sequence[FirstParentCommit], last: Id) -> Iterator[Break]:
    """The first file of each commit in a tree that git does not write: what it holds depends on who reads it."""
    reported: set[Id] = set()
    for commit, entry in replay.history.malformed_files((commit.id for commit in commits), last):
        if commit not in reported:
            reported.add(commit)
            yield Break(
                rule="tree-malformed",
                message=f"{printable_path(entry.path)!r}: {entry.fault}",
                commit=commit,
                file=printable_path(entry.path),
                hint=f"git fsck --strict {commit[:12]}",
            )


def _environment_mismatches(
    replay: HistoryReplay, state: ReplayState, last: Id, environment: str
) -> Iterator[Break]:
    tree = replay.root.commit_tree(last)
    entries = tree.entries(layout.environment_folder(environment))
    replay.history.repository.preload(
        entry.id for entry in entries if entry.id and entry.mode in REGULAR_MODES
    )
    ledger = state.ledgers[environment].ledger
    # the last mention wins: entries are in order
    recorded = {change.agent: change.to_state for entry in ledger.entries for change in entry.agents}
    for agent in sorted({*recorded, *_agents(replay.root, last, environment)}):
        actual = state_digest(tree, layout.agent_folder(environment, agent))
        if actual != recorded.get(agent):
            yield _mismatch(replay.root, last, environment, agent, actual, recorded.get(agent))


def _mismatch(
    root: FleetRoot, last: Id, environment: str, agent: str, actual: str | None, expected: str | None
) -> Break:
    folder = layout.agent_folder(environment, agent)
    files = sorted(folder_files(root, last, folder))
    return Break(
        rule="state-mismatch",
        message=f"{folder} holds {actual or 'nothing'}, its ledger says {expected or 'nothing runs'}",
        commit=last,
        file=f"{folder}/{layout.MANIFEST if layout.MANIFEST in files or not files else files[0]}",
        hint=f"git log --oneline -- {folder}",
        environment=environment,
        agent=agent,
    )


def _never_adopted(root: FleetRoot, last: Id, environment: str) -> Iterator[Break]:
    agents = _agents(root, last, environment)
    if agents:
        yield Break(
            rule="never-adopted",
            message=f"{environment} is gated and holds {len(agents)} agents, and has no ledger",
            commit=last,
            file=layout.manifest_file(environment, min(agents)),
            hint=f"fleet adopt --to {environment} --apply",
            environment=environment,
        )


def _agents(root: FleetRoot, commit: Id, environment: str) -> set[str]:
    entries = root.commit_tree(commit).entries(layout.environment_folder(environment))
    return {parts[2] for entry in entries if len(parts := entry.path.split("/")) > 2}
