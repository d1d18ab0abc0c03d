"""Approval statements: in-toto Statement v1, one file for each decision (SPEC 6.2)."""

from __future__ import annotations

import re
from typing import Any

from fleetward.domain import clock, digest, layout, limits
from fleetward.domain.approval import GOVERNANCE, Approval, Binding, Decision
from fleetward.domain.errors import FleetError
from fleetward.domain.names import is_name
from fleetward.store.formats import strict_json
from fleetward.store.formats.strict_json import Fields

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:fleetward:approval:v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
EMPTY_STATE = digest.of_files([])
"""The state of a retired agent, which the approval of a retirement names."""

_FILE = re.compile(
    r"approvals/(?P<subject>[^/]+/[^/]+|governance)/"
    r"(?P<state>[0-9a-f]{12})-(?P<person>[^/]+)-(?P<n>[1-9][0-9]{0,5})\.json"
)
_HEX = re.compile(r"[0-9a-f]{64}")
_KEYS = ("_type", "subject", "predicateType", "predicate")
_PREDICATE_KEYS = (
    *("decision", "approver", "repository", "fromState", "generation"),
    *("policy", "issued", "expires", "note"),
)


def file_name(approval: Approval, n: int) -> str:
    """The path of the *n*-th statement of this person about this state."""
    binding = approval.binding
    name = f"{digest.short(binding.to_state)}-{approval.approver}-{n}.json"
    return f"{layout.approvals_folder(binding.subject)}/{name}"


def encode(approval: Approval) -> bytes:
    """The statement as the content of its file; times to the second."""
    binding = approval.binding
    statement = {
        "_type": STATEMENT,
        "subject": [
            {
                "name": binding.subject,
                "digest": {"sha256": binding.to_state.removeprefix("sha256:")},
            }
        ],
        "predicateType": PREDICATE,
        "predicate": _predicate(approval),
    }
    return strict_json.json_bytes(statement, approval.file or "approval")


def decode(content: bytes, file: str) -> Approval:
    """
    The approval in *content*, which lies at *file* (relative to the fleet root).

    Errors: FleetError for a missing or unknown key, a value of another type, or one that contradicts the file name.
    """
    top = Fields.from_value(strict_json.parse_json(content, file, limit=limits.APPROVAL_BYTES), file, _KEYS)
    top.constant("_type", STATEMENT)
    top.constant("predicateType", PREDICATE)
    predicate = top.child("predicate", _PREDICATE_KEYS)
    binding = _binding(top, predicate)
    version, sha256 = _policy(predicate)
    approval = Approval(
        file=file,
        sha256=digest.of_bytes(content),
        decision=_decision(predicate),
        approver=predicate.name("approver"),
        binding=binding,
        issued=predicate.instant("issued"),
        expires=None if predicate.is_null("expires") else predicate.instant("expires"),
        note=predicate.text("note", empty=True),
        policy_version=version,
        policy_sha256=sha256,
    )
    _check_location(approval)
    return approval


def pre_authentication(payload: bytes) -> bytes:
    """The bytes that are signed: the pre-authentication encoding of DSSE v1."""
    kind = PAYLOAD_TYPE.encode()
    # lengths first, so that no payload can pass for another type (DSSE v1)
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _predicate(approval: Approval) -> dict[str, Any]:
    policy = {"version": approval.policy_version, "sha256": approval.policy_sha256}
    return {
        "decision": str(approval.decision),
        "approver": approval.approver,
        "repository": approval.binding.repository,
        "fromState": approval.binding.from_state,
        "generation": approval.binding.generation or None,
        "policy": None if approval.policy_version is None else policy,
        "issued": clock.format_instant(approval.issued),
        "expires": None if approval.expires is None else clock.format_instant(approval.expires),
        "note": approval.note,
    }


def _binding(top: Fields, predicate: Fields) -> Binding:
    subjects = top.objects("subject", ("name", "digest"))
    # in-toto allows several subjects; one decision is about one change
    if len(subjects) != 1:
        top.reject("subject", "exactly one subject")
    [subject] = subjects
    name = subject.text("name")
    environment, _, agent = ("", "", name) if name == GOVERNANCE else name.partition("/")
    if name != GOVERNANCE and not (is_name(environment) and is_name(agent)):
        subject.reject("name", f"'<environment>/<agent>' or {GOVERNANCE!r}")
    # a number that is ignored would be a second spelling
    if name == GOVERNANCE and not predicate.is_null("generation"):
        predicate.reject("generation", "null: a change of governance has none")
    state = subject.child("digest", ("sha256",))
    if not _HEX.fullmatch(state.text("sha256")):
        state.reject("sha256", "64 hex digits")
    return Binding(
        repository=predicate.text("repository"),
        environment=environment,
        agent=agent,
        from_state=None if predicate.is_null("fromState") else predicate.digest("fromState"),
        to_state="sha256:" + state.text("sha256"),
        generation=predicate.count("generation", least=1) if environment else 0,
    )


def _policy(predicate: Fields) -> tuple[int | None, str | None]:
    if predicate.is_null("policy"):
        return None, None
    policy = predicate.child("policy", ("version", "sha256"))
    return policy.count("version"), policy.digest("sha256")


def _decision(predicate: Fields) -> Decision:
    try:
        return Decision(predicate.text("decision"))
    except ValueError:
        return predicate.reject("decision", "one of " + ", ".join(Decision))


def _check_location(approval: Approval) -> None:
    match = _FILE.fullmatch(approval.file)
    if match is None:
        raise FleetError(
            f"{approval.file}: not the name of an approval",
            hint="approvals are written by 'fleet approve' as "
            "approvals/<environment>/<agent>/<12 hex of state>-<person>-<n>.json",
        )
    expected = file_name(approval, int(match["n"]))
    # a statement copied to another agent or person must not count there
    if expected != approval.file:
        raise FleetError(
            f"{approval.file}: the statement belongs at {expected!r}",
            hint="an approval counts only where it was written; restore it, or run 'fleet approve' again",
        )
