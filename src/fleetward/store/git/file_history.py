"""Which commits wrote files, and every content that files ever had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fleetward.domain import limits
from fleetward.domain.audit import FileStep
from fleetward.domain.errors import GitError
from fleetward.store.git.commit import Commit, read_commits
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import REGULAR


def require_full_history(repository: Repository) -> None:
    """
    Refuse a repository that has only a part of its history.

    Errors: GitError in a shallow clone.
    """
    if repository.shallow:
        raise GitError(
            "this clone is shallow: a part of its history is missing", hint="git fetch --unshallow"
        )


class FileCommits(NamedTuple):
    """The commits that wrote files, newest first: by path, and by path and blob."""

    by_path: Mapping[str, tuple[Commit, ...]]
    by_version: Mapping[tuple[str, Id], tuple[Commit, ...]]


def file_commits(root: FleetRoot, head: Id, folder: str) -> FileCommits:
    """
    The commits that wrote the files under *folder* on the way to *head*.

    A merge is among them where it wrote something of its own: what is like none of its parents'.
    """
    touching = read_commits(root.repository, root.history.commits_changing(head, [folder]))
    by_path: dict[str, list[Commit]] = {}
    by_version: dict[tuple[str, Id], list[Commit]] = {}
    for commit, step in written_steps(root, touching, [folder]):
        # who takes a file out wrote nothing of it
        if step.new is not None:
            by_path.setdefault(step.path, []).append(commit)
            by_version.setdefault((step.path, step.new.id), []).append(commit)
    return FileCommits(
        {path: tuple(commits) for path, commits in by_path.items()},
        {version: tuple(commits) for version, commits in by_version.items()},
    )


def commits_by_path(root: FleetRoot, head: Id, folder: str) -> Mapping[str, tuple[Commit, ...]]:
    """By path the commits that wrote it on the way to *head*, newest first; see file_commits."""
    return file_commits(root, head, folder).by_path


def file_versions(root: FleetRoot, head: Id, path: str) -> frozenset[tuple[str, Id]]:
    """
    Every content that the files at or under *path* ever had on the way to *head*: (path, blob).

    Looking for what was put there, not for what was taken away, finds also what a merge left out.
    """
    touching = root.history.commits_changing(head, [path])
    return frozenset(
        (step.path, step.new.id)
        for _, step in root.history.changes(touching, [path])
        if step.new is not None and step.new.mode in REGULAR
    )


def commits_with_blob(
    root: FleetRoot, head: Id, path: str, blob: Id, beside: Sequence[str]
) -> tuple[Id, ...]:
    """The commits on the way to *head* that changed *path* or what is *beside* it, and have *blob* there."""
    touching = root.history.commits_changing(head, [path, *beside])
    ids = zip(touching, root.history.ids_at(path, touching), strict=True)
    return tuple(commit for commit, object_id in ids if object_id == blob)


def commit_of_promotion(root: FleetRoot, head: Id, before: Id, file: str, line: bytes) -> Id | None:
    """The commit right after *before* whose ledger *file* has *line*; None where history has none."""
    if root.repository.find_commit(before) != before:
        return None
    touching = root.history.commits_changing(head, [file], since=before)
    for commit in read_commits(root.repository, touching):
        # exactly one parent: a merge is no promotion
        if commit.parents == (before,):
            tree = root.commit_tree(commit.id)
            content = tree.read(tree.entries(file), limits.LEDGER_BYTES).get(file)
            # whole lines: a part of another line must not count
            if isinstance(content, bytes) and line in content.split(b"\n"):
                return commit.id
    return None


def written_steps(
    root: FleetRoot, commits: Sequence[Commit], paths: Sequence[str]
) -> Iterable[tuple[Commit, FileStep]]:
    """The files that each commit wrote: those that it holds in another way than all of its parents."""
    by_id = {commit.id: commit for commit in commits}
    steps: dict[tuple[Id, str], list[FileStep]] = {}
    for commit_id, step in root.history.changes([commit.id for commit in commits], paths):
        steps.setdefault((commit_id, step.path), []).append(step)
    for (commit_id, _), differing in steps.items():
        # like one parent means merged, not written
        if len(differing) == max(1, len(by_id[commit_id].parents)):
            yield by_id[commit_id], differing[0]
