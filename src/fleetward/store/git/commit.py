"""Commit objects, and the people they name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from fleetward.domain.contributor import Contributor, ContributorRole
from fleetward.domain.errors import GitError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.repository import Id, Repository

# a second bracket would leave open which address is meant
_IDENTITY = re.compile(rb"(?m)^(author|committer) .*?<([^<>\n]*)> (-?[0-9]+) [-+][0-9]+$")
# anywhere in the message, not only in git's trailer block: a name above it counts, too
_CO_AUTHORS = re.compile(rb"(?mi)^[ \t]*co-authored-by[ \t]*:(.*(?:\n[ \t]+\S.*)*)")
_ADDRESS = re.compile(r"[^\s<>()\",;:]+@[^\s<>()\",;:]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit object as git stores it; *author* and *committer* are e-mail addresses."""

    id: Id
    parents: tuple[Id, ...]
    author: str
    committer: str
    committed: datetime
    message: bytes

    @property
    def contributors(self) -> tuple[Contributor, ...]:
        """Everybody whom the commit names, by e-mail address."""
        co_authors = (email for trailer in _CO_AUTHORS.findall(self.message) for email in _addresses(trailer))
        return (
            Contributor(email=self.author, role=ContributorRole.AUTHOR, commit=self.id),
            Contributor(email=self.committer, role=ContributorRole.COMMITTER, commit=self.id),
            *(
                Contributor(email=email, role=ContributorRole.CO_AUTHOR, commit=self.id)
                for email in co_authors
            ),
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
    author, (committer, when) = people[b"author"], people[b"committer"]
    return Commit(
        id=commit_id,
        parents=tuple(line[7:].decode() for line in header.split(b"\n") if line.startswith(b"parent ")),
        author=author[0].decode("utf-8", "replace"),
        committer=committer.decode("utf-8", "replace"),
        committed=instant(int(when)),
        message=message,
    )


def instant(seconds: int) -> datetime:
    """A date that git wrote, in seconds; one outside of what a datetime holds becomes the nearest that it does."""
    # a commit can carry any number, and datetime raises beyond year 9999
    return datetime.fromtimestamp(max(0, min(seconds, 2**37)), UTC)


def _addresses(trailer: bytes) -> list[str]:
    """The addresses in a trailer; its text where it holds none, which then is nobody's."""
    text = " ".join(trailer.decode("utf-8", "replace").split())
    return _ADDRESS.findall(text) or ([text] if text else [])
