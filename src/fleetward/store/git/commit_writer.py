"""One commit, wholly there or not at all: built beside the branch, then put under it in one swap (SPEC 6.2)."""

from __future__ import annotations

import fcntl
import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from fleetward.domain.errors import BranchMoved, GitError, WriteFailed
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.layout import FLEET_PATHS
from fleetward.store.git.atomic_files import PARTIAL_FILE, write_file
from fleetward.store.git.commit import read_commits
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import REGULAR, TreeEntry

TRAILERS = (b"\nFleet-Promotion: ", b"\nFleet-Proposal: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A file to be: git's mode, and its content or the id that it already has."""

    mode: str = "100644"
    content: bytes | None = None
    id: Id | None = None


Edits = Mapping[str, Blob | None]
"""By path relative to the fleet root: a file to put there, or None to take away what is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _FileChange:
    """A path that two commits hold differently; an id is None where it is absent. *path* is git's."""

    path: str
    old: Id | None
    new: Id | None
    mode: str


def committer_email(repository: Repository) -> str:
    """
    The e-mail address that git would write as committer.

    Errors: GitError when git does not know it.
    """
    answer = repository.run("var", "GIT_COMMITTER_IDENT")
    if answer.code != 0 or "<" not in answer.text:
        raise GitError("git does not know who you are", hint="git config user.email YOU@EXAMPLE")
    return answer.text.partition("<")[2].partition(">")[0]


@contextmanager
def apply_lock(ground: FleetRoot) -> Iterator[None]:
    """
    Wait until nobody else applies anything in this work tree; the lock ends with its process, however that ends.

    Errors: Unwritten where the repository cannot be written.
    """
    path = ground.repository.git_dir / "fleetward.lock"
    try:
        lock = path.open("ab")
    except OSError as error:
        raise WriteFailed(f"cannot write {str(path)!r}: {error.strerror}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def uncommitted_paths(ground: FleetRoot, head: Id, under: Sequence[str] = FLEET_PATHS) -> tuple[str, ...]:
    """The paths of the fleet that are not what *head* holds: staged, edited, missing, or not committed yet."""
    committed = {entry.path: entry for entry in ground.commit_tree(head).entries(*under)}
    staged = {entry.path: entry for entry in ground.staged_tree().entries(*under)}
    folder = ground.work_tree()
    present = {entry.path: entry for entry in folder.entries(*under)}
    differing = {
        path
        for path in committed.keys() | staged.keys()
        if not _same_entry(committed.get(path), staged.get(path))
    }
    differing |= committed.keys() ^ present.keys()
    shared = [present[path] for path in committed.keys() & present.keys()]
    contents = folder.read(shared, 1 << 40)
    for entry in shared:
        stored = committed[entry.path]
        content = contents.get(entry.path)
        if (
            entry.mode != stored.mode
            or not isinstance(content, bytes)
            or not _has_content(ground, content, stored.id)
        ):
            differing.add(entry.path)
    return tuple(sorted(differing))


def build_commit(
    ground: FleetRoot,
    head: Id,
    edits: Edits,
    message: str,
    dated: datetime | None,
    sign: Callable[[bytes], bytes] | None = None,
) -> Id:
    """
    A commit on top of *head* with these edits, which no branch knows yet.

    *dated* stands in for the clock as author and committer date; *sign* makes the signature of a commit's bytes.
    """
    repository = ground.repository
    root = repository.output("rev-parse", "--verify", f"{head}^{{tree}}").decode().strip()
    nested: _Nested = {}
    for path, blob in edits.items():
        *folders, name = (ground.prefix + path).split("/")
        level = nested
        for folder in folders:
            below = level.setdefault(folder, {})
            if not isinstance(below, dict):
                raise ValueError(f"{path} lies in a file")
            level = below
        level[name] = blob
    tree = _tree(repository, root, nested)
    if tree is None:
        raise ValueError("a commit without files")
    dates = (
        {} if dated is None else dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), _git_date(dated))
    )
    out = repository.output("commit-tree", tree, "-p", head, stdin=message.encode(), extra=dates)
    unsigned = out.decode().strip()
    return unsigned if sign is None else _signed_commit(repository, unsigned, sign)


def _signed_commit(repository: Repository, commit: Id, sign: Callable[[bytes], bytes]) -> Id:
    """The same commit with its signature as the last header, which is where git puts and looks for it."""
    content = repository.commits([commit])[commit]
    header, _, message = content.partition(b"\n\n")
    name = b"gpgsig" if repository.object_format == "sha1" else b"gpgsig-sha256"
    signature = sign(content).strip().replace(b"\n", b"\n ")
    signed_content = b"%b\n%b %b\n\n%b" % (header, name, signature, message)
    out = repository.output(
        "hash-object", "-w", "-t", "commit", "--no-filters", "--stdin", stdin=signed_content
    )
    return out.decode().strip()


