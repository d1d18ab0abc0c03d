"""One commit that holds the records of a verb and nothing else, pushed where that is asked (``--commit --push``)."""

from __future__ import annotations

from collections.abc import Mapping

from fleetward.domain.committed_records import RecordCommit
from fleetward.domain.errors import GitError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git import atomic_files, commit_writer
from fleetward.store.git.branch_commit import put_on_branch
from fleetward.store.git.commit_signature import configured_signature
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.push import PushTarget, push, push_target, upstream_remote
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.work_tree_update import RECORD_TRAILER
from fleetward.workflows.context import RunContext

_MAX_NAMES = 3
_UNFINISHED = (
    ("MERGE_HEAD", "merge"),
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
)
"""What git leaves in its folder while an operation waits for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitOptions:
    """``--commit`` and ``--push`` of a verb that writes records."""

    commit: bool = False
    push: str | None = None
    """``REMOTE`` or ``REMOTE:BRANCH``, empty for the remote of the upstream; None: no push."""


def check_committable(root: FleetRoot, options: CommitOptions) -> PushTarget | None:
    """
    Where the commit will be pushed; called before a record is made, so that a refusal costs nothing.

    Errors: UsageError for ``--push`` without ``--commit`` and on a detached HEAD; GitError where an operation of git
    waits for a person, or there is no such remote branch.
    """
    if not options.commit:
        if options.push is not None:
            raise UsageError("--push goes with --commit", hint="add --commit")
        return None
    repository = root.repository
    if repository.top is None:
        raise GitError("a bare repository has no work tree to write into", hint="clone it")
    _check_finished(repository)
    branch = repository.branch
    if branch is None:
        raise UsageError("HEAD is detached: no branch would hold the commit", hint="git switch BRANCH")
    if options.push is None:
        return None
    return push_target(repository, options.push or upstream_remote(repository, branch), branch)


def _check_finished(repository: Repository) -> None:
    """Refuse to commit in the middle of a merge or of what is like it, as git does for single files."""
    records = repository.output("ls-files", "--unmerged", "-z").split(b"\0")
    unmerged = sorted({record.split(b"\t", 1)[1].decode("utf-8", "replace") for record in records if record})
    operation = next((word for name, word in _UNFINISHED if (repository.git_dir / name).exists()), None)
    if not unmerged and operation is None:
        return
    names = ", ".join(unmerged[:_MAX_NAMES]) + (
        f" and {len(unmerged) - _MAX_NAMES} more" if len(unmerged) > _MAX_NAMES else ""
    )
    message = f"a {operation} is not finished" if operation else f"not merged: {names}"
    if operation and unmerged:
        message += f", not merged: {names}"
    hint = "git add what you resolved"
    if operation:
        hint = f"git {operation} --continue, or git {operation} --abort"
    raise GitError(f"{message}; nothing was written", hint=f"{hint}, then run it again")


def commit_records(
    run: RunContext,
    root: FleetRoot,
    files: Mapping[str, bytes],
    subject: str,
    options: CommitOptions,
    target: PushTarget | None,
) -> RecordCommit | None:
    """
    Commit *files* (new, by path below the fleet root) by git's identity and push the commit; None without ``--commit``.

    What else is staged or changed stays as it is. No hook runs. Without files only what waits here is pushed.
    Errors: BranchMoved, WriteFailed, GitError; then none of the files was written.
    """
    if not options.commit:
        return None
    with commit_writer.apply_lock(root):
        head = root.head()
        if not files:
            return _push_waiting(root, head, target)
        for path in files:
            # a link on the way would lead the write out of the fleet
            atomic_files.read_regular_file(root.path, path)
        trailers = "\n".join(f"{RECORD_TRAILER}{path}" for path in files)
        new = commit_writer.build_commit(
            root,
            head,
            {path: commit_writer.Blob(content=content) for path, content in files.items()},
            f"{subject}\n\n{trailers}\n",
            # the test clock dates the commit too: the same input gives the same bytes
            run.now if run.test_clock else None,
            configured=configured_signature(root.repository),
        )
        put_on_branch(root, new, head, target, f"fleet: {subject}")
    return RecordCommit(
        commit=new, pushed=_place(target), is_behind=target is None and _has_upstream(root.repository)
    )


def _push_waiting(root: FleetRoot, head: Id, target: PushTarget | None) -> RecordCommit:
    if target is None:
        return RecordCommit(commit=None, pushed=None)
    is_there = (
        target.tracking is not None
        and root.repository.run("merge-base", "--is-ancestor", head, target.tracking).code == 0
    )
    if not is_there:
        push(root.repository, target, head)
    return RecordCommit(commit=None, pushed=_place(target))


def _place(target: PushTarget | None) -> tuple[str, str] | None:
    return None if target is None else (target.remote, target.branch.removeprefix("refs/heads/"))


def _has_upstream(repository: Repository) -> bool:
    short = (repository.branch or "").removeprefix("refs/heads/")
    return repository.run("config", "--get", f"branch.{short}.remote").code == 0
