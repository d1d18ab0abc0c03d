"""Are commits signed by their authors? SSH signatures alone, by the keys of people.yaml."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from fleetward.domain.contributor import AuthorSignature
from fleetward.domain.people import People
from fleetward.store.git.commit import Commit
from fleetward.store.git.repository import Repository
from fleetward.store.records.authenticity import key_fault
from fleetward.store.signing import ssh_format
from fleetward.store.signing import verify as signature
from fleetward.store.signing.ssh_format import SignatureError

_NAMESPACE = "git"
# continuation lines begin with a space; the digest of a repository's other object format is signed over, too
_HEADER = re.compile(rb"(?m)^gpgsig(?:-sha256)? (.*\n(?: .*\n)*)")


def author_signatures(
    repository: Repository, commits: Sequence[Commit], people: People, now: datetime
) -> tuple[AuthorSignature, ...]:
    """For each commit whether its author signed it, with a key that was valid at its date and is valid *now*."""
    contents = repository.commits(commit.id for commit in commits)
    return tuple(
        AuthorSignature(
            commit=commit.id, author=commit.author, fault=_fault(contents[commit.id], commit, people, now)
        )
        for commit in commits
    )


def _fault(content: bytes, commit: Commit, people: People, now: datetime) -> str | None:
    header, separator, message = content.partition(b"\n\n")
    armor = _HEADER.search(header + b"\n")
    if armor is None:
        return "it is not signed"
    author = people.by_email(commit.author)
    if author is None:
        return "people.yaml does not list its author"
    # what is signed is the commit without its signatures
    signed = _HEADER.sub(b"", header + b"\n").removesuffix(b"\n") + separator + message
    try:
        parsed = ssh_format.signature(armor[1].replace(b"\n ", b"\n"))
        if parsed.namespace != _NAMESPACE:
            return f"signed in namespace {parsed.namespace[:64]!r}, not {_NAMESPACE!r}"
        if refusal := key_fault(parsed.key, author, author.id, people, (now, commit.committed)):
            return refusal
        signature.verify(parsed, signed)
    except SignatureError as error:
        return f"its signature is not an SSH signature of its author: {error}"
    except signature.VerifierMissing:
        return f"its signature cannot be checked without cryptography: {signature.HINT}"
    return None
