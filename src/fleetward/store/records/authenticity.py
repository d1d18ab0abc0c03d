"""
Is a statement its approver's own? Decided by the key that signed it, or without one by who committed it.

A key has to be in force both now and at the date in the statement. Anybody can write any date into a statement and
its commit, so a lost old key could sign for the time when it was valid. For the same reason nothing counts that a
compromised key ever signed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from fleetward.domain.approval import Approval, Decision
from fleetward.domain.people import People, Person, Robot
from fleetward.store.git.commit import Commit
from fleetward.store.records import approvals as statements
from fleetward.store.signing import ssh_format
from fleetward.store.signing import verify as signature
from fleetward.store.signing.sign import LEDGER_NAMESPACE, NAMESPACE
from fleetward.store.signing.ssh_format import SignatureError


def statement_signature_fault(
    statement: Approval, payload: bytes, content: bytes | int | None, people: People, now: datetime
) -> str | None:
    """
    Why *content*, the signature file of the statement, is not its approver's signature; None where it is.

    *payload* are the statement's bytes. *content* is a size where the file is too large, None for no regular file.
    """
    owner = people.people.get(statement.approver)
    return signature_fault(payload, content, owner, statement.approver, people, (now, statement.issued))


def signature_fault(
    payload: bytes,
    content: bytes | int | None,
    owner: Person | Robot | None,
    name: str,
    people: People,
    instants: Collection[datetime],
) -> str | None:
    """Why *content* is no signature of *owner*, called *name*, over *payload*, by a key valid at all *instants*."""
    if content is None:
        return "its signature is not a regular file"
    if isinstance(content, int):
        return f"its signature is not an SSH signature: {content} bytes"
    try:
        parsed = ssh_format.signature(content)
        # a signature over a git commit must not pass for an approval
        if parsed.namespace != NAMESPACE:
            return f"signed in namespace {parsed.namespace[:64]!r}, not {NAMESPACE!r}"
        if refusal := key_fault(parsed.key, owner, name, people, instants):
            return refusal
        # whose key it is comes first: verifying needs a package that may be missing
        signature.verify(parsed, statements.pre_authentication(payload))
    except SignatureError as error:
        return f"its signature is invalid: {error}"
    except signature.VerifierMissing:
        return f"its signature cannot be checked without cryptography: {signature.HINT}"
    return None


def entry_signature_fault(
    line: bytes, content: bytes, actor: str, people: People, instants: Collection[datetime]
) -> str | None:
    """
    Why *content* is not a signature of *actor*, an e-mail address, over *line* of a ledger; None where it is.

    The key has to be in force at all *instants*.
    """
    try:
        parsed = ssh_format.signature(content)
        if parsed.namespace != LEDGER_NAMESPACE:
            return f"signed in namespace {parsed.namespace[:64]!r}, not {LEDGER_NAMESPACE!r}"
        if refusal := key_fault(parsed.key, people.by_email(actor), actor, people, instants):
            return refusal
        signature.verify(parsed, line)
    except SignatureError as error:
        return f"its signature is invalid: {error}"
    except signature.VerifierMissing:
        return f"its signature cannot be checked without cryptography: {signature.HINT}"
    return None


def approver_key_fault(
    key: ssh_format.PublicKey, statement: Approval, people: People, now: datetime
) -> str | None:
    """Why *key* does not sign this statement at *now*; None where it is a key in force of its approver."""
    return key_fault(
        key, people.people.get(statement.approver), statement.approver, people, (now, statement.issued)
    )


def key_fault(
    key: ssh_format.PublicKey,
    owner: Person | Robot | None,
    name: str,
    people: People,
    instants: Collection[datetime],
) -> str | None:
    """Why *key* was not a key of *owner* (called *name*) at all these instants; None where it was."""
    holder = people.by_key(key.text)
    if holder is None:
        return f"signed with a key that is not in people.yaml ({key.fingerprint})"
    # anybody's valid key is not enough: it has to be the approver's
    if holder != owner:
        return f"signed with a key of {holder.id}, not of {name} ({key.fingerprint})"
    refusals = [
        next((reason for instant in instants if (reason := listed.refusal(instant))), None)
        for listed in holder.keys
        if listed.text == key.text
    ]
    # a key may be listed for several spans of time; one that covers all instants is enough
    if None in refusals:
        return None
    return f"signed with a key that does not count: {refusals[0]} ({key.fingerprint})"


def commit_author_fault(
    commits: Sequence[Commit], statement: Approval, people: People, *, is_own: bool
) -> str | None:
    """
    Why an unsigned statement is not its approver's: because somebody else committed it; None where nobody did.

    *commits* are the commits that wrote its file, newest first; with *is_own* its approver committed this very
    content once. That is enough for a rejection: nobody can lift it by committing it again.
    """
    faults = [fault for commit in commits if (fault := _foreign_commit(commit, statement.approver, people))]
    if not commits:
        return "no commit by its approver added it"
    # only for rejections: an approval committed again by others may have been changed
    if statement.decision is Decision.REJECT and is_own:
        return None
    return faults[0] if faults else None


def is_committed_by(commits: Iterable[Commit], approver: str, people: People) -> bool:
    """Did *approver* write one of these commits, as a commit of a recorded statement has to be written?"""
    return any(_foreign_commit(commit, approver, people) is None for commit in commits)


def is_signed_by_approver(
    statement: Approval, payload: bytes, content: bytes | int | None, people: People
) -> bool:
    """Is *content* a signature of the approver's over *payload*, with a key that is valid now or was or will be?"""
    if not isinstance(content, bytes):
        return False
    try:
        parsed = ssh_format.signature(content)
        holder = people.by_key(parsed.key.text)
        if parsed.namespace != NAMESPACE or holder != people.people.get(statement.approver):
            return False
        signature.verify(parsed, statements.pre_authentication(payload))
    except (SignatureError, signature.VerifierMissing):
        return False
    return holder is not None


def _foreign_commit(commit: Commit, approver: str, people: People, *, robots: bool = False) -> str | None:
    """Why this commit is not *approver*'s: author and committer are, or the author is and a forge committed it."""
    committer = people.by_email(commit.committer)
    by_forge = isinstance(committer, Robot) and committer.is_forge
    authors = [commit.author]
    # a forge that squashes names all but one of the authors in trailers
    if by_forge and len(commit.parents) < 2:
        authors += commit.co_authors()
    name = f"(commit {commit.id[:12]})"
    if not any(_is_person(people, email, approver, robots=robots) for email in authors):
        return f"committed by {commit.author} {name}, not by {approver}"
    if not by_forge and not _is_person(people, commit.committer, approver, robots=robots):
        return f"committed by {commit.committer} {name}, who is neither {approver} nor a forge"
    return None


def own_commits_fault(commits: Sequence[Commit], name: str, people: People) -> str | None:
    """
    Why an unsigned attestation is not the own of *name*, a person or robot; None where it is.

    Author and committer of every commit that wrote its file have to be *name*, or the committer a forge.
    """
    if not commits:
        return "no commit by its attester added it"
    faults = (_foreign_commit(commit, name, people, robots=True) for commit in commits)
    return next(filter(None, faults), None)


def _is_person(people: People, email: str, person: str, *, robots: bool) -> bool:
    owner = people.by_email(email)
    # robots commit and attest, and do not approve
    return isinstance(owner, Person | Robot if robots else Person) and owner.id == person
