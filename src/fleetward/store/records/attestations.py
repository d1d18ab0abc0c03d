"""Attestation statements: in-toto Statement v1, one file for each fact (register.md 1)."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import TypeVar

from fleetward.domain import clock, digest, layout, limits
from fleetward.domain.attestation import EVERYWHERE, FLEET, Attestation, Outcome, Result
from fleetward.domain.errors import FleetError
from fleetward.domain.names import is_name
from fleetward.store.formats import strict_json
from fleetward.store.formats.strict_json import Fields
from fleetward.store.records.approvals import STATEMENT

PREDICATE = "urn:fleetward:attestation:v1"

_KEYS = ("_type", "subject", "predicateType", "predicate")
_PREDICATE_KEYS = ("kind", "of", "person", "on", "result", "outcome", "incident", "note", "repository")
_HEX = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"(-[1-9][0-9]{0,5})?\.json")
Word = TypeVar("Word", bound=StrEnum)


def file_name(attestation: Attestation, n: int = 1) -> str:
    """The path of the *n*-th attestation of this kind by this person on this day."""
    number = "" if n == 1 else f"-{n}"
    return f"{_stem(attestation)}{number}.json"


def _stem(attestation: Attestation) -> str:
    name = f"{attestation.on.isoformat()}-{attestation.kind}-{attestation.person}"
    return f"{layout.attestations_folder(attestation.agent or FLEET)}/{name}"


def encode(attestation: Attestation) -> bytes:
    """The statement as the content of its file."""
    subject = {
        "name": attestation.subject,
        "digest": {"sha256": attestation.state.removeprefix("sha256:")},
    }
    statement = {
        "_type": STATEMENT,
        "subject": [subject],
        "predicateType": PREDICATE,
        "predicate": {
            "kind": attestation.kind,
            "of": attestation.of,
            "person": attestation.person,
            "on": attestation.on.isoformat(),
            "result": str(attestation.result),
            "outcome": None if attestation.outcome is None else str(attestation.outcome),
            "incident": attestation.incident,
            "note": attestation.note,
            "repository": attestation.repository,
        },
    }
    return strict_json.json_bytes(statement, attestation.file or "attestation")


def decode(content: bytes, file: str) -> Attestation:
    """
    The attestation in *content*, which lies at *file* (relative to the fleet root).

    Errors: FleetError for a missing or unknown key, a value of another type, or one that contradicts the file name.
    """
    parsed = strict_json.parse_json(content, file, limit=limits.ATTESTATION_BYTES)
    top = Fields.from_value(parsed, file, _KEYS)
    top.constant("_type", STATEMENT)
    top.constant("predicateType", PREDICATE)
    predicate = top.child("predicate", _PREDICATE_KEYS)
    environment, agent, state = _subject(top)
    attestation = Attestation(
        file=file,
        sha256=digest.of_bytes(content),
        environment=environment,
        agent=agent,
        state=state,
        kind=predicate.name("kind"),
        of=None if predicate.is_null("of") else predicate.name("of"),
        person=predicate.name("person"),
        on=_day(predicate),
        result=_word(predicate, "result", Result),
        outcome=None if predicate.is_null("outcome") else _word(predicate, "outcome", Outcome),
        incident=None if predicate.is_null("incident") else predicate.text("incident"),
        note=predicate.text("note", empty=True),
        repository=predicate.text("repository"),
    )
    stem = _stem(attestation)
    # a statement copied to another agent, day or person must not count there
    if not (file.startswith(stem) and _NUMBER.fullmatch(file, len(stem))):
        raise FleetError(
            f"{file}: the attestation belongs at {stem + '.json'!r}",
            hint="an attestation counts only where it was written; run 'fleet attest' again",
        )
    return attestation


def _subject(top: Fields) -> tuple[str, str, str]:
    """Environment, agent and digest."""
    subjects = top.objects("subject", ("name", "digest"))
    if len(subjects) != 1:
        top.reject("subject", "exactly one subject")
    [subject] = subjects
    name = subject.text("name")
    environment, _, agent = ("", "", "") if name == FLEET else name.partition("/")
    if name != FLEET and not ((environment == EVERYWHERE or is_name(environment)) and is_name(agent)):
        subject.reject("name", f"'<environment or *>/<agent>' or {FLEET!r}")
    state = subject.child("digest", ("sha256",))
    if not _HEX.fullmatch(state.text("sha256")):
        state.reject("sha256", "64 hex digits")
    return environment, agent, "sha256:" + state.text("sha256")


def _day(predicate: Fields) -> date:
    try:
        return clock.parse_date(predicate.text("on"))
    except ValueError:
        return predicate.reject("on", "a date such as 2026-11-20")


def _word(predicate: Fields, key: str, words: type[Word]) -> Word:
    try:
        return words(predicate.text(key))
    except ValueError:
        return predicate.reject(key, "one of " + ", ".join(words))
