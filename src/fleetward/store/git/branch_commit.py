"""A built commit onto the branch, and the work tree after it; pushed first where that is asked."""

from __future__ import annotations

from fleetward.domain.errors import BranchMoved, GitError
from fleetward.store.git import commit_writer, work_tree_update
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.push import PushTarget, push
from fleetward.store.git.repository import Id


def put_on_branch(
    root: FleetRoot, new: Id, old: Id, target: PushTarget | None = None, reflog: str = "fleet promote"
) -> None:
    """
    Push *new* to *target*, move the branch from *old* to it in one compare-and-swap, then update the work tree.

    Errors: BranchMoved, WriteFailed, GitError; before the push and before the branch moves nothing has changed.
    """
    # local files are checked before the push: after it there is no way back
    work_tree_update.check_work_tree(root, old, new)
    if target is not None:
        # push first: a refused push has changed nothing here (SPEC 6.2)
        push(root.repository, target, new)
    try:
        # compare-and-swap with the old head: a commit made meanwhile is never lost
        commit_writer.update_branch(root, root.repository.branch, new, old, reflog)
    except BranchMoved as error:
        if target is None:
            raise
        message = f"pushed to {target.name} as {new[:12]}, but the branch here moved meanwhile"
        raise GitError(message, hint="git pull --rebase") from error
    work_tree_update.update_work_tree(root, old, new)
