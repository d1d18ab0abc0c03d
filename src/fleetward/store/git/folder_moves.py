"""Which folders of agents left an environment in the commit in which another one appeared."""

from __future__ import annotations

from fleetward.domain import layout
from fleetward.domain.fast_dataclass import dataclass
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


def appearance(root: FleetRoot, head: Id, folder: str) -> tuple[Id, Id] | None:
    """The commit of the first-parent line in which *folder* appeared for the last time, and its parent."""
    for commit in reversed(root.history.first_parent_commits_changing(head, [folder])):
        parent = root.repository.find_commit(f"{commit}^1")
        if parent is not None and not root.history.files(parent, [folder]):
            return (commit, parent) if root.history.files(commit, [folder]) else None
    return None


def folder_moves(root: FleetRoot, head: Id, environment: str, name: str) -> tuple[FolderMove, ...]:
    """The folders that may have become that of *name*: gone in the same commit, with the same other files."""
    moved = appearance(root, head, layout.agent_folder(environment, name))
    if moved is None:
        return ()
    commit, parent = moved
    names = _removed_agents(root, commit, parent, environment)
    if len(names) > _MAX_CANDIDATES:
        return ()
    present = agent_blobs(root, commit, environment, name)
    return tuple(
        FolderMove(environment=environment, old=old, new=name, commit=commit, parent=parent)
        for old in names
        if _others(agent_blobs(root, parent, environment, old)) == _others(present)
    )


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


def _removed_agents(root: FleetRoot, commit: Id, parent: Id, environment: str) -> list[str]:
    """The agents of the environment that *parent* has and *commit* lacks."""
    folder = root.prefix + layout.environment_folder(environment)
    command = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--diff-filter=D", parent, commit)
    start = f"{folder}/".encode()
    paths = root.repository.output(*command, "--", folder).split(b"\0")
    names = {path[len(start) :].partition(b"/")[0] for path in paths if path.startswith(start)}
    decoded = sorted(name.decode("utf-8", "surrogateescape") for name in names)
    return [
        name for name in decoded if not root.history.files(commit, [layout.agent_folder(environment, name)])
    ]
