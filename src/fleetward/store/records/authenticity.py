"""
Whether a statement is its approver's own: by the key that signed it, or else by the hands that committed it.

A key has to be in force when the statement says that it was given and now. Both dates matter: a statement may say
any date, and so may the commit that holds it, so an old key that got lost could speak for the days when it was
good. For the same reason nothing counts any more that a compromised key signed, whenever that was.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    Why *content*, the file beside the statement, is no signature of its approver's; None where it is one.

    *payload* are the statement's bytes; *content* is a size where it is too large to be read, None for what is
    no regular file.
    """
    if content is None:
        return "its signature is no regular file"
    if isinstance(content, int):
        return f"its signature is no SSH signature: {content} bytes"
    try:
        parsed = ssh_format.signature(content)
        if parsed.namespace != NAMESPACE:
            return f"signed in namespace {parsed.namespace[:64]!r}, not {NAMESPACE!r}"
        if refusal := approver_key_fault(parsed.key, statement, people, now):
            return refusal
        signature.verify(parsed, statements.pre_authentication(payload))
    except SignatureError as error:
        return f"its signature does not hold: {error}"
    except signature.VerifierMissing:
        return f"its signature cannot be checked without cryptography: {signature.HINT}"
    return None


def entry_signature_fault(
    line: bytes, content: bytes, actor: str, people: People, at: datetime
) -> str | None:
    """Why *content* is no signature over *line* of a ledger by *actor*, an address; None where it is one."""
    try:
        parsed = ssh_format.signature(content)
        if parsed.namespace != LEDGER_NAMESPACE:
            return f"signed in namespace {parsed.namespace[:64]!r}, not {LEDGER_NAMESPACE!r}"
        if refusal := key_fault(parsed.key, people.by_email(actor), actor, people, (at,)):
            return refusal
        signature.verify(parsed, line)
    except SignatureError as error:
        return f"its signature does not hold: {error}"
    except signature.VerifierMissing:
        return f"its signature cannot be checked without cryptography: {signature.HINT}"
    return None


def approver_key_fault(
    key: ssh_format.PublicKey, statement: Approval, people: People, now: datetime
) -> str | None:
    """Why *key* cannot sign this statement at *now*; None where it is one of its approver's in force."""
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
    """Why *key* is not one that was *owner*'s, called *name*, at all these instants; None where it was."""
    holder = people.by_key(key.text)
    if holder is None:
        return f"signed with a key that people.yaml does not know ({key.fingerprint})"
    if holder != owner:
        return f"signed with a key of {holder.id}, not of {name} ({key.fingerprint})"
    refusals = [
        next((reason for instant in instants if (reason := listed.refusal(instant))), None)
        for listed in holder.keys
        if listed.text == key.text
    ]
    if None in refusals:
        return None
    return f"signed with a key that does not count: {refusals[0]} ({key.fingerprint})"


def commit_author_fault(commits: Sequence[Commit], statement: Approval, people: People) -> str | None:
    """
    Why a statement without a signature is not its approver's: theirs it is when nobody else ever committed it.

    *commits* are the commits that wrote its file, newest first. A veto stands as soon as its author once committed
    it: touching it must not lift it.
    """
    by_others = [commit for commit in commits if not _is_person(people, commit.author, statement.approver)]
    if not commits:
        return "no commit of its approver's added it"
    if statement.decision is Decision.REJECT and len(by_others) < len(commits):
        return None
    if by_others:
        commit = by_others[0]
        return f"committed by {commit.author} (commit {commit.id[:12]}), not by {statement.approver}"
    return None


def _is_person(people: People, email: str, person: str) -> bool:
    owner = people.by_email(email)
    return isinstance(owner, Person) and owner.id == person
