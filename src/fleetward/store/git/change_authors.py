"""Who wrote a change: the authors of what stands in it, not those who merged, rebased or reverted it away."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from fleetward.domain.audit import FileStep, FileVersion
from fleetward.domain.contributor import Contributor, ContributorRole
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People, Robot
from fleetward.store.git.commit import Commit, read_commits
from fleetward.store.git.file_history import file_versions, written_steps
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.line_changes import FileTexts
from fleetward.store.git.original_commits import has_same_patch, originals, unmerged_commits
from fleetward.store.git.repository import Id
from fleetward.store.git.reverted_commits import StandingCommits, WrittenCommit, brought_back

_STATEMENT = re.compile(r"[0-9a-f]{12}-(?P<person>[^/]+)-[1-9][0-9]{0,5}\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeScope:
    """The files that are judged, and what else tells whose they are."""

    paths: tuple[str, ...]
    people: People
    trailers: tuple[str, ...] = ()
    """Trailers that name a contributor, beside Co-authored-by."""
    approvals: str | None = None
    """The folder of the statements about it; None where co-authors cannot be its approvers."""
    promoted: str | None = None
    """The folder with what was promoted before; None where words from before the change count for nobody."""


class ChangeAuthors(NamedTuple):
    """Everybody who contributed to a change, and the commits that make it."""

    contributors: tuple[Contributor, ...]
    commits: tuple[Commit, ...]


def contributors(root: FleetRoot, head: Id, since: Id | None, scope: ChangeScope) -> tuple[Contributor, ...]:
    """Everybody who contributed to a change; see change_authors."""
    return change_authors(root, head, since, scope).contributors


def change_authors(root: FleetRoot, head: Id, since: Id | None, scope: ChangeScope) -> ChangeAuthors:
    """
    Everybody who contributed to what the files in *scope* became between *since* and *head*.

    A merge makes a contributor only of one who changed what it merged, and a commit only where it still stands.
    Without *since*, or with one that is not in this repository, all of history counts, which excludes more people,
    never fewer. So does a file that changed since without a commit that wrote it: a merge took it out of what lay
    behind *since*.
    """
    # compared with the answer: find_commit also accepts names of branches
    start = since if since and root.repository.find_commit(since) == since else None
    touching = read_commits(root.repository, root.history.commits_changing(head, scope.paths, since=start))
    if not touching:
        return ChangeAuthors((), ())
    written = _written_commits(root, touching, scope.paths)
    # a merge can drop a side without any commit that says so
    is_merged = any(len(commit.parents) > 1 for commit in touching)
    if start and is_merged and _has_unexplained_change(root, start, head, written, scope.paths):
        return change_authors(root, head, None, scope)
    standing = _standing(root, start, head, written, scope)
    hands = _Hands(root, head, scope, standing)
    people = {
        # git keeps the spelling of each commit, and mailboxes ignore case
        (person.email.casefold(), person.role, person.is_compared): person
        for standing_commit in reversed(standing)
        for person in hands.contributors(standing_commit)
    }
    ordered = sorted(people.values(), key=lambda person: (person.email.casefold(), person.role))
    return ChangeAuthors(tuple(ordered), tuple(item.commit for item in standing))


def _written_commits(
    root: FleetRoot, commits: Sequence[Commit], paths: Sequence[str]
) -> tuple[WrittenCommit, ...]:
    steps: dict[Id, list[FileStep]] = {}
    for commit, step in written_steps(root, commits, paths):
        steps.setdefault(commit.id, []).append(step)
    return tuple(
        WrittenCommit(commit=commit, steps=tuple(steps[commit.id]))
        for commit in commits
        if commit.id in steps
    )


def _standing(
    root: FleetRoot, start: Id | None, head: Id, written: tuple[WrittenCommit, ...], scope: ChangeScope
) -> tuple[WrittenCommit, ...]:
    """The commits that stand in the result, and those whose words they brought back from before *start*."""
    earlier = _earlier_steps(root, start, scope) if start and scope.promoted else {}
    # one commit alone has nobody who could have reverted it
    if not earlier and not _meet(written):
        return written
    touched = {step.path for item in written for step in item.steps}
    before, after = (
        {path: version for path, version in files.items() if path in touched}
        for files in (_files(root, commit, scope.paths) if commit else {} for commit in (start, head))
    )
    texts = FileTexts(root.repository)
    result = StandingCommits(texts, written, before, after)
    standing = result.standing() if _meet(written) else written
    candidates = brought_back(texts, standing, result.new_lines, earlier)
    if not candidates or scope.promoted is None:
        return standing
    # what was promoted once was approved by others then, so that a plain revert makes nobody an author
    promoted = [FileVersion("", blob) for _, blob in file_versions(root, head, scope.promoted)]
    texts.load(promoted)
    promoted_lines = frozenset(line for version in promoted for line in texts.lines(version))
    promoted_blobs = {version.id for version in promoted}
    unpromoted = tuple(
        replace(
            item,
            steps=tuple(step for step in item.steps if step.new and step.new.id not in promoted_blobs),
        )
        for item in standing
    )
    returned = brought_back(texts, unpromoted, result.new_lines - promoted_lines, candidates)
    return (*standing, *_written_commits(root, read_commits(root.repository, returned), scope.paths))


def _earlier_steps(root: FleetRoot, start: Id, scope: ChangeScope) -> Mapping[Id, tuple[FileStep, ...]]:
    """By commit what was changed up to *start*; nothing where no file had two versions to go back to."""
    ids = root.history.commits_changing(start, scope.paths)
    if len(ids) < 2:
        return {}
    steps: dict[Id, list[FileStep]] = {}
    for commit_id, step in root.history.changes(ids, scope.paths):
        steps.setdefault(commit_id, []).append(step)
    versions = {(step.path, step.new) for changes in steps.values() for step in changes}
    if len(versions) == len({path for path, _ in versions}):
        return {}
    return {commit_id: tuple(changes) for commit_id, changes in steps.items()}


def _meet(written: Sequence[WrittenCommit]) -> bool:
    """Did two commits write the same file?"""
    paths = [step.path for item in written for step in item.steps]
    return len(set(paths)) < len(paths)


def _files(root: FleetRoot, commit: Id, paths: Sequence[str]) -> Mapping[str, FileVersion]:
    entries = root.history.files(commit, paths)
    return {entry.path: FileVersion(entry.mode, entry.id) for entry in entries if entry.id is not None}


class _Hands:
    """The contributors of each commit: without a forge, who only re-committed, and approvers in a squash."""

    def __init__(
        self, root: FleetRoot, head: Id, scope: ChangeScope, standing: Sequence[WrittenCommit]
    ) -> None:
        self._root, self._head, self._scope = root, head, scope
        self._texts = FileTexts(root.repository)
        recommitted = [item for item in standing if self._is_recommitted(item.commit)]
        self._originals = originals(root, [item.commit for item in recommitted]) if recommitted else {}
        alike = {original.id: original for group in self._originals.values() for original in group}
        self._original_steps: dict[Id, dict[str, FileStep]] = {commit_id: {} for commit_id in alike}
        # one batch for git, however many commits were rebased
        for original, step in written_steps(root, tuple(alike.values()), scope.paths):
            self._original_steps[original.id][step.path] = step
        compared = [item for item in recommitted if self._originals[item.commit.id]]
        self._texts.load_steps(
            [
                *(step for item in compared for step in item.steps),
                *(step for steps in self._original_steps.values() for step in steps.values()),
            ]
        )
        squashed = [
            item
            for item in standing
            if len(item.commit.parents) < 2 and item.commit.co_authors(scope.trailers)
        ]
        self._approvers = self._squashed_approvers(squashed) if scope.approvals and squashed else {}

    def contributors(self, written: WrittenCommit) -> Iterable[Contributor]:
        """Everybody who contributed to what the commit wrote."""
        approvers = self._approvers.get(written.commit.id, frozenset())
        for person in written.commit.contributors(self._scope.trailers):
            if person.role is ContributorRole.CO_AUTHOR and self._account(person.email) in approvers:
                continue
            if person.role is ContributorRole.COMMITTER and written.commit.id in self._originals:
                person = self._recommitter(written, person)
            yield person

    def _account(self, email: str) -> str | None:
        account = self._scope.people.by_email(email)
        return account.id if account is not None else None

    def _is_forge(self, email: str) -> bool:
        account = self._scope.people.by_email(email)
        return isinstance(account, Robot) and account.is_forge

    def _is_recommitted(self, commit: Commit) -> bool:
        """Did somebody known commit what another person wrote? A forge and a stranger are told apart elsewhere."""
        committer = self._account(commit.committer)
        return (
            len(commit.parents) < 2
            and committer is not None
            and committer != self._account(commit.author)
            and not self._is_forge(commit.committer)
        )

    def _recommitter(self, written: WrittenCommit, person: Contributor) -> Contributor:
        """Who committed the work of others: nobody, where the patch is theirs; its author, where it is not."""
        alike = self._originals[written.commit.id]
        # what a clone lacks makes nobody an author: forges that squash for a person leave no original either
        if not alike:
            return replace(person, role=ContributorRole.RECOMMITTER, is_compared=False)
        steps = {step.path: step for step in written.steps}
        is_same = any(
            has_same_patch(self._texts, steps, self._original_steps[original.id]) for original in alike
        )
        return replace(person, role=ContributorRole.RECOMMITTER if is_same else ContributorRole.AUTHOR)

    def _squashed_approvers(self, squashed: Sequence[WrittenCommit]) -> Mapping[Id, frozenset[str]]:
        """By squash the co-authors who only approved: their statement came with it, and no original shows more."""
        approvals = self._scope.approvals or ""
        changes = self._root.history.changes([item.commit.id for item in squashed], [approvals])
        added = {(commit_id, step.path) for commit_id, step in changes if step.old is None}
        by_forge = {item.commit.id for item in squashed if self._is_forge(item.commit.committer)}
        by_commit: dict[Id, set[str]] = {}
        for commit_id, path in added:
            match = _STATEMENT.fullmatch(path.removeprefix(f"{approvals}/"))
            # what a person committed for another proves nothing, unless the other signed it
            if match is not None and (commit_id in by_forge or (commit_id, f"{path}.sig") in added):
                by_commit.setdefault(commit_id, set()).add(match["person"])
        if not by_commit:
            return {}
        unmerged = unmerged_commits(self._root, self._head, self._scope.paths)
        pieces = _written_commits(self._root, unmerged, self._scope.paths)
        return {
            item.commit.id: frozenset(
                person
                for person in by_commit.get(item.commit.id, ())
                if not any(
                    self._is_part(item, piece) for piece in pieces if self._names(piece.commit, person)
                )
            )
            for item in squashed
        }

    def _names(self, commit: Commit, person: str) -> bool:
        return any(self._account(hand.email) == person for hand in commit.contributors(self._scope.trailers))

    def _is_part(self, squash: WrittenCommit, piece: WrittenCommit) -> bool:
        """Does the squash do something that *piece* did before: a line, or a whole file?"""
        if piece.commit.committed > squash.commit.committed:
            return False
        self._texts.load_steps([*squash.steps, *piece.steps])
        by_path = {step.path: step for step in squash.steps}
        for step in piece.steps:
            whole = by_path.get(step.path)
            if whole is None:
                continue
            change, part = self._texts.change(whole), self._texts.change(step)
            if whole.new == step.new or change is None or part is None:
                return True
            if change.added & part.added or change.removed & part.removed:
                return True
        return False


def _has_unexplained_change(
    root: FleetRoot, since: Id, head: Id, written: Sequence[WrittenCommit], paths: Collection[str]
) -> bool:
    """Is there a file at *head* that is not as at *since*, and that none of the commits *written* made so?"""
    # None as id stands for a deletion, which also has an author
    produced = {(step.path, step.new and step.new.id) for item in written for step in item.steps}
    before, after = (_files(root, commit, tuple(paths)) for commit in (since, head))
    return any(
        (path, after[path].id if path in after else None) not in produced
        for path in before.keys() | after.keys()
        if (before[path].id if path in before else None) != (after[path].id if path in after else None)
    )
