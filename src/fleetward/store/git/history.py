"""Questions to git's history: whose hands a change went through, and since when a release stands."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from fleetward.domain import layout
from fleetward.domain.contributor import Contributor, ContributorRole
from fleetward.domain.errors import GitError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.tree import REGULAR

_IDENTITY = re.compile(rb"(?m)^(author|committer) .*?<([^<>\n]*)> (-?[0-9]+) [-+][0-9]+$")
_CO_AUTHORS = re.compile(rb"(?mi)^[ \t]*co-authored-by[ \t]*:(.*(?:\n[ \t]+\S.*)*)")
_ADDRESS = re.compile(r"[^\s<>()\",;:]+@[^\s<>()\",;:]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What a commit says of itself."""

    id: Id
    parents: tuple[Id, ...]
    author: str
    committer: str
    committed: datetime
    message: bytes

    @property
    def contributors(self) -> tuple[Contributor, ...]:
        """Everybody whom the commit names, by e-mail address."""
        together = (who for text in _CO_AUTHORS.findall(self.message) for who in _addresses(text))
        return (
            Contributor(email=self.author, role=ContributorRole.AUTHOR, commit=self.id),
            Contributor(email=self.committer, role=ContributorRole.COMMITTER, commit=self.id),
            *(Contributor(email=email, role=ContributorRole.CO_AUTHOR, commit=self.id) for email in together),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakTime:
    """How long a release was in an environment: the longest time without a break, and the present one."""

    longest: timedelta = timedelta()
    since: datetime | None = None
    """When the present stay began; None when it is not there now."""


def commits(repository: Repository, ids: Iterable[Id]) -> tuple[Commit, ...]:
    """These commits, read and hashed again, in this order."""
    return tuple(_parse_commit(commit_id, content) for commit_id, content in repository.commits(ids).items())


def require_full_history(repository: Repository) -> None:
    """
    Refuse to decide by half a history.

    Errors: GitError in a shallow clone.
    """
    if repository.shallow:
        raise GitError("this clone is shallow: its history cannot be judged", hint="git fetch --unshallow")


def contributors(
    ground: FleetRoot, head: Id, since: Id | None, paths: Sequence[str]
) -> tuple[Contributor, ...]:
    """
    Everybody with a hand in what *paths* became between *since* (all of history where None) and *head*.

    A merge makes a contributor only of one who changed what it merged. A *since* that is not known here any more
    means all of history, which excludes more people, never fewer; and so does a file that nobody wrote since and
    that is not as it was: a merge took it out of what lay behind *since*.
    """
    repository = ground.repository
    start = since if since and repository.find_commit(since) == since else None
    span = [head, *([f"^{start}"] if start else [])]
    scope = [ground.prefix + path for path in paths]
    touched = commits(repository, _ids(repository, "rev-list", "--full-history", *span, "--", *scope))
    plain = [commit for commit in touched if len(commit.parents) < 2]
    merges = [
        commit for commit in touched if len(commit.parents) > 1 and _merge_wrote(repository, commit.id, scope)
    ]
    merged, counted = len(plain) < len(touched), [*plain, *merges]
    if (
        start
        and merged
        and _has_unexplained_change(repository, start, head, [commit.id for commit in counted], scope)
    ):
        return contributors(ground, head, None, paths)
    people = {
        (person.email.casefold(), person.role): person
        for commit in reversed(counted)
        for person in commit.contributors
    }
    return tuple(sorted(people.values(), key=lambda person: (person.email.casefold(), person.role)))


def commit_of_promotion(ground: FleetRoot, head: Id, before: Id, file: str, line: bytes) -> Id | None:
    """The commit right after *before* whose ledger *file* has *line*; None where history knows none."""
    repository = ground.repository
    if repository.find_commit(before) != before:
        return None
    ids = _ids(repository, "rev-list", "--full-history", head, f"^{before}", "--", ground.prefix + file)
    for commit in commits(repository, ids):
        if commit.parents == (before,):
            tree = ground.commit_tree(commit.id)
            content = tree.read(tree.entries(file), 1 << 40).get(file)
            if isinstance(content, bytes) and line in content.split(b"\n"):
                return commit.id
    return None


def first_parent_commits_of(
    ground: FleetRoot, head: Id, since: Id | None, paths: Sequence[str]
) -> tuple[Id, ...]:
    """The commits of the branch that changed *paths* after *since*, oldest first; merges are judged by their result."""
    span = [head, *([f"^{since}"] if since else [])]
    scope = [ground.prefix + path for path in paths]
    return tuple(_ids(ground.repository, "rev-list", "--first-parent", "--reverse", *span, "--", *scope))


def commits_with_blob(
    ground: FleetRoot, head: Id, path: str, blob: Id, beside: Sequence[str]
) -> tuple[Id, ...]:
    """The commits on the way to *head* that changed *path* or what is *beside* it, and have *blob* there."""
    repository, scope = ground.repository, [ground.prefix + name for name in (path, *beside)]
    ids = _ids(repository, "rev-list", "--full-history", head, "--", *scope)
    query = "".join(f"{name}:{scope[0]}\n" for name in ids).encode("utf-8", "surrogateescape")
    output = repository.output("cat-file", "--batch-check=%(objectname)", stdin=query).decode(
        "utf-8", "replace"
    )
    return tuple(name for name, blob_id in zip(ids, output.splitlines(), strict=False) if blob_id == blob)


def commits_by_path(ground: FleetRoot, head: Id, folder: str) -> Mapping[str, tuple[Commit, ...]]:
    """
    By path the commits that added or touched it on the way to *head*, newest first, for every file under *folder*.

    A merge is among them where it wrote something of its own: what is like none of its parents'.
    """
    repository, scope = ground.repository, ground.prefix + folder
    ids = _ids(repository, "rev-list", "--full-history", head, "--", scope)
    command = ("diff-tree", "--stdin", "--root", "-m", "-r", "-z", "--name-only", "--no-renames")
    out = repository.output(
        *command, "--", scope, stdin="".join(f"{commit_id}\n" for commit_id in ids).encode()
    )
    id_set, current = frozenset(ids), ""
    unlike: Counter[tuple[str, str]] = Counter()
    for field in out.split(b"\0")[:-1]:
        text = field.decode("utf-8", "surrogateescape")
        if text in id_set:
            current = text
        else:
            unlike[current, text] += 1
    by_path: dict[str, list[Commit]] = {}
    start, by_id = len(ground.prefix), {commit_id.id: commit_id for commit_id in commits(repository, ids)}
    for (commit_id, path), parents in unlike.items():
        if parents == max(1, len(by_id[commit_id].parents)):
            by_path.setdefault(path[start:], []).append(by_id[commit_id])
    return {path: tuple(hands) for path, hands in by_path.items()}


def file_versions(ground: FleetRoot, head: Id, path: str) -> frozenset[tuple[str, Id]]:
    """
    Every content that the files at or under *path* ever had on the way to *head*: (path, blob).

    Looking for what was put there, not for what was taken away, finds also what a merge left out.
    """
    repository, scope = ground.repository, ground.prefix + path
    ids = _ids(repository, "rev-list", "--full-history", head, "--", scope)
    command = ("diff-tree", "--stdin", "--no-commit-id", "--root", "-m", "-r", "-z", "--raw", "--no-renames")
    out = repository.output(
        *command, "--", scope, stdin="".join(f"{commit_id}\n" for commit_id in ids).encode()
    )
    fields = out.split(b"\0")[:-1]
    start = len(os.fsencode(ground.prefix))
    records = ((meta.decode().split(" "), file) for meta, file in zip(fields[::2], fields[1::2], strict=True))
    return frozenset(
        (file[start:].decode("utf-8", "surrogateescape"), meta[3])
        for meta, file in records
        if meta[1] in REGULAR
    )


def soak_time(ground: FleetRoot, head: Id, folder: str, now: datetime) -> SoakTime:
    """
    The stay of the release that *folder* (an agent's) holds at *head*, by first-parent history.

    A commit counts as no older than the ones before it, so that a back-dated one gains nothing; and no stay
    lasts longer than until *now*.
    """
    repository = ground.repository
    scope = ground.prefix + folder
    touching = _ids(repository, "rev-list", "--first-parent", head, "--", scope)[::-1]
    release = _release_files(repository, head, scope)
    longest, since, moments = timedelta(), None, commit_dates(repository, head, now, touching)
    for commit in commits(repository, touching):
        moment = max(moments[commit.id], commit.committed)
        present = bool(release) and _release_files(repository, commit.id, scope) == release
        if present and since is None:
            since = moment
        elif not present and since is not None:
            longest, since = max(longest, min(moment, now) - since), None
    if since is not None:
        longest = max(longest, now - since, timedelta())
    return SoakTime(longest=longest, since=since)


def commit_dates(repository: Repository, head: Id, now: datetime, ids: Iterable[Id]) -> dict[Id, datetime]:
    """
    When these commits of the branch came to be, each by its own date and those before it.

    A date that is still to come says nothing of the commits after it: one wrong clock would stop time for ever.
    """
    latest, limit, requested = 0, now.timestamp(), frozenset(ids)
    moments: dict[Id, datetime] = {}
    lines = repository.output("rev-list", "--first-parent", "--timestamp", head).decode().splitlines()
    for line in reversed(lines):
        seconds, _, commit_id = line.partition(" ")
        dated = int(seconds)
        if commit_id in requested:
            moments[commit_id] = _moment(max(latest, dated))
        if latest < dated <= limit:
            latest = dated
    return moments


def _release_files(repository: Repository, commit: Id, folder: str) -> frozenset[tuple[bytes, bytes]]:
    """The paths and blobs of a release: equal where its digest is."""
    out = repository.output("ls-tree", "-r", "-z", "--full-tree", commit, "--", folder + "/")
    override_end = f"\t{folder}/{layout.OVERRIDES}".encode()
    files = set()
    for record in out.split(b"\0"):
        if record and not record.endswith(override_end):
            meta, path = record.split(b"\t", 1)
            files.add((path, meta.split(b" ")[2]))
    return frozenset(files)


def _merge_wrote(repository: Repository, merge: Id, scope: Sequence[str]) -> bool:
    """Did the merge itself write something: a file that is like none of its parents'?"""
    out = repository.output(
        "diff-tree", "-c", "-r", "-z", "--raw", "--no-renames", "--no-commit-id", merge, "--", *scope
    )
    return bool(out.strip(b"\0\n"))


def _has_unexplained_change(
    repository: Repository, since: Id, head: Id, written: Sequence[Id], scope: Sequence[str]
) -> bool:
    """Is there a file at *head* that is not as at *since*, and that none of the commits *written* made so?"""
    command = ("diff-tree", "--stdin", "--no-commit-id", "--root", "-m", "-r", "-z", "--raw", "--no-renames")
    out = repository.output(
        *command, "--", *scope, stdin="".join(f"{commit_id}\n" for commit_id in written).encode()
    )
    fields = out.split(b"\0")[:-1]
    produced = {(path, meta.split(b" ")[3]) for meta, path in zip(fields[::2], fields[1::2], strict=True)}
    before, after = (_blobs_by_path(repository, commit_id, scope) for commit_id in (since, head))
    moved = {
        (path, after.get(path))
        for path in before.keys() | after.keys()
        if before.get(path) != after.get(path)
    }
    return any((path, blob or b"0" * len(head)) not in produced for path, blob in moved)


def _blobs_by_path(repository: Repository, commit: Id, scope: Sequence[str]) -> dict[bytes, bytes]:
    """The blob of every file in *scope*."""
    out = repository.output("ls-tree", "-r", "-z", "--full-tree", commit, "--", *scope)
    parts = (record.split(b"\t", 1) for record in out.split(b"\0")[:-1])
    return {path: meta.split(b" ")[2] for meta, path in parts}


def _addresses(trailer: bytes) -> list[str]:
    """The addresses in a trailer; its text where it holds none, which then is nobody's."""
    text = " ".join(trailer.decode("utf-8", "replace").split())
    return _ADDRESS.findall(text) or ([text] if text else [])


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(max(0, min(seconds, 2**37)), UTC)


def _ids(repository: Repository, *arguments: str) -> list[Id]:
    return repository.output(*arguments).decode().split()


@lru_cache(maxsize=8192)
def _parse_commit(commit_id: Id, content: bytes) -> Commit:
    header, _, message = content.partition(b"\n\n")
    people = {kind: (email, when) for kind, email, when in _IDENTITY.findall(header)}
    if len(people) != 2:
        raise GitError(f"commit {commit_id} does not say who made it", hint="git fsck --full")
    author, (committer, when) = people[b"author"], people[b"committer"]
    return Commit(
        id=commit_id,
        parents=tuple(line[7:].decode() for line in header.split(b"\n") if line.startswith(b"parent ")),
        author=author[0].decode("utf-8", "replace"),
        committer=committer.decode("utf-8", "replace"),
        committed=_moment(int(when)),
        message=message,
    )