def update_branch(ground: FleetRoot, branch: str | None, new: Id, old: Id) -> None:
    """
    Put *new* under the branch (HEAD where it is detached) if it still is at *old*.

    Errors: BranchMoved when it is not; GitError when something stands in the way.
    """
    repository = ground.repository
    name = [branch] if branch else ["--no-deref", "HEAD"]
    answer = repository.run("update-ref", "-m", "fleet promote", *name, new, old)
    if answer.code == 0:
        return
    if repository.find_commit(branch or "HEAD") != old:
        raise BranchMoved("the branch moved while this was decided; nothing was written", hint="run it again")
    raise GitError(
        f"the branch cannot be moved: {answer.err.strip().splitlines()[0]}", hint="remove the lock"
    )


def push(ground: FleetRoot, remote: str, branch: str, new: Id) -> None:
    """
    Push *new* as *branch* without force.

    Errors: BranchMoved when the remote branch is elsewhere; GitError when it cannot be reached.
    """
    if remote.startswith("-") or not remote:
        raise GitError(f"{remote!r} is not the name of a remote")
    answer = ground.repository.run("push", "--quiet", "--porcelain", remote, f"{new}:{branch}")
    if answer.code == 0:
        return
    output = answer.err + answer.out.decode("utf-8", "replace")
    if "rejected" in output or "fetch first" in output or "cannot lock ref" in output:
        # with commits of one's own no fast-forward is left, and the branch need not follow that remote
        short = branch.removeprefix("refs/heads/")
        pull = shlex.join(["git", "pull", "--rebase", remote, short])
        raise BranchMoved("the remote branch moved; nothing was written", hint=pull)
    raise GitError(
        f"cannot push to {remote!r}: {output.strip().splitlines()[0] if output.strip() else 'no answer'}"
    )


def check_work_tree(ground: FleetRoot, old: Id, new: Id) -> None:
    """
    Refuse before anything moves, where the work tree could not be brought along.

    Errors: Unwritten, naming what stands in the way.
    """
    lock = (ground.repository.index_file or ground.repository.git_dir / "index").with_name("index.lock")
    if lock.exists():
        raise WriteFailed("another git command is at work, or was killed", hint=f"when none runs: rm {lock}")
    _check_obstacles(ground, _file_changes(ground.repository, old, new))


def update_work_tree(ground: FleetRoot, old: Id, new: Id) -> None:
    """
    Make index and work tree follow the branch from *old* to *new*; what already followed stays.

    Errors: Unwritten, naming a file that is neither the old nor the new one.
    """
    changes = _file_changes(ground.repository, old, new)
    top = _check_obstacles(ground, changes)
    contents = ground.repository.blobs((change.new for change in changes if change.new), 1 << 40)
    for change in changes:
        content = contents[change.new] if change.new else None
        _write_or_remove(top, change, content if isinstance(content, bytes) else None)
    lines = (
        f"{change.mode} {change.new}\t{change.path}" if change.new else f"0 {'0' * len(new)}\t{change.path}"
        for change in changes
    )
    ground.repository.update_index(b"".join(os.fsencode(line) + b"\0" for line in lines))


def finish_interrupted(ground: FleetRoot, head: Id) -> bool:
    """
    End what a killed promotion left: the branch has its commit, the work tree does not follow yet.

    False when *head* is no such commit, or the files tell of something else.
    """
    [commit] = read_commits(ground.repository, [head])
    if len(commit.parents) != 1 or not any(item in commit.message for item in TRAILERS):
        return False
    explained = {
        item.path.removeprefix(ground.prefix)
        for item in _file_changes(ground.repository, commit.parents[0], head)
    }
    differing = set(uncommitted_paths(ground, head))
    parts = {path for path in differing if _is_partial_file(path, explained)}
    if not differing - parts <= explained:
        return False
    update_work_tree(ground, commit.parents[0], head)
    for path in parts:
        (ground.path / path).unlink(missing_ok=True)
    return True


def _is_partial_file(path: str, explained: Iterable[str]) -> bool:
    """Is it a file that the killed run had begun, beside one that it had to write?"""
    part = PARTIAL_FILE.fullmatch(path)
    return part is not None and any(
        written.rpartition("/")[0] == part["folder"].rstrip("/") for written in explained
    )


_Nested = dict[str, "Blob | _Nested | None"]


