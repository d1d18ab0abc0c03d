"""One line of a ledger: an entry as JSON, in one spelling (SPEC 6.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fleetward.domain import clock, layout, limits
from fleetward.domain.approval import Approval
from fleetward.domain.attestation import Attestation
from fleetward.domain.break_glass import SKIPPABLE, BreakGlassRecord, is_incident
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.ledger import AgentTransition, Entry
from fleetward.domain.policy import Assurance
from fleetward.domain.verdict import Requirement
from fleetward.store.formats import strict_json
from fleetward.store.formats.strict_json import Fields
from fleetward.store.records.lazy_entries import LedgerLine
from fleetward.store.records.ledger_fast_path import parse_fast

# SHA-1 and SHA-256 repositories
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_AGENT_KEYS = ("agent", "from", "to", "release", "generation")
_RENAMED_FROM = "renamedFrom"
_KEYS = (
    *("seq", "previous", "governance", "environment", "kind", "at", "commit", "actor", "agents"),
    *("policy", "approvals", "evidence", "requirements", "reason", "tool"),
)
_BREAK_GLASS = "breakGlass"
"""Near the end, in the lines of break-glass promotions alone."""
_SKIPPED = "skipped"
"""Behind ``breakGlass``; lines of earlier versions lack it."""
_GOVERNANCE_VERSION = "governanceVersion"
"""Behind ``governance``; lines of earlier versions lack it."""
_ATTESTATIONS = "attestations"
"""Behind ``evidence``, in lines that rest on any."""
_OPTIONAL = (_BREAK_GLASS, _SKIPPED, _GOVERNANCE_VERSION, _ATTESTATIONS)
GOVERNANCE_VERSION = 2
"""``governance`` is the digest of ``fleet-config.yaml`` and ``governance/``."""
_APPROVAL_KEYS = ("file", "sha256", "approver", "assurance")
REQUIREMENT_KEYS = ("agent", "rule", "kind", "asked", "status", "by", "detail", "readyAt", "could")
"""Of a requirement as an entry records it."""
_HINT = "the ledger only grows: compare it with its history, 'git log -p -- ledger/'"


def encode(entry: Entry) -> str:
    """The entry as one line, without its line feed; ``entry.line`` is ignored."""
    policy = {"version": entry.policy_version, "sha256": entry.policy_sha256}
    values = {
        "seq": entry.seq,
        "previous": entry.previous,
        "governance": entry.governance,
        **({_GOVERNANCE_VERSION: entry.governance_version} if entry.governance_version > 1 else {}),
        "environment": entry.environment,
        "kind": entry.kind,
        "at": clock.format_instant(entry.at),
        "commit": entry.commit,
        "actor": entry.actor,
        "agents": [_encode_agent(change) for change in entry.agents],
        "policy": None if entry.policy_version is None else policy,
        "approvals": [dict(record) for record in entry.approvals],
        "evidence": [dict(record) for record in entry.evidence],
        **({_ATTESTATIONS: [dict(record) for record in entry.attestations]} if entry.attestations else {}),
        "requirements": [dict(record) for record in entry.requirements],
        "reason": entry.reason,
        "tool": entry.tool,
        **_encode_break_glass(entry.break_glass),
    }
    return strict_json.ascii_json(values, layout.ledger_file(entry.environment), separators=(",", ":"))


def encode_approval(approval: Approval) -> dict[str, Any]:
    """An approval that counted, as an entry records it."""
    fields = {
        "file": approval.file,
        "sha256": approval.sha256,
        "approver": approval.approver,
        "assurance": approval.assurance.word,
    }
    return fields if approval.signature is None else {**fields, "signature": approval.signature}


def encode_evidence(record: EvidenceRecord) -> dict[str, Any]:
    """An evaluation record that counted, as an entry records it."""
    return {"file": record.file, "sha256": record.sha256}


def encode_attestation(attestation: Attestation) -> dict[str, Any]:
    """An attestation that counted, as an entry records it."""
    fields = {"file": attestation.file, "sha256": attestation.sha256}
    return fields if attestation.signature is None else {**fields, "signature": attestation.signature}


def encode_requirement(agent: str, requirement: Requirement) -> dict[str, Any]:
    """
    A requirement of *agent*, as an entry records it.

    The keys belong to the ledger format: a new one has to be optional, because older lines lack it.
    """
    ready_at = requirement.ready_at
    return {
        "agent": agent,
        "rule": requirement.rule,
        "kind": requirement.kind,
        "asked": requirement.condition,
        "status": requirement.status.value,
        "by": list(requirement.by),
        "detail": requirement.detail,
        "readyAt": None if ready_at is None else clock.format_instant(ready_at),
        "could": list(requirement.eligible),
    }


def parse_line(line: bytes, where: str) -> LedgerLine:
    """
    The line, by the fast path where that accepts it.

    Errors: FleetError whose message begins with *where*.
    """
    # replaced bytes match no pattern: the reference then names the fault
    fast = parse_fast(line.decode("ascii", "replace")) if len(line) <= limits.LEDGER_LINE_BYTES else None
    return fast or LedgerLine.of(decode_line(line, where))


def decode_line(line: bytes, where: str) -> Entry:
    """
    The entry in *line*, with every field checked.

    Errors: FleetError whose message begins with *where*.
    """
    data = strict_json.parse_json(line, where, limit=limits.LEDGER_LINE_BYTES)
    optional = [key for key in _OPTIONAL if isinstance(data, dict) and key in data]
    fields = Fields.from_value(data, where, (*_KEYS, *optional))
    version, sha256 = _policy(fields)
    entry = Entry(
        seq=fields.count("seq", least=1),
        previous=None if fields.is_null("previous") else fields.digest("previous"),
        governance=fields.digest("governance"),
        environment=fields.name("environment"),
        kind=fields.name("kind"),
        at=fields.instant("at"),
        commit=_commit(fields),
        actor=fields.text("actor"),
        agents=tuple(_decode_agent(item) for item in fields.objects("agents", _AGENT_KEYS, (_RENAMED_FROM,))),
        policy_version=version,
        policy_sha256=sha256,
        approvals=tuple(
            _approval(item) for item in fields.objects("approvals", _APPROVAL_KEYS, ("signature",))
        ),
        evidence=tuple(_record(item) for item in fields.objects("evidence", ("file", "sha256"))),
        attestations=_attestations(fields) if _ATTESTATIONS in optional else (),
        requirements=_requirements(fields),
        reason=fields.text("reason", empty=True),
        tool=fields.text("tool", empty=True),
        break_glass=_decode_break_glass(fields) if _BREAK_GLASS in optional else None,
        governance_version=_governance_version(fields) if _GOVERNANCE_VERSION in optional else 1,
    )
    written = encode(entry)
    # one spelling: the next line holds the digest of these bytes
    if written.encode() != line:
        raise chain_error(where, "the line is not written as 'fleet' writes it")
    return replace(entry, line=written)


def _decode_agent(fields: Fields) -> AgentTransition:
    to_state = None if fields.is_null("to") else fields.digest("to")
    release = None if fields.is_null("release") else fields.digest("release")
    # a retired agent has neither, and a running one both
    if (to_state is None) != (release is None):
        fields.reject("release", "a release exactly where there is a state under 'to'")
    return AgentTransition(
        agent=fields.name("agent"),
        from_state=None if fields.is_null("from") else fields.digest("from"),
        to_state=to_state,
        release=release,
        generation=fields.count("generation", least=1),
        renamed_from=fields.name(_RENAMED_FROM) if _RENAMED_FROM in fields.data else None,
    )


def _encode_agent(change: AgentTransition) -> dict[str, Any]:
    return {
        "agent": change.agent,
        "from": change.from_state,
        "to": change.to_state,
        "release": change.release,
        "generation": change.generation,
        # at the end, and in the lines of a rename alone: earlier lines lack it
        **({_RENAMED_FROM: change.renamed_from} if change.renamed_from is not None else {}),
    }


def _approval(fields: Fields) -> Mapping[str, Any]:
    fields.name("approver")
    if fields.text("assurance") not in {assurance.word for assurance in Assurance}:
        fields.reject("assurance", "one of " + ", ".join(assurance.word for assurance in Assurance))
    return _record(fields)


def _record(fields: Fields) -> Mapping[str, Any]:
    fields.text("file")
    fields.digest("sha256")
    if "signature" in fields.data:
        fields.digest("signature")
    return fields.data


def _attestations(fields: Fields) -> tuple[Mapping[str, Any], ...]:
    return tuple(_record(item) for item in fields.objects(_ATTESTATIONS, ("file", "sha256"), ("signature",)))


def _requirements(fields: Fields) -> tuple[Mapping[str, Any], ...]:
    requirements = fields.items("requirements")
    if not all(isinstance(requirement, dict) for requirement in requirements):
        fields.reject("requirements", "a list of objects")
    return requirements


def _decode_break_glass(fields: Fields) -> BreakGlassRecord:
    record = fields.child(_BREAK_GLASS, ("incident", "skipped", "reviewBy"))
    if not is_incident(record.text("incident")):
        record.reject("incident", "the name of an incident such as 'INC-2041'")
    skipped = record.items("skipped")
    # in this order alone, because a set has one spelling then
    if skipped != tuple(name for name in SKIPPABLE if name in skipped):
        record.reject("skipped", f"some of {', '.join(SKIPPABLE)}, in this order")
    left_out = fields.items(_SKIPPED) if _SKIPPED in fields.data else None
    if left_out is not None and not all(isinstance(words, str) for words in left_out):
        fields.reject(_SKIPPED, "a list of texts")
    return BreakGlassRecord(
        incident=record.text("incident"),
        skipped=skipped,
        review_by=record.instant("reviewBy"),
        left_out=left_out,
    )


def _encode_break_glass(record: BreakGlassRecord | None) -> dict[str, Any]:
    if record is None:
        return {}
    review_by = clock.format_instant(record.review_by)
    encoded = {"incident": record.incident, "skipped": list(record.skipped), "reviewBy": review_by}
    left_out = {} if record.left_out is None else {_SKIPPED: list(record.left_out)}
    return {_BREAK_GLASS: encoded, **left_out}


def _governance_version(fields: Fields) -> int:
    version = fields.count(_GOVERNANCE_VERSION)
    return (
        version if version == GOVERNANCE_VERSION else fields.reject(_GOVERNANCE_VERSION, "2, or no such key")
    )


def _policy(fields: Fields) -> tuple[int | None, str | None]:
    if fields.is_null("policy"):
        return None, None
    policy = fields.child("policy", ("version", "sha256"))
    return policy.count("version"), policy.digest("sha256")


def _commit(fields: Fields) -> str:
    value = fields.text("commit")
    return value if _COMMIT.fullmatch(value) else fields.reject("commit", "a full commit id")


def chain_error(where: str, message: str) -> FleetError:
    """A line that does not belong where it stands, with the command that shows its history."""
    return FleetError(f"{where}: {message}", hint=_HINT)
