"""Commit objects, and the people they name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import lru_cache

from fleetward.domain.contributor import Contributor, ContributorRole
from fleetward.domain.errors import GitError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.repository import Id, Repository

# a second bracket would leave open which address is meant
_IDENTITY = re.compile(rb"(?m)^(author|committer) .*?<([^<>\n]*)> (-?[0-9]+) [-+][0-9]+$")
_CO_AUTHORED_BY = "Co-authored-by"
_ADDRESS = re.compile(r"[^\s<>()\",;:]+@[^\s<>()\",;:]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit object as git stores it; *author* and *committer* are e-mail addresses."""

    id: Id
    parents: tuple[Id, ...]
    author: str
    committer: str
    committed: datetime
    authored: datetime
    message: bytes

    def co_authors(self, trailers: Collection[str] = ()) -> tuple[str, ...]:
        """The addresses in ``Co-authored-by`` and in the other *trailers* that name a contributor."""
        pattern = _trailer_pattern(frozenset(trailers))
        return tuple(email for trailer in pattern.findall(self.message) for email in _addresses(trailer))

    def contributors(self, trailers: Collection[str] = ()) -> tuple[Contributor, ...]:
        """Everybody whom the commit names, by e-mail address; see co_authors for *trailers*."""
        people = [(self.author, ContributorRole.AUTHOR), (self.committer, ContributorRole.COMMITTER)]
        people += [(email, ContributorRole.CO_AUTHOR) for email in self.co_authors(trailers)]
        return tuple(
            Contributor(email=email, role=role, commit=self.id, committed=self.committed)
            for email, role in people
        )


def read_commits(repository: Repository, ids: Iterable[Id]) -> tuple[Commit, ...]:
    """These commits, each hashed again, in this order."""
    return tuple(parse_commit(commit_id, content) for commit_id, content in repository.commits(ids).items())


@lru_cache(maxsize=8192)
def parse_commit(commit_id: Id, content: bytes) -> Commit:
    """
    The commit in *content*, an object's bytes.

    Errors: GitError where author or committer is missing or written in another way than git does.
    """
    # split first, because a message may contain lines that look like headers
    header, _, message = content.partition(b"\n\n")
    people = {kind: (email, when) for kind, email, when in _IDENTITY.findall(header)}
    if len(people) != 2:
        raise GitError(f"commit {commit_id} does not say who made it", hint="git fsck --full")
    (author, written), (committer, when) = people[b"author"], people[b"committer"]
    return Commit(
        id=commit_id,
        parents=tuple(line[7:].decode() for line in header.split(b"\n") if line.startswith(b"parent ")),
        author=author.decode("utf-8", "replace"),
        committer=committer.decode("utf-8", "replace"),
        committed=instant(int(when)),
        authored=instant(int(written)),
        message=message,
    )


@lru_cache(maxsize=16)
def _trailer_pattern(trailers: frozenset[str]) -> re.Pattern[bytes]:
    # anywhere in the message, not only in git's trailer block: a name above it counts, too
    names = "|".join(re.escape(name) for name in sorted({*trailers, _CO_AUTHORED_BY}))
    return re.compile(rb"(?mi)^[ \t]*(?:%s)[ \t]*:(.*(?:\n[ \t]+\S.*)*)" % names.encode())


def instant(seconds: int) -> datetime:
    """A date that git wrote, in seconds; one outside of what a datetime holds becomes the nearest that it does."""
    # a commit can carry any number, and datetime raises beyond year 9999
    return datetime.fromtimestamp(max(0, min(seconds, 2**37)), UTC)


def _addresses(trailer: bytes) -> list[str]:
    """The addresses in a trailer; its text where it holds none, which then is nobody's."""
    text = " ".join(trailer.decode("utf-8", "replace").split())
    return _ADDRESS.findall(text) or ([text] if text else [])
