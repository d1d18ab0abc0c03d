"""Which folders of agents left an environment in the commit in which another one appeared."""

from __future__ import annotations

from fleetward.domain import layout
from fleetward.domain.audit import FileStep
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.commit import read_commits
from fleetward.store.git.contents import contents
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id

_MAX_CANDIDATES = 20
"""A commit that takes more agents away is no rename of one."""

_NAMING = (layout.MANIFEST, layout.OVERRIDES)
"""The files that may name the agent."""

Blobs = dict[str, tuple[str, Id | None]]
"""By path inside the folder its mode and object id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderMove:
    """A folder that appeared in *commit*, and one of the same files that was gone in it."""

    environment: str
    old: str
    new: str
    commit: Id
    parent: Id


def folder_moves(root: FleetRoot, head: Id, environment: str, name: str) -> tuple[FolderMove, ...]:
    """The folders that may have become that of *name*: gone in the same commit, with the same other files."""
    found = _appearance(root, head, environment, name)
    if found is None:
        return ()
    commit, removed = found
    present = [old for old in sorted(removed) if not agent_blobs(root, commit, environment, old)]
    if not present or len(present) > _MAX_CANDIDATES:
        return ()
    [read] = read_commits(root.repository, [commit])
    if not read.parents or agent_blobs(root, read.parents[0], environment, name):
        return ()
    others = _others(agent_blobs(root, commit, environment, name))
    return tuple(
        FolderMove(environment=environment, old=old, new=name, commit=commit, parent=read.parents[0])
        for old in present
        if _others(agent_blobs(root, read.parents[0], environment, old)) == others
    )


def _appearance(root: FleetRoot, head: Id, environment: str, name: str) -> tuple[Id, set[str]] | None:
    """The newest commit of the first-parent line in which the agent appeared, and the agents that lost files in it."""
    folder = layout.agent_folder(environment, name)
    touching = root.history.first_parent_commits_changing(head, [folder])
    steps: dict[Id, list[FileStep]] = {}
    # one question for all of them: an indexed history answers without git
    for commit, step in root.history.changes(touching, [layout.environment_folder(environment)]):
        steps.setdefault(commit, []).append(step)
    for commit in reversed(touching):
        added = {step.path for step in steps.get(commit, ()) if step.old is None}
        files = {entry.path for entry in root.history.files(commit, [folder])}
        if files and files <= added:
            removed = (step.path.split("/") for step in steps[commit] if step.new is None)
            return commit, {parts[2] for parts in removed if len(parts) > 3 and parts[2] != name}
    return None


def agent_blobs(root: FleetRoot, commit: Id, environment: str, name: str) -> Blobs:
    """The files of an agent's folder, by path inside it."""
    folder = layout.agent_folder(environment, name)
    entries = root.history.files(commit, [folder])
    return {entry.path[len(folder) + 1 :]: (entry.mode, entry.id) for entry in entries}


def naming_texts(root: FleetRoot, commit: Id, environment: str, name: str) -> dict[str, bytes]:
    """The content of those files of an agent that may hold its name."""
    folder = layout.agent_folder(environment, name)
    files = contents(root.commit_tree(commit), folder)
    return {path: files[f"{folder}/{path}"] for path in _NAMING if f"{folder}/{path}" in files}


def _others(blobs: Blobs) -> Blobs:
    return {path: blob for path, blob in blobs.items() if path not in _NAMING} | {
        path: (blobs[path][0], None) for path in _NAMING if path in blobs
    }
