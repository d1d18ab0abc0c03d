"""The two sides of a comparison: as named, else as the CI says, else the default branch of the remote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

from fleetward.domain import limits
from fleetward.domain.errors import GitError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import Tree, TreeEntry

# by which a CI names the branch that a change goes into
_TARGET_BRANCHES = (
    *("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
    # Azure Pipelines, Jenkins, Bitbucket Pipelines
    *("SYSTEM_PULLREQUEST_TARGETBRANCH", "CHANGE_TARGET", "BITBUCKET_PR_DESTINATION_BRANCH"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison: its name, its commit if it has one, and its files."""

    name: str
    commit: Id | None
    tree: Tree

    @property
    def label(self) -> tuple[str, str]:
        """The name and the commit; the name again if there is no commit."""
        return self.name, self.commit or self.name


class EmptyTree:
    """A tree without files, before the first commit."""

    def entries(self, *_under: str) -> tuple[TreeEntry, ...]:
        """No entries."""
        return ()

    def read(self, _entries: Iterable[TreeEntry], _limit: int) -> Mapping[str, bytes | int | None]:
        """No contents."""
        return {}


_EMPTY_FLEET = Side(name="nothing", commit=None, tree=EmptyTree())


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The branch or commit that a change goes into."""

    name: str
    exact: Id | None = None
    """The base itself; None to take the merge base."""
    fetch: str = ""
    """The command that fetches it."""


def resolve_environments(root: FleetRoot, env: str, revisions: Sequence[str]) -> tuple[Side, Side]:
    """
    Both sides for two environments ``A..B`` of one commit, HEAD by default.

    Errors: UsageError for other texts, and for more than one revision.
    """
    first, _, second = env.partition("..")
    if not first or not second or len(revisions) > 1:
        raise UsageError(
            f"--env {env}: two environments and at most one revision", hint="--env staging..production"
        )
    at = _side_at(root, revisions[0] if revisions else "HEAD")
    return replace(at, name=f"{first} at {at.name}"), replace(at, name=f"{second} at {at.name}")


def resolve_head(
    root: FleetRoot, revisions: Sequence[str], *, staged: bool, worktree: bool
) -> tuple[Side, Side]:
    """HEAD, or an empty tree before the first commit, and the index or the work tree."""
    if revisions or (staged and worktree):
        raise UsageError(
            "--staged and --worktree exclude each other, and take no revisions",
            hint="leave the revisions out",
        )
    if root.repository.top is None:
        raise GitError("a bare repository has neither index nor work tree", hint="fleet diff HEAD~1..HEAD")
    after = Side(name="index", commit=None, tree=root.staged_tree())
    if worktree:
        after = Side(name="work tree", commit=None, tree=root.work_tree())
    head = root.repository.find_commit("HEAD")
    # before the first commit there is only an empty tree to compare with
    if head is None:
        return _EMPTY_FLEET, after
    return Side(name="HEAD", commit=head, tree=root.commit_tree(head)), after


def resolve_revisions(
    root: FleetRoot, revisions: Sequence[str], environment: Mapping[str, str]
) -> tuple[Side, Side]:
    """
    Both sides of ``[BASE [HEAD]]`` and ``A...B``, from their merge base, or of exactly ``A..B``.

    Errors: UsageError, GitError.
    """
    if len(revisions) > 2:
        raise UsageError("at most two revisions", hint="fleet diff BASE HEAD")
    if not revisions and _is_unborn(root):
        return _EMPTY_FLEET, Side(name="work tree", commit=None, tree=root.work_tree())
    _require_commits(root)
    if len(revisions) == 1 and ".." in revisions[0]:
        first, _, second = revisions[0].partition("..")
        symmetric = second.startswith(".")
        second = second.removeprefix(".") or "HEAD"
        # exactly these two: no merge base (SPEC 5)
        if not symmetric:
            return _side_at(root, first or "HEAD"), _side_at(root, second)
        return _from_merge_base(root, Target(name=first or "HEAD"), second)
    target = Target(name=revisions[0]) if revisions else _default_target(root.repository, environment)
    if target is None:
        return _EMPTY_FLEET, _side_at(root, "HEAD")
    if target.exact is not None:
        base = Side(name=target.name, commit=target.exact, tree=root.commit_tree(target.exact))
        return base, _side_at(root, "HEAD")
    return _from_merge_base(root, target, revisions[1] if len(revisions) == 2 else "HEAD")


def _is_unborn(root: FleetRoot) -> bool:
    """Is nothing committed yet, in a repository with a work tree?"""
    if root.repository.top is None or root.repository.find_commit("HEAD") is not None:
        return False
    return not root.repository.run("rev-parse", "--verify", "--quiet", "HEAD").text


def _require_commits(root: FleetRoot) -> None:
    """Refuse to compare before the first commit; the hint names what can be compared then."""
    try:
        root.head()
    except GitError as error:
        # a broken HEAD is another fault: the hint for a new repository would mislead
        broken = root.repository.run("rev-parse", "--verify", "--quiet", "HEAD").text
        if broken or root.repository.top is None:
            raise
        raise GitError(str(error), hint="fleet diff --worktree") from error


def _side_at(root: FleetRoot, revision: str) -> Side:
    commit = root.repository.resolve(revision)
    return Side(name=revision, commit=commit, tree=root.commit_tree(commit))


def _from_merge_base(root: FleetRoot, target: Target, head: str) -> tuple[Side, Side]:
    """The merge base and *head*: what the target got since is no change of *head*."""
    repository = root.repository
    target_commit, head_commit = repository.resolve(target.name), repository.resolve(head)
    answer = repository.run("merge-base", target_commit, head_commit)
    if answer.code != 0 or not answer.text:
        # never a silent two-dot comparison (SPEC 5)
        raise _no_common_ancestor(repository, target, head)
    start = answer.text
    name = target.name if start == target_commit else f"merge base of {target.name} and {head}"
    return (
        Side(name=name, commit=start, tree=root.commit_tree(start)),
        Side(name=head, commit=head_commit, tree=root.commit_tree(head_commit)),
    )


def _no_common_ancestor(repository: Repository, target: Target, head: str) -> GitError:
    if repository.shallow:
        hint = target.fetch.replace("git fetch", "git fetch --unshallow") or "git fetch --unshallow"
    else:
        hint = f"fleet diff {quote(f'{target.name}..{head}')} compares exactly these two"
    return GitError(f"{target.name!r} and {head!r} have no common ancestor here", hint=hint)


def _default_target(repository: Repository, environment: Mapping[str, str]) -> Target | None:
    """The target of the checked-out change; None in a new repository, where everything is new."""
    # the CI's merge commit is preferred: its first parent is the target as it was tried
    merged = _merge_parent(repository, environment)
    if merged is not None:
        return merged
    exact = environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA")
    # GitLab names a commit that a shallow clone may lack
    if exact and repository.find_commit(exact):
        return Target(name=exact)
    queued = _merge_queue_base(environment)
    if queued and repository.find_commit(queued):
        return Target(name=queued)
    for variable in _TARGET_BRANCHES:
        branch = environment.get(variable, "").removeprefix("refs/heads/")
        if branch:
            return _branch_target(repository, variable, branch)
    if queued:
        raise GitError(
            f"the merge queue's base {queued!r} was not fetched", hint=f"git fetch origin {quote(queued)}"
        )
    # the full name: a local branch origin/HEAD must not win
    if repository.find_commit("refs/remotes/origin/HEAD"):
        return Target(name="refs/remotes/origin/HEAD", fetch="git fetch origin")
    remote_branch = repository.output(
        "for-each-ref", "--count=1", "--format=%(refname:short)", "refs/remotes/origin/"
    )
    if remote_branch:
        every = "git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*' && "
        head = "git remote set-head origin --auto"
        hint = (
            f"{every}{head}"
            if repository.shallow
            else f"{head}, or name a base: fleet diff {quote(remote_branch.decode().strip())}"
        )
    else:
        # a shallow clone hides the parents of its commits
        is_root = not repository.shallow and repository.find_commit("HEAD^1") is None
        if is_root and not _remotes(repository):
            return None
        hint = "git fetch origin" if is_root else "fleet diff --worktree, or name a base: fleet diff HEAD~1"
    raise GitError("nothing to compare with: no origin/HEAD here", hint=hint)


def _remotes(repository: Repository) -> bytes:
    return repository.run("config", "--name-only", "--get-regexp", r"^remote\..*\.url$").out


def _merge_queue_base(environment: Mapping[str, str]) -> str:
    """The commit that a merge queue of GitHub built upon; empty outside of one."""
    path = environment.get("GITHUB_EVENT_PATH")
    if environment.get("GITHUB_EVENT_NAME") != "merge_group" or not path:
        return ""
    try:
        # the runner writes this file; it is no part of the repository
        with Path(path).open("rb") as file:
            event = json.loads(file.read(limits.GIT_OBJECT_BYTES))
        base = event["merge_group"]["base_sha"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise GitError("GITHUB_EVENT_PATH names no merge_group event", hint="fleet diff BASE HEAD") from error
    return base if isinstance(base, str) and re.fullmatch(r"[0-9a-f]{40}([0-9a-f]{24})?", base) else ""


def _branch_target(repository: Repository, variable: str, branch: str) -> Target:
    fetch = f"git fetch origin {quote(f'+refs/heads/{branch}:refs/remotes/origin/{branch}')}"
    # the remote first: a local branch of that name may be old
    for name in (f"refs/remotes/origin/{branch}", branch):
        if repository.find_commit(name):
            return Target(name=name, fetch=fetch)
    whole = fetch.replace("git fetch", "git fetch --unshallow") if repository.shallow else fetch
    raise GitError(f"{variable} names {branch!r}, which was not fetched", hint=whole)


def _merge_parent(repository: Repository, environment: Mapping[str, str]) -> Target | None:
    """
    The first parent of HEAD, if the CI has checked out a trial merge of a pull request.

    Source: GitHub checks out ``refs/pull/N/merge``; GitLab does so in pipelines for merged results and trains.
    """
    on_github = environment.get("GITHUB_BASE_REF") and environment.get("GITHUB_REF", "").endswith("/merge")
    on_gitlab = environment.get("CI_MERGE_REQUEST_EVENT_TYPE") in ("merged_result", "merge_train")
    if not on_github and not on_gitlab:
        return None
    expected = environment.get("GITHUB_SHA" if on_github else "CI_COMMIT_SHA")
    parents = [repository.find_commit(f"HEAD^{number}") for number in (1, 2)]
    # a job may check out another commit: then HEAD is not the merge of the CI
    if None in parents or (expected and expected != repository.find_commit("HEAD")):
        return None
    branch = environment.get("GITHUB_BASE_REF") or environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    return Target(name=f"first parent of HEAD, {branch}", exact=parents[0])
