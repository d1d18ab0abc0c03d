"""The records that a ledger entry names: approvals, evidence, attestations and signatures, with their dates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from fleetward.domain import digest, layout
from fleetward.domain.attestation import instant_of
from fleetward.domain.audit import Break
from fleetward.domain.errors import FleetError
from fleetward.domain.fleet import Snapshot
from fleetward.domain.ledger import Entry
from fleetward.domain.policy import Assurance
from fleetward.gate import entry_checks
from fleetward.gate.appliers import applier_fault
from fleetward.store.records import approvals, attestations, authenticity, evidence
from fleetward.store.records import load as records
from fleetward.workflows.audit.commit_files import file_content
from fleetward.workflows.audit.entry_context import EntryContext
from fleetward.workflows.load import load_fleet


def check_records(context: EntryContext, entry: Entry) -> Iterator[Break]:
    """Is every record in the commit, with the digest that the entry names?"""
    kinds = (("approval", entry.approvals), ("evidence", entry.evidence), ("attestation", entry.attestations))
    for kind, references in kinds:
        for reference in references:
            file = str(reference["file"])
            yield from _check_record(context, entry, kind, file, str(reference["sha256"]))
            # the signature file is recorded apart: removing it would lower the assurance
            if "signature" in reference:
                signature = records.signature_name(file)
                yield from _check_record(context, entry, kind, signature, str(reference["signature"]))


def _check_record(
    context: EntryContext, entry: Entry, kind: str, file: str, expected: str
) -> Iterator[Break]:
    # in this commit: a record that arrives later was not there to decide by
    content = file_content(context.root, context.commit.id, file)
    name = f"entry {entry.seq} of {entry.environment}"
    if content is None:
        message = f"{name} names it, and it does not exist"
        yield _record_break(context, entry, f"{kind}-missing", file, message)
    elif (actual := digest.of_bytes(content)) != expected:
        message = f"{name} names it as {expected}, it is {actual}"
        yield _record_break(context, entry, f"{kind}-changed", file, message)


def check_signature(context: EntryContext, entry: Entry) -> Iterator[Break]:
    """The signature of an entry by the keys of that time; without one, whether the policy asks for it."""
    try:
        governance = _governance(context, entry)
    except FleetError:  # check_decision reports it
        return
    people, terms = governance.people, governance.policy.apply if governance.policy else None
    if terms is not None:
        fault = applier_fault(terms, people.by_email(entry.actor), entry.actor, people, entry.at)
        yield from entry_checks.applier_refusal(context.commit, entry, fault)
    file = layout.ledger_signature_file(entry.environment, entry.seq)
    if not context.root.commit_tree(context.commit.id).entries(file):
        # without apply, a signature is only checked where there is one
        if terms is not None and terms.assurance is Assurance.SIGNED:
            fault = f"{entry.actor} did not sign it, and 'apply' asks for signed lines"
            yield from entry_checks.applier_refusal(context.commit, entry, fault)
        return
    signature = file_content(context.root, context.commit.id, file) or b""
    # by the keys of that time: a key that was revoked later was valid then
    fault = authenticity.entry_signature_fault(
        entry.line.encode(), signature, entry.actor, people, (entry.at,)
    )
    if fault is not None:
        message = f"entry {entry.seq} of {entry.environment} is not signed by {entry.actor}: {fault}"
        yield _record_break(context, entry, "seal-broken", file, message)


def _governance(context: EntryContext, entry: Entry) -> Snapshot:
    """The governance that decided: that in force, and for the first entry of all that of its own commit."""
    tree = context.root.commit_tree(entry.commit)
    return load_fleet(tree, only=(), documents=context.run.documents).require_governance()


def _record_break(context: EntryContext, entry: Entry, rule: str, file: str, message: str) -> Break:
    return replace(context.entry_break(entry, rule, ""), file=file, line=1, message=message)


def record_dates(context: EntryContext, entry: Entry) -> Iterator[tuple[str, datetime]]:
    """When each record of an entry was made, by file; a record that cannot be read has no date."""
    for reference in entry.records:
        file = str(reference["file"])
        content = file_content(context.root, context.commit.id, file)
        try:
            if content and file.startswith(f"{layout.APPROVALS}/"):
                yield file, approvals.decode(content, file).issued
            elif content and layout.is_attestation(file):
                yield file, instant_of(attestations.decode(content, file).on)
            elif content:
                yield file, evidence.decode(content, file).recorded
        # unreadable records are reported by check_records; here they have no date
        except FleetError:
            continue
