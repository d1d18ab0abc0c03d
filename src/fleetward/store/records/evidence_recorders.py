"""Who recorded an evaluation run: the key that signed the record, or else whoever committed it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.people import People, Person, Robot
from fleetward.store.git.commit import Commit
from fleetward.store.records.authenticity import key_fault
from fleetward.store.signing import ssh_format
from fleetward.store.signing import verify as signature
from fleetward.store.signing.sign import EVIDENCE_NAMESPACE
from fleetward.store.signing.ssh_format import SignatureError


def with_recorders(record: EvidenceRecord, commits: Sequence[Commit], people: People) -> EvidenceRecord:
    """The record with everybody who wrote it in *commits*, newest first, and the date of the first of them."""
    recorders = {email.casefold(): email for commit in commits for email in _hands(commit, people)}
    return replace(
        record,
        recorders=tuple(recorders[key] for key in sorted(recorders)),
        committed=commits[-1].committed if commits else None,
    )


def with_signer(
    record: EvidenceRecord, payload: bytes, content: bytes | int | None, people: People, now: datetime
) -> EvidenceRecord:
    """
    The record with who signed its bytes, *payload*, or with why the signature file in *content* does not count.

    *content* is a size where the file is too large, None for no regular file.
    """
    signer, fault = _signer(payload, content, people, (now, record.recorded))
    return replace(record, signer=signer.id if signer and fault is None else None, signature_fault=fault)


def _signer(
    payload: bytes, content: bytes | int | None, people: People, instants: tuple[datetime, ...]
) -> tuple[Person | Robot | None, str | None]:
    if not isinstance(content, bytes):
        return None, "its signature is not an SSH signature"
    try:
        parsed = ssh_format.signature(content)
        if parsed.namespace != EVIDENCE_NAMESPACE:
            return None, f"signed in namespace {parsed.namespace[:64]!r}, not {EVIDENCE_NAMESPACE!r}"
        holder = people.by_key(parsed.key.text)
        if fault := key_fault(parsed.key, holder, holder.id if holder else "nobody", people, instants):
            return holder, fault
        # whose key it is comes first: verifying needs a package that may be missing
        signature.verify(parsed, payload)
    except SignatureError as error:
        return None, f"its signature is invalid: {error}"
    except signature.VerifierMissing:
        return None, f"its signature cannot be checked without cryptography: {signature.HINT}"
    return holder, None


def _hands(commit: Commit, people: People) -> Iterator[str]:
    """The addresses of a commit, without those of forges: a forge merges what others wrote."""
    for email in (commit.author, commit.committer, *commit.co_authors()):
        account = people.by_email(email)
        if not (isinstance(account, Robot) and account.is_forge):
            yield email
