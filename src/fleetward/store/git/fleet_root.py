"""A fleet's place on disk: its repository, its folder, and the history of both."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from pathlib import Path

from fleetward.domain import layout
from fleetward.domain.errors import GitError, NotAFleet, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.commit_tree import CommitTree
from fleetward.store.git.discovery import NoRepository, open_repository
from fleetward.store.git.history import History
from fleetward.store.git.plumbing_history import PlumbingHistory
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import StagedTree, WorkTree


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRoot:
    """A fleet's place; *prefix* is its folder inside the repository: empty, or with a trailing slash."""

    repository: Repository
    path: Path
    prefix: str
    history: History

    def work_tree(self) -> WorkTree:
        """
        The files in the work tree.

        Errors: GitError in a bare repository.
        """
        if self.repository.top is None:
            raise GitError("a bare repository has no work tree", hint="name a revision with --rev")
        return WorkTree(repository=self.repository, root=self.path, prefix=self.prefix)

    def staged_tree(self) -> StagedTree:
        """The files in git's index."""
        return StagedTree(repository=self.repository, prefix=self.prefix)

    def tree_at(self, revision: str) -> CommitTree:
        """The files of a revision, such as a branch."""
        return self.commit_tree(self.repository.resolve(revision))

    def commit_tree(self, commit: Id) -> CommitTree:
        """The files of a commit, by its full id."""
        return CommitTree(repository=self.repository, history=self.history, commit=commit)

    def head(self) -> Id:
        """
        The commit that is checked out.

        Errors: GitError when there is none yet, or it cannot be read.
        """
        commit = self.repository.find_commit("HEAD")
        if commit is None:
            # tells a branch without commits from a commit whose object is damaged
            broken = self.repository.run("rev-parse", "--verify", "--quiet", "HEAD").text
            if broken:
                raise GitError(f"commit {broken} cannot be read", hint="git fsck --full")
            raise GitError("nothing is committed here yet", hint="git add -A && git commit")
        return commit


def find_fleet_root(folder: Path, environment: Mapping[str, str], *, root: str | None = None) -> FleetRoot:
    """
    The nearest folder with a ``fleet-config.yaml``, from *folder* up to the top of the work tree.

    *root* names the fleet's folder inside the repository instead; a bare repository has no folders to search.
    Errors: NotAFleet, NoRepository; UsageError for a *root* outside the repository.
    """
    try:
        repository = open_repository(folder, environment)
    except NoRepository as error:
        if any(
            os.path.lexists(place / layout.CONFIG) for place in (folder.resolve(), *folder.resolve().parents)
        ):
            raise
        raise NoRepository(error.message, hint="fleet init, or -C DIR") from None
    if repository.top is None or root is not None:
        inside = _root_prefix(root or "")
        base = repository.top or repository.git_dir
        return _fleet_root(repository, base / inside, f"{inside}/" if inside else "")
    top = repository.top.resolve()
    start = folder.resolve()
    for place in (start, *start.parents):
        # a dangling link counts, so that its finding is reported and no outer fleet is taken
        if (place / layout.CONFIG).is_file() or (place / layout.CONFIG).is_symlink():
            inside = "" if place == top else place.relative_to(top).as_posix() + "/"
            return _fleet_root(repository, place, inside)
        if place == top:
            break
    raise NotAFleet(f"no {layout.CONFIG} in {str(folder)!r} or above it", hint="fleet init, or -C DIR")


def _fleet_root(repository: Repository, path: Path, prefix: str) -> FleetRoot:
    history = PlumbingHistory(repository=repository, prefix=prefix)
    return FleetRoot(repository=repository, path=path, prefix=prefix, history=history)


def _root_prefix(root: str) -> str:
    """A folder of the repository as git writes it; empty for the top."""
    inside = posixpath.normpath(root.strip("/") or ".")
    if inside == ".." or inside.startswith("../"):
        raise UsageError(
            f"{root!r} leads out of the repository", hint="name a folder inside, such as --root agents"
        )
    return "" if inside == "." else inside
