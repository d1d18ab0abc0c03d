"""``--rebase``: take promotions that were not pushed off, so that they can be made anew upon what others pushed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from fleetward.domain.errors import GitError, UsageError
from fleetward.store.git.commit import Commit, read_commits
from fleetward.store.git.commit_writer import update_branch
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.repository import Id
from fleetward.store.git.work_tree_update import check_work_tree, update_work_tree
from fleetward.workflows.context import RunContext

_PROMOTION = re.compile(rb"(?m)^Fleet-Promotion: (\S+)/(\S+) ")


def take_off_unpushed(run: RunContext, agents: Collection[str], to: str) -> Id | None:
    """
    Move branch and work tree to the upstream of the branch, where all that it lacks are promotions of *agents*.

    The upstream's commit; None where the upstream has nothing that is not here.
    Errors: GitError without an upstream, UsageError where other commits or agents are among what it lacks.
    """
    root = find_fleet_root(run.folder, run.environment)
    repository, head, branch = root.repository, root.head(), root.repository.branch
    short = (branch or "").removeprefix("refs/heads/")
    upstream = repository.find_commit(f"{short}@{{upstream}}") if short else None
    if upstream is None:
        raise GitError("the branch has no upstream to begin anew from", hint="git branch -u origin/main")
    if repository.run("merge-base", "--is-ancestor", upstream, head).code == 0:
        return None
    for commit in _unpushed(root, upstream, head):
        _check_promotion(commit, agents, to)
    check_work_tree(root, head, upstream)
    update_branch(root, branch, upstream, head)
    update_work_tree(root, head, upstream)
    return upstream


def _unpushed(root: FleetRoot, upstream: Id, head: Id) -> Iterable[Commit]:
    out = root.repository.output("rev-list", head, f"^{upstream}").decode()
    return read_commits(root.repository, out.split())


def _check_promotion(commit: Commit, agents: Collection[str], to: str) -> None:
    promoted = [(env.decode(), name.decode()) for env, name in _PROMOTION.findall(commit.message)]
    if not promoted or len(commit.parents) != 1:
        raise UsageError(
            f"commit {commit.id[:12]} was not pushed either, and is no promotion",
            hint=f"git reset --keep {commit.id[:12]} && git pull --rebase, then promote again",
        )
    others = [f"{env}/{name}" for env, name in promoted if env != to or name not in agents]
    if others:
        raise UsageError(
            f"commit {commit.id[:12]}, which was not pushed, promotes {', '.join(others)}, too",
            hint="name all of its agents: they are promoted anew together",
        )
