"""Which files differ between two states of a fleet: by what git calls their contents, without reading agents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fleetward.domain.fleet import CONFIG
from fleetward.store.fleet.agents import ENVIRONMENTS, PROPOSALS
from fleetward.store.fleet.file_checks import LARGEST_FILE
from fleetward.store.fleet.load import GOVERNANCE
from fleetward.store.git.fleet_root import Ground
from fleetward.store.git.tree import REGULAR, Entry, Folder, Revision, Tree
from fleetward.workflows.comparison.revisions import Side

TOPS = (ENVIRONMENTS, PROPOSALS)
_AT_ONCE = 256
_LARGE_INDEX = 200_000
"""Bytes; about two thousand files."""
Touched = Mapping[str, frozenset[str]]
"""By path: the modes that it has at the sides that have it."""


def touched(ground: Ground, base: Tree, head: Tree) -> Touched:
    """The paths that differ, relative to the fleet root."""
    if isinstance(base, Revision) and isinstance(head, Revision):
        return _of_revisions(ground, base, head)
    one, two = _hashed(ground, base), _hashed(ground, head)
    return {
        path: frozenset(side[path][0] for side in (one, two) if path in side)
        for path in one.keys() | two.keys()
        if one.get(path) != two.get(path)
    }


def _of_revisions(ground: Ground, base: Revision, head: Revision) -> Touched:
    scope = ["--", ground.prefix.rstrip("/")] if ground.prefix else []
    asked = ("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", base.commit, head.commit)
    parts = ground.repository.need(*asked, *scope).split(b"\0")
    start = ground.prefix.encode()
    found = {}
    for meta, path in zip(parts[::2], parts[1::2], strict=False):
        modes = frozenset(meta.decode().removeprefix(":").split(" ")[:2]) - {"000000"}
        if path.startswith(start):
            found[path[len(start) :].decode("utf-8", "surrogateescape")] = modes
    return found


def _hashed(ground: Ground, tree: Tree) -> dict[str, tuple[str, str | None]]:
    """Mode and content of everything that matters; what lies in a folder is hashed as git would store it."""
    entries = tree.entries(CONFIG, GOVERNANCE, *TOPS)
    if not isinstance(tree, Folder):
        return {one.path: (one.mode, one.id) for one in entries}
    found: dict[str, tuple[str, str | None]] = {}
    for start in range(0, len(entries), _AT_ONCE):
        some = entries[start : start + _AT_ONCE]
        contents = tree.read([one for one in some if one.mode in REGULAR], LARGEST_FILE)
        found.update({one.path: (one.mode, _id(ground, one, contents.get(one.path))) for one in some})
    return found


def _id(ground: Ground, entry: Entry, content: bytes | int | None) -> str | None:
    if isinstance(content, bytes):
        return ground.repository.hashed(content)
    return f"{content} bytes" if isinstance(content, int) else entry.id


def unshown(ground: Ground, head: Side) -> int:
    """
    How many files of the work tree are not what *head* holds, where that is HEAD.

    Every file has to be read for that: a large fleet is not asked, and an index tells how large it is.
    """
    top = ground.repository.top
    if top is None or head.commit is None or head.commit != ground.repository.resolved("HEAD"):
        return 0
    index = ground.repository.git_dir / "index"
    if not index.is_file() or index.stat().st_size > _LARGE_INDEX:
        return 0
    return len(touched(ground, head.tree, ground.folder()))


def contents(tree: Tree, environment: str) -> dict[str, set[tuple[str, str, str | None]]]:
    """What the agents of an environment consist of, by name: path, mode and content of each file."""
    found: dict[str, set[tuple[str, str, str | None]]] = {}
    for entry in tree.entries(f"{ENVIRONMENTS}/{environment}"):
        name, _, rest = entry.path.split("/", 2)[2].partition("/")
        found.setdefault(name, set()).add((rest, entry.mode, entry.id))
    return found


def paths(tree: Tree, folder: str) -> Iterator[str]:
    """The files in the folders of *folder*."""
    return (entry.path for entry in tree.entries(folder) if entry.path.count("/") > 2)