def _tree(repository: Repository, base: Id | None, edits: _Nested) -> Id | None:
    """The tree that *base* becomes; None when nothing is left in it."""
    lines: dict[bytes, bytes] = {}
    if base is not None:
        for record in repository.output("ls-tree", "-z", base).split(b"\0"):
            if record:
                lines[record.split(b"\t", 1)[1]] = record
    for name, edit in edits.items():
        raw = os.fsencode(name)
        line = _tree_line(repository, edit, lines.get(raw))
        if line is None:
            lines.pop(raw, None)
        else:
            lines[raw] = line.encode() + b"\t" + raw
    if not lines:
        return None
    out = repository.output("mktree", "-z", stdin=b"".join(line + b"\0" for line in lines.values()))
    return out.decode().strip()


def _tree_line(repository: Repository, edit: Blob | _Nested | None, old_line: bytes | None) -> str | None:
    if edit is None:
        return None
    if isinstance(edit, Blob):
        content = edit.content or b""
        blob_id = (
            edit.id
            or repository.output("hash-object", "-w", "-t", "blob", "--no-filters", "--stdin", stdin=content)
            .decode()
            .strip()
        )
        return f"{edit.mode} blob {blob_id}"
    below = (
        old_line.split(b"\t", 1)[0].decode().split(" ")[2]
        if old_line and old_line.startswith(b"040000")
        else None
    )
    tree = _tree(repository, below, edit)
    return f"040000 tree {tree}" if tree else None


def _file_changes(repository: Repository, old: Id, new: Id) -> tuple[_FileChange, ...]:
    out = repository.output("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new)
    fields = out.split(b"\0")[:-1]
    changes = []
    for meta, path in zip(fields[::2], fields[1::2], strict=True):
        _, mode, before, after, _ = meta.decode().split(" ")
        changes.append(
            _FileChange(path=os.fsdecode(path), old=_present_id(before), new=_present_id(after), mode=mode)
        )
    return tuple(changes)


def _present_id(object_id: Id) -> Id | None:
    return object_id if object_id.strip("0") else None


def _check_obstacles(ground: FleetRoot, changes: Iterable[_FileChange]) -> Path:
    """The top of the work tree, after a look at every file that will be written."""
    top = ground.repository.top
    if top is None:
        raise GitError("a bare repository has no work tree to write into", hint="clone it")
    folder = type(ground.work_tree())(repository=ground.repository, root=top, prefix="")
    for change in changes:
        try:
            os.lstat(top / change.path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise WriteFailed(f"{change.path!r} stands in the way: {error.strerror}") from error
        entry = TreeEntry(path=change.path, mode="100644")
        content = folder.read([entry], 1 << 40).get(change.path)
        accepted_ids = [object_id for object_id in (change.old, change.new) if object_id]
        if not isinstance(content, bytes) or not any(
            _has_content(ground, content, object_id) for object_id in accepted_ids
        ):
            hint = f"git checkout -- {change.path}, or move it away"
            raise WriteFailed(f"{change.path!r} stands in the way: it is not what was committed", hint=hint)
    return top


def _write_or_remove(top: Path, change: _FileChange, content: bytes | None) -> None:
    path = top / change.path
    try:
        if content is None:
            path.unlink(missing_ok=True)
            _remove_empty_folders(top, path.parent)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, content, mode=0o755 if change.mode == "100755" else 0o644)
    except OSError as error:
        hint = "free the way, then run the same command again: it finishes"
        raise WriteFailed(
            f"committed, but {change.path!r} cannot be written: {error.strerror}", hint=hint
        ) from error


def _remove_empty_folders(top: Path, folder: Path) -> None:
    """Folders that became empty go too, as git would have it."""
    while folder != top:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _same_entry(first: TreeEntry | None, second: TreeEntry | None) -> bool:
    return first is not None and second is not None and (first.mode, first.id) == (second.mode, second.id)


def _has_content(ground: FleetRoot, content: bytes, object_id: Id | None) -> bool:
    """Is this the stored content, or the same with the line ends of another system?"""
    hashed = ground.repository.object_id
    return hashed(content) == object_id or (
        b"\r\n" in content and hashed(content.replace(b"\r\n", b"\n")) == object_id
    )


def _git_date(moment: datetime) -> str:
    return f"@{int(moment.timestamp())} +0000"


def regular_blobs(entries: Iterable[TreeEntry]) -> dict[str, Blob]:
    """Stored files by path, as they can be put elsewhere without reading them."""
    return {entry.path: Blob(mode=entry.mode, id=entry.id) for entry in entries if entry.mode in REGULAR}
