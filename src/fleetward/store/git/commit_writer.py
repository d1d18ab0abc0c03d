"""A commit built by plumbing, and the branch moved to it in one step (SPEC 6.2)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from fleetward.domain.errors import BranchMoved, GitError, WriteFailed
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.commit_signature import CommitSignature
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.process import first_line
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import REGULAR, TreeEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A file to write: git's mode, and its content, or its id where git has stored it already."""

    mode: str = "100644"
    content: bytes | None = None
    id: Id | None = None


Edits = Mapping[str, Blob | None]
"""By path relative to the fleet root: the file to write, or None to remove it."""


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
def apply_lock(root: FleetRoot) -> Iterator[None]:
    """
    Wait until nobody else applies anything in this work tree; the lock ends with the process that has it.

    Errors: WriteFailed where the repository cannot be written.
    """
    # git_dir and not common_dir: linked work trees do not block one another
    path = root.repository.git_dir / "fleetward.lock"
    try:
        lock = path.open("ab")
    except OSError as error:
        raise WriteFailed(f"cannot write {str(path)!r}: {error.strerror}") from error
    with lock:
        # a lock of the kernel ends with a killed process; a lock file would stay
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_commit(
    root: FleetRoot,
    head: Id,
    edits: Edits,
    message: str,
    dated: datetime | None,
    sign: Callable[[bytes], bytes] | None = None,
    configured: CommitSignature | None = None,
) -> Id:
    """
    A commit on top of *head* with these edits, on no branch yet.

    *dated* replaces the clock as author and committer date; *sign* makes the signature of a commit's bytes, or git
    makes the one that is *configured*.
    Errors: GitError where git cannot sign.
    """
    repository = root.repository
    # built from the tree of head, so that what is staged never slips into the commit
    root_tree = repository.output("rev-parse", "--verify", f"{head}^{{tree}}").decode().strip()
    nested: _Nested = {}
    for path, blob in edits.items():
        *folders, name = (root.prefix + path).split("/")
        level = nested
        for folder in folders:
            below = level.setdefault(folder, {})
            if not isinstance(below, dict):
                raise ValueError(f"{path} lies in a file")
            level = below
        level[name] = blob
    tree = _tree(repository, root_tree, nested)
    if tree is None:
        raise ValueError("a commit without files")
    dates = (
        {} if dated is None else dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), _git_date(dated))
    )
    if configured is not None:
        return _commit_signed_by_git(repository, tree, head, message, {**dates, **configured.variables})
    # commit-tree runs no hook, and ignores commit.gpgSign
    out = repository.output("commit-tree", tree, "-p", head, stdin=message.encode(), extra=dates)
    unsigned = out.decode().strip()
    return unsigned if sign is None else _signed_commit(repository, unsigned, sign)


def _commit_signed_by_git(
    repository: Repository, tree: Id, head: Id, message: str, variables: Mapping[str, str]
) -> Id:
    answer = repository.run("commit-tree", "-S", tree, "-p", head, stdin=message.encode(), extra=variables)
    if answer.code != 0:
        reason = first_line(answer.err).removeprefix("error: ") or str(answer.code)
        raise GitError(
            f"git cannot sign the commit (commit.gpgSign): {reason}; nothing was written",
            hint="git config user.signingKey KEY, or git config commit.gpgSign false",
        )
    return answer.text


def _signed_commit(repository: Repository, commit: Id, sign: Callable[[bytes], bytes]) -> Id:
    """The same commit with its signature as the last header, where git puts it."""
    content = repository.commits([commit])[commit]
    header, _, message = content.partition(b"\n\n")
    # git looks for another header in repositories of another object format
    name = b"gpgsig" if repository.object_format == "sha1" else b"gpgsig-sha256"
    # a continuation line of a header begins with a space
    signature = sign(content).strip().replace(b"\n", b"\n ")
    signed_content = b"%b\n%b %b\n\n%b" % (header, name, signature, message)
    out = repository.output(
        "hash-object", "-w", "-t", "commit", "--no-filters", "--stdin", stdin=signed_content
    )
    return out.decode().strip()


def update_branch(
    root: FleetRoot, branch: str | None, new: Id, old: Id, reflog: str = "fleet promote"
) -> None:
    """
    Move the branch (HEAD where it is detached) from *old* to *new*.

    Errors: BranchMoved when it is not at *old*; GitError when git cannot move it.
    """
    repository = root.repository
    # without --no-deref the branch behind a symbolic HEAD would move
    name = [branch] if branch else ["--no-deref", "HEAD"]
    # the old value makes it a compare-and-swap: two promotions cannot both win
    answer = repository.run("update-ref", "-m", reflog, *name, new, old)
    if answer.code == 0:
        return
    # a locked ref fails alike, but trying again does not help there
    if repository.find_commit(branch or "HEAD") != old:
        raise BranchMoved("the branch moved while the command ran; nothing was written", hint="run it again")
    reason = answer.err.strip().splitlines()[0]
    raise GitError(f"the branch cannot be moved: {reason}", hint="remove the lock")


_Nested = dict[str, "Blob | _Nested | None"]


def _tree(repository: Repository, base: Id | None, edits: _Nested) -> Id | None:
    """The tree that *base* becomes by the edits; None when no file is left in it."""
    lines: dict[bytes, bytes] = {}
    if base is not None:
        # one level at a time: unchanged subtrees keep their ids and are not read
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
    # git stores no empty folder, and mktree would make an empty tree of it
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
            # filters are programs that the configuration names, and would change the bytes
            or repository.output("hash-object", "-w", "-t", "blob", "--no-filters", "--stdin", stdin=content)
            .decode()
            .strip()
        )
        return f"{edit.mode} blob {blob_id}"
    below = (
        old_line.split(b"\t", 1)[0].decode().split(" ")[2]
        # a file in the place of a folder is replaced, and has no tree to start from
        if old_line and old_line.startswith(b"040000")
        else None
    )
    tree = _tree(repository, below, edit)
    return f"040000 tree {tree}" if tree else None


def _git_date(moment: datetime) -> str:
    # the @ keeps git from guessing what a short number means
    return f"@{int(moment.timestamp())} +0000"


def regular_blobs(entries: Iterable[TreeEntry]) -> dict[str, Blob]:
    """The regular files by path, to be written elsewhere without reading them."""
    return {entry.path: Blob(mode=entry.mode, id=entry.id) for entry in entries if entry.mode in REGULAR}
