"""The originals of commits that somebody committed again: by rebase, cherry-pick or squash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fleetward.domain.audit import FileStep
from fleetward.domain.errors import GitError
from fleetward.store.git.commit import Commit, read_commits
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.line_changes import FileTexts, has_same_hunks
from fleetward.store.git.repository import Id


class _Listed(NamedTuple):
    commit: Id
    committer: str


def originals(root: FleetRoot, commits: Iterable[Commit]) -> Mapping[Id, tuple[Commit, ...]]:
    """
    By commit the others with its author and author date, reachable from any ref, that another person committed.

    One listing answers for all of them, however many there are.
    """
    by_authorship: dict[tuple[str, int], list[_Listed]] = {}
    for line in _listing(root).splitlines():
        commit_id, authored, author, committer = line.split(" ", 3)
        key = (author.casefold(), int(authored))
        by_authorship.setdefault(key, []).append(_Listed(commit_id, committer.casefold()))
    found: dict[Id, tuple[Commit, ...]] = {}
    for commit in commits:
        alike = by_authorship.get((commit.author.casefold(), int(commit.authored.timestamp())), ())
        ids = [
            listed.commit
            for listed in alike
            # a second copy by the same person says nothing of what the author wrote
            if listed.commit != commit.id and listed.committer != commit.committer.casefold()
        ]
        found[commit.id] = read_commits(root.repository, ids) if ids else ()
    return found


def unmerged_commits(root: FleetRoot, head: Id, paths: Sequence[str]) -> tuple[Commit, ...]:
    """The commits that changed *paths* and are reachable from any ref, but not from *head*."""
    scope = [root.prefix + path for path in paths]
    try:
        out = root.repository.output("rev-list", "--full-history", "--all", f"^{head}", "--", *scope)
    except GitError:
        return ()
    return read_commits(root.repository, out.decode().split())


def has_same_patch(
    texts: FileTexts, steps: Mapping[str, FileStep], original_steps: Mapping[str, FileStep]
) -> bool:
    """Do two commits change the same files in the same way? Where they stand may differ."""
    if steps.keys() != original_steps.keys():
        return False
    return all(_is_same(texts, step, original_steps[path]) for path, step in steps.items())


def _is_same(texts: FileTexts, step: FileStep, original: FileStep) -> bool:
    if (step.old, step.new) == (original.old, original.new):
        return True
    modes = [(change.old and change.old.mode, change.new and change.new.mode) for change in (step, original)]
    if modes[0] != modes[1]:
        return False
    old, new = texts.content(step.old), texts.content(step.new)
    original_old, original_new = texts.content(original.old), texts.content(original.new)
    if old is None or new is None or original_old is None or original_new is None:
        return False
    return has_same_hunks((old, new), (original_old, original_new))


def _listing(root: FleetRoot) -> str:
    """Every commit that any ref reaches, with author date, author and committer; kept for the run."""
    arguments = ("rev-list", "--all", "--no-commit-header", "--format=%H %at %ae %ce")
    try:
        return root.repository.output(*arguments).decode("utf-8", "replace")
    except GitError:
        # a ref that leads nowhere hides its commits, and decides nothing
        return ""
