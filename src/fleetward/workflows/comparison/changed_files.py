"""Which files differ between two trees of a fleet, by git object ids: agents are not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fleetward.domain import layout, limits
from fleetward.store.git.commit_tree import CommitTree
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.tree import REGULAR, Tree, TreeEntry, WorkTree
from fleetward.store.git.tree_faults import tree_faults
from fleetward.workflows.comparison.revisions import Side

AGENT_FOLDERS = (layout.ENVIRONMENTS, layout.PROPOSALS)
_BATCH = 256
"""Files of the work tree in memory at a time."""
_MAX_INDEX_BYTES = 200_000
"""The index of about two thousand files."""
_TREE = frozenset({"040000"})
ChangedFiles = Mapping[str, frozenset[str]]
"""By path, relative to the fleet root, the modes of the file at the sides that have it."""


def changed_files(root: FleetRoot, base: Tree, head: Tree) -> ChangedFiles:
    """The files that differ in content or mode."""
    if isinstance(base, CommitTree) and isinstance(head, CommitTree):
        # commits: one diff-tree, no file is read (ADR 0002)
        return _changed_between(root, base, head)
    base_files, head_files = _file_ids(root, base), _file_ids(root, head)
    return {
        path: frozenset(files[path][0] for files in (base_files, head_files) if path in files)
        for path in base_files.keys() | head_files.keys()
        if base_files.get(path) != head_files.get(path)
    }


def _changed_between(root: FleetRoot, base: CommitTree, head: CommitTree) -> ChangedFiles:
    return {path: modes for path, modes, _ in _changed_objects(root, base, head) if modes != _TREE}


def _changed_objects(
    root: FleetRoot, base: CommitTree, head: CommitTree
) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    """The path, the modes and the ids of every file and folder that differs; git's answer is kept."""
    scope = ["--", root.prefix.rstrip("/")] if root.prefix else []
    # --no-renames: a rename guess would pair unrelated agents (SPEC 5)
    command = (
        "diff-tree",
        "-r",
        "-t",
        "-z",
        "--raw",
        "--no-abbrev",
        "--no-renames",
        base.commit,
        head.commit,
    )
    parts = root.repository.output(*command, *scope).split(b"\0")
    start = root.prefix.encode()
    for header, path in zip(parts[::2], parts[1::2], strict=False):
        old_mode, new_mode, old, new, _ = header.decode().removeprefix(":").split(" ")
        # 000000 is git's mode of an absent file
        sides = {(mode, id_) for mode, id_ in ((old_mode, old), (new_mode, new)) if mode != "000000"}
        if path.startswith(start):
            # not UTF-8 is possible: surrogates keep the path instead of failing
            inside = path[len(start) :].decode("utf-8", "surrogateescape")
            yield inside, frozenset(mode for mode, _ in sides), frozenset(id_ for _, id_ in sides)


def malformed_folders(root: FleetRoot, base: Tree, head: Tree) -> Mapping[str, str]:
    """
    By folder why git refuses its tree, where that is all that differs: the files in it are the same.

    Folders with files that differ are read, and refused there.
    """
    if not isinstance(base, CommitTree) or not isinstance(head, CommitTree):
        return {}
    objects = list(_changed_objects(root, base, head))
    with_files = {folder for path, modes, _ in objects if modes != _TREE for folder in _folders_above(path)}
    odd = {path: ids for path, modes, ids in objects if modes == _TREE and path not in with_files}
    # trees of git itself differ only where a file does: nothing is read for them
    faults = tree_faults(root.repository, sorted({tree for ids in odd.values() for tree in ids}))
    return {
        path: next(faults[tree] for tree in sorted(ids) if tree in faults)
        for path, ids in odd.items()
        if ids & faults.keys()
    }


def _folders_above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _file_ids(root: FleetRoot, tree: Tree) -> dict[str, tuple[str, str | None]]:
    """Mode and object id by path; files of the work tree are hashed as git would store them."""
    entries = tree.entries(layout.CONFIG, layout.GOVERNANCE, *AGENT_FOLDERS)
    if not isinstance(tree, WorkTree):
        return {entry.path: (entry.mode, entry.id) for entry in entries}
    ids: dict[str, tuple[str, str | None]] = {}
    # in batches: contents of a whole work tree would not fit into memory
    for start in range(0, len(entries), _BATCH):
        batch = entries[start : start + _BATCH]
        contents = tree.read([entry for entry in batch if entry.mode in REGULAR], limits.AGENT_FILE_BYTES)
        ids.update(
            {entry.path: (entry.mode, _content_id(root, entry, contents.get(entry.path))) for entry in batch}
        )
    return ids


def _content_id(root: FleetRoot, entry: TreeEntry, content: bytes | int | None) -> str | None:
    if isinstance(content, bytes):
        return root.repository.object_id(content)
    # too large to read: its size still shows a difference
    return f"{content} bytes" if isinstance(content, int) else entry.id


def count_uncommitted(root: FleetRoot, head: Side) -> int:
    """
    How many files of the work tree differ from *head*, if that is HEAD.

    This reads every file, so a large fleet (by the size of its index) counts as 0.
    """
    top = root.repository.top
    # another revision says nothing about uncommitted work
    if top is None or head.commit is None or head.commit != root.repository.find_commit("HEAD"):
        return 0
    index = root.repository.git_dir / "index"
    # the hint is a courtesy: hashing a large work tree would cost more than the diff
    if not index.is_file() or index.stat().st_size > _MAX_INDEX_BYTES:
        return 0
    return len(changed_files(root, head.tree, root.work_tree()))


def agent_files(tree: Tree, environment: str) -> dict[str, set[tuple[str, str, str | None]]]:
    """By name of each agent of an environment its files: path in the folder, mode and object id."""
    files: dict[str, set[tuple[str, str, str | None]]] = {}
    for entry in tree.entries(layout.environment_folder(environment)):
        name, _, path = entry.path.split("/", 2)[2].partition("/")
        files.setdefault(name, set()).add((path, entry.mode, entry.id))
    return files


def nested_files(tree: Tree, folder: str) -> Iterator[str]:
    """The files below the subfolders of *folder*."""
    return (entry.path for entry in tree.entries(folder) if entry.path.count("/") > 2)
