"""The work tree of a promotion: what is uncommitted in it, and how it follows the branch to a new commit."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from fleetward.domain import limits
from fleetward.domain.audit import FileStep
from fleetward.domain.errors import GitError, WriteFailed
from fleetward.domain.layout import FLEET_PATHS
from fleetward.store.git.atomic_files import PARTIAL_FILE, check_writable, write_file
from fleetward.store.git.commit import read_commits
from fleetward.store.git.conversion import checked_out_contents
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.history import file_step
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import LINK, SUBMODULE, TreeEntry, WorkTree

RECORD_TRAILER = "Fleet-Record: "
"""Before the path of each record that a commit of ``--commit`` holds."""
_TRAILERS = (b"\nFleet-Promotion: ", b"\nFleet-Proposal: ", f"\n{RECORD_TRAILER}".encode())
"""What the message of a commit has that this module brings into the work tree."""
_LIMIT = limits.LEDGER_BYTES
"""The largest file that is compared or written."""


def uncommitted_paths(root: FleetRoot, head: Id, under: Sequence[str] = FLEET_PATHS) -> tuple[str, ...]:
    """The paths that differ from *head*: staged, edited, deleted, or untracked; sorted."""
    committed = {entry.path: entry for entry in root.commit_tree(head).entries(*under)}
    staged = {entry.path: entry for entry in root.staged_tree().entries(*under)}
    work_tree = root.work_tree()
    present = {entry.path: entry for entry in work_tree.entries(*under)}
    differing = {
        path
        for path in committed.keys() | staged.keys()
        if not _same_entry(committed.get(path), staged.get(path))
    }
    differing |= committed.keys() ^ present.keys()
    shared = [present[path] for path in committed.keys() & present.keys()]
    contents = work_tree.read(shared, _LIMIT)
    for entry in shared:
        stored = committed[entry.path]
        content = _link_target(root, entry) if entry.mode == LINK else contents.get(entry.path)
        # nothing of a submodule is read here: staged as it is committed, it is clean
        if entry.mode == stored.mode == SUBMODULE:
            continue
        if (
            entry.mode != stored.mode
            or not isinstance(content, bytes)
            # by hash: git's own comparison runs filter programs that the configuration names
            or not _has_content(root, content, stored.id)
        ):
            differing.add(entry.path)
    return tuple(sorted(differing))


def _link_target(root: FleetRoot, entry: TreeEntry) -> bytes | None:
    """What git stores of a link, which is not followed."""
    try:
        return os.fsencode((root.path / entry.path).readlink())
    except OSError:
        return None


def check_work_tree(root: FleetRoot, old: Id, new: Id) -> None:
    """
    Check, before the branch moves, that the work tree can follow it from *old* to *new*.

    Errors: WriteFailed, with the path that is in the way.
    """
    # found now it is a refusal; found after the branch moved, a half-done promotion
    lock = (root.repository.index_file or root.repository.git_dir / "index").with_name("index.lock")
    if lock.exists():
        raise WriteFailed(
            "another git command is running, or was killed", hint=f"if none is running: rm {lock}"
        )
    steps = _steps(root.repository, old, new)
    top = _check_obstacles(root, steps)
    check_writable(top / step.path for step in steps)


def update_work_tree(root: FleetRoot, old: Id, new: Id) -> None:
    """
    Bring index and work tree from *old* to *new*; files that are new already stay.

    Errors: WriteFailed, with a path whose file is neither the old nor the new one.
    """
    steps = _steps(root.repository, old, new)
    # once more: the files may have changed since the check before the branch moved
    top = _check_obstacles(root, steps)
    # read before the first write: a missing object must not stop half-way
    blobs = root.repository.blobs((step.new.id for step in steps if step.new), _LIMIT)
    stored: dict[str, tuple[Id, bytes]] = {}
    for step in steps:
        if step.new:
            content = blobs[step.new.id]
            if not isinstance(content, bytes):
                raise WriteFailed(f"{step.path!r} is {content} bytes large, {_LIMIT} are allowed")
            stored[step.path] = step.new.id, content
    contents = checked_out_contents(root.repository, stored)
    for step in steps:
        _write_or_remove(top, step, contents.get(step.path))
    lines = (
        # mode 0 removes the entry (git-update-index, --index-info)
        f"{step.new.mode} {step.new.id}\t{step.path}" if step.new else f"0 {'0' * len(new)}\t{step.path}"
        for step in steps
    )
    # index last: a killed run then still shows the files as changed, and is finished later
    root.repository.update_index(b"".join(os.fsencode(line) + b"\0" for line in lines))


def finish_interrupted(root: FleetRoot, head: Id) -> bool:
    """
    Finish a promotion that was killed after the branch moved to *head* and before the work tree followed.

    False when *head* is the commit of no promotion, or other files are uncommitted, too.
    """
    [commit] = read_commits(root.repository, [head])
    # the trailer keeps somebody else's half-done work from being overwritten
    if len(commit.parents) != 1 or not any(trailer in commit.message for trailer in _TRAILERS):
        return False
    [parent] = commit.parents
    to_write = {step.path.removeprefix(root.prefix) for step in _steps(root.repository, parent, head)}
    differing = set(uncommitted_paths(root, head))
    partial_files = {path for path in differing if _is_partial_file(path, to_write)}
    # anything else that is uncommitted was not left by the killed run
    if not differing - partial_files <= to_write:
        return False
    update_work_tree(root, parent, head)
    for path in partial_files:
        (root.path / path).unlink(missing_ok=True)
    return True


def _is_partial_file(path: str, to_write: Iterable[str]) -> bool:
    """Is it a half-written file of the killed run, beside one that it had to write?"""
    match = PARTIAL_FILE.fullmatch(path)
    if match is None:
        return False
    return any(file.rpartition("/")[0] == match["folder"].rstrip("/") for file in to_write)


def _steps(repository: Repository, old: Id, new: Id) -> list[FileStep]:
    """The files that two commits of the repository hold differently; paths are git's."""
    # two trees and never the work tree, whose diff runs textconv and filter programs
    out = repository.output("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new)
    fields = iter(out.split(b"\0")[:-1])
    return [file_step(meta, next(fields)) for meta in fields]


def _check_obstacles(root: FleetRoot, steps: Iterable[FileStep]) -> Path:
    """The top of the work tree, once every path to be written is free or has the old or the new file."""
    top = root.repository.top
    if top is None:
        raise GitError("a bare repository has no work tree to write into", hint="clone it")
    # the work tree's reader refuses links on the way
    work_tree = WorkTree(repository=root.repository, root=top, prefix="")
    for step in steps:
        try:
            os.lstat(top / step.path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise WriteFailed(f"{step.path!r} stands in the way: {error.strerror}") from error
        # the id of what should be there: what git made of it at checkout is no obstacle
        expected = step.old or step.new
        entry = TreeEntry(path=step.path, mode="100644", id=expected.id if expected else None)
        content = work_tree.read([entry], _LIMIT).get(step.path)
        accepted_ids = [version.id for version in (step.old, step.new) if version]
        if not isinstance(content, bytes) or not any(
            _has_content(root, content, object_id) for object_id in accepted_ids
        ):
            hint = f"git checkout -- {shlex.quote(step.path)}, or move it away"
            raise WriteFailed(
                f"{step.path!r} stands in the way: it differs from the committed file", hint=hint
            )
    return top


def _write_or_remove(top: Path, step: FileStep, content: bytes | None) -> None:
    path = top / step.path
    try:
        if content is None:
            path.unlink(missing_ok=True)
            _remove_empty_folders(top, path.parent)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        executable = step.new is not None and step.new.mode == "100755"
        write_file(path, content, mode=0o755 if executable else 0o644)
    except OSError as error:
        hint = "make the path writable and run the same command again: it finishes the promotion"
        raise WriteFailed(
            f"committed, but {step.path!r} cannot be written: {error.strerror}", hint=hint
        ) from error


def _remove_empty_folders(top: Path, folder: Path) -> None:
    """Git knows no empty folders."""
    while folder != top:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _same_entry(first: TreeEntry | None, second: TreeEntry | None) -> bool:
    return first is not None and second is not None and (first.mode, first.id) == (second.mode, second.id)


def _has_content(root: FleetRoot, content: bytes, object_id: Id | None) -> bool:
    return root.repository.object_id(content) == object_id
