"""The originals of commits that somebody committed again: by rebase, cherry-pick or squash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
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
    committed: int


def originals(root: FleetRoot, commits: Iterable[Commit]) -> Mapping[Id, tuple[Commit, ...]]:
    """
    By commit the earlier ones with its author and author date, reachable from any ref, that somebody else committed.

    One listing answers for all of them, however many there are.
    """
    by_authorship = _by_authorship(_listing(root))
    alike: dict[Id, tuple[Commit, ...]] = {}
    for commit in commits:
        ids = [
            listed.commit
            for listed in by_authorship.get(_key(commit.author, int(commit.authored.timestamp())), ())
            # a second copy by the same person says nothing of what the author wrote, and a later one neither
            if listed.commit != commit.id
            and listed.committer != commit.committer.casefold()
            and listed.committed <= commit.committed.timestamp()
        ]
        alike[commit.id] = read_commits(root.repository, ids) if ids else ()
    return alike


def _key(author: str, authored: int) -> tuple[str, int]:
    return author.casefold(), authored


@lru_cache(maxsize=2)
def _by_authorship(listing: bytes) -> Mapping[tuple[str, int], tuple[_Listed, ...]]:
    """The listed commits by author and author date."""
    by_authorship: dict[tuple[str, int], tuple[_Listed, ...]] = {}
    for line in listing.decode("utf-8", "replace").split("\n")[:-1]:
        commit_id, authored, committed, author, committer = line.split("\0")
        key = _key(author, int(authored))
        listed = _Listed(commit_id, committer.casefold(), int(committed))
        by_authorship[key] = (*by_authorship.get(key, ()), listed)
    return by_authorship


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


def _listing(root: FleetRoot) -> bytes:
    """Every commit that any ref reaches, with both dates, author and committer; kept for the run."""
    arguments = ("rev-list", "--all", "--no-commit-header", "--format=%H%x00%at%x00%ct%x00%ae%x00%ce")
    try:
        return root.repository.output(*arguments)
    except GitError:
        # a ref that leads nowhere hides its commits, and decides nothing
        return b""
