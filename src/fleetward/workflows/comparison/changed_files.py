"""Which files differ between two states of a fleet: by what git calls their contents, without reading agents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fleetward.domain import layout, limits
from fleetward.store.git.commit_tree import CommitTree
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.tree import REGULAR, Tree, TreeEntry, WorkTree
from fleetward.workflows.comparison.revisions import Side

AGENT_FOLDERS = (layout.ENVIRONMENTS, layout.PROPOSALS)
_BATCH = 256
_MAX_INDEX_BYTES = 200_000
"""Bytes; about two thousand files."""
ChangedFiles = Mapping[str, frozenset[str]]
"""By path: the modes that it has at the sides that have it."""


def changed_files(ground: FleetRoot, base: Tree, head: Tree) -> ChangedFiles:
    """The paths that differ, relative to the fleet root."""
    if isinstance(base, CommitTree) and isinstance(head, CommitTree):
        return _changed_between(ground, base, head)
    base_files, head_files = _file_ids(ground, base), _file_ids(ground, head)
    return {
        path: frozenset(files[path][0] for files in (base_files, head_files) if path in files)
        for path in base_files.keys() | head_files.keys()
        if base_files.get(path) != head_files.get(path)
    }


def _changed_between(ground: FleetRoot, base: CommitTree, head: CommitTree) -> ChangedFiles:
    scope = ["--", ground.prefix.rstrip("/")] if ground.prefix else []
    command = ("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", base.commit, head.commit)
    parts = ground.repository.output(*command, *scope).split(b"\0")
    start = ground.prefix.encode()
    modes_by_path = {}
    for header, path in zip(parts[::2], parts[1::2], strict=False):
        modes = frozenset(header.decode().removeprefix(":").split(" ")[:2]) - {"000000"}
        if path.startswith(start):
            modes_by_path[path[len(start) :].decode("utf-8", "surrogateescape")] = modes
    return modes_by_path


def _file_ids(ground: FleetRoot, tree: Tree) -> dict[str, tuple[str, str | None]]:
    """Mode and content of everything that matters; what lies in a folder is hashed as git would store it."""
    entries = tree.entries(layout.CONFIG, layout.GOVERNANCE, *AGENT_FOLDERS)
    if not isinstance(tree, WorkTree):
        return {entry.path: (entry.mode, entry.id) for entry in entries}
    ids: dict[str, tuple[str, str | None]] = {}
    for start in range(0, len(entries), _BATCH):
        batch = entries[start : start + _BATCH]
        contents = tree.read([entry for entry in batch if entry.mode in REGULAR], limits.AGENT_FILE_BYTES)
        ids.update(
            {
                entry.path: (entry.mode, _content_id(ground, entry, contents.get(entry.path)))
                for entry in batch
            }
        )
    return ids


def _content_id(ground: FleetRoot, entry: TreeEntry, content: bytes | int | None) -> str | None:
    if isinstance(content, bytes):
        return ground.repository.object_id(content)
    return f"{content} bytes" if isinstance(content, int) else entry.id


def count_uncommitted(ground: FleetRoot, head: Side) -> int:
    """
    How many files of the work tree are not what *head* holds, where that is HEAD.

    Every file has to be read for that: a large fleet is not asked, and an index tells how large it is.
    """
    top = ground.repository.top
    if top is None or head.commit is None or head.commit != ground.repository.find_commit("HEAD"):
        return 0
    index = ground.repository.git_dir / "index"
    if not index.is_file() or index.stat().st_size > _MAX_INDEX_BYTES:
        return 0
    return len(changed_files(ground, head.tree, ground.work_tree()))


def agent_files(tree: Tree, environment: str) -> dict[str, set[tuple[str, str, str | None]]]:
    """What the agents of an environment consist of, by name: path, mode and content of each file."""
    files: dict[str, set[tuple[str, str, str | None]]] = {}
    for entry in tree.entries(layout.environment_folder(environment)):
        name, _, path = entry.path.split("/", 2)[2].partition("/")
        files.setdefault(name, set()).add((path, entry.mode, entry.id))
    return files


def nested_files(tree: Tree, folder: str) -> Iterator[str]:
    """The files in the folders of *folder*."""
    return (entry.path for entry in tree.entries(folder) if entry.path.count("/") > 2)
