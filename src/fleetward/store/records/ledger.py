"""Ledger lines: written one after the other, each holding the digest of the one before (SPEC 6.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Any

from fleetward.domain import clock, digest, layout, limits
from fleetward.domain.approval import Approval
from fleetward.domain.break_glass import SKIPPABLE, BreakGlassRecord, is_incident
from fleetward.domain.errors import FleetError
from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import AgentTransition, Entry, LazyEntries, Ledger, LedgerLine
from fleetward.domain.policy import Assurance
from fleetward.domain.verdict import Requirement
from fleetward.store.formats import strict_json
from fleetward.store.formats.strict_json import Fields
from fleetward.store.records.ledger_fast_path import parse_fast

ADOPT = "adopt"

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_AGENT_KEYS = ("agent", "from", "to", "release", "generation")
_KEYS = (
    *("seq", "previous", "governance", "environment", "kind", "at", "commit", "actor", "agents"),
    *("policy", "approvals", "evidence", "requirements", "reason", "tool"),
)
_BREAK_GLASS = "breakGlass"
"""The last key of a line, in those alone that broke the glass."""
_HINT = "the ledger only grows: compare it with its history, 'git log -p -- ledger/'"

_AgentStates = dict[str, tuple[str | None, int]]
"""By agent: the state that its last entry left, and that entry's generation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _DecodedLedger:
    """A ledger in which nothing is wrong, and what it says runs."""

    text: bytes = b""
    lines: tuple[LedgerLine, ...] = ()
    states: _AgentStates = field(default_factory=dict)


_DECODED: dict[str, _DecodedLedger] = {}
"""By file the last one: an audit reads each ledger after every line of it, and every line but once."""


def encode(entry: Entry) -> str:
    """The entry as one line, without its line feed; ``entry.line`` is not looked at."""
    policy = {"version": entry.policy_version, "sha256": entry.policy_sha256}
    values = {
        "seq": entry.seq,
        "previous": entry.previous,
        "governance": entry.governance,
        "environment": entry.environment,
        "kind": entry.kind,
        "at": clock.format_instant(entry.at),
        "commit": entry.commit,
        "actor": entry.actor,
        "agents": [_encode_agent(moved) for moved in entry.agents],
        "policy": None if entry.policy_version is None else policy,
        "approvals": [dict(record) for record in entry.approvals],
        "evidence": [dict(record) for record in entry.evidence],
        "requirements": [dict(record) for record in entry.requirements],
        "reason": entry.reason,
        "tool": entry.tool,
        **_encode_break_glass(entry.break_glass),
    }
    return strict_json.ascii_json(values, layout.ledger_file(entry.environment), separators=(",", ":"))


def decode(text: bytes, file: str) -> Ledger:
    """
    The ledger in *text*, which lies at *file*, such as ``ledger/production.jsonl``.

    Errors: FleetError naming file and line at the first break of the chain, of an agent's story or of the
    shape of a line. An empty text is an empty ledger.
    """
    environment = _environment(file)
    if len(text) > limits.LEDGER_BYTES:
        raise FleetError(f"{file}: {len(text)} bytes, the limit is {limits.LEDGER_BYTES}")
    if text and not text.endswith(b"\n"):
        count = text.count(b"\n") + 1
        raise _chain_error(f"{file}:{count}", "the line does not end with a line feed: it was cut off")
    cached = _DECODED.get(file, _DecodedLedger())
    if cached.text.startswith(text):
        return Ledger(environment=environment, entries=LazyEntries(cached.lines[: text.count(b"\n")]))
    before = cached if text.startswith(cached.text) else _DecodedLedger()
    lines, running = list(before.lines), dict(before.states)
    for number, content in enumerate(text[len(before.text) :].split(b"\n")[:-1], start=len(lines) + 1):
        where = f"{file}:{number}"
        line = _parse_line(content, where)
        _check(line, lines[-1] if lines else None, running, environment, where)
        lines.append(line)
    _DECODED[file] = _DecodedLedger(text=text, lines=tuple(lines), states=running)
    return Ledger(environment=environment, entries=LazyEntries(tuple(lines)))


def append(
    ledger: Ledger,
    *,
    kind: str,
    at: datetime,
    governance: str,
    commit: str,
    actor: str,
    agents: tuple[AgentTransition, ...],
    policy_version: int | None = None,
    policy_sha256: str | None = None,
    approvals: tuple[Mapping[str, Any], ...] = (),
    evidence: tuple[Mapping[str, Any], ...] = (),
    requirements: tuple[Mapping[str, Any], ...] = (),
    reason: str = "",
    tool: str = "",
    break_glass: BreakGlassRecord | None = None,
) -> tuple[Entry, bytes]:
    """
    The next entry, chained to the last one, and the whole new content of the file.

    Errors: FleetError when the entry would not be accepted when read: *at* older than the last entry, a
    ``from`` or a generation that does not continue an agent's story.
    """
    lines = ledger.lines
    last = lines[-1] if lines else None
    entry = Entry(
        seq=len(lines) + 1,
        previous=None if last is None else digest.of_bytes(last.text.encode()),
        governance=governance,
        environment=ledger.environment,
        kind=kind,
        at=at.astimezone(UTC).replace(microsecond=0),
        commit=commit,
        actor=actor,
        agents=agents,
        policy_version=policy_version,
        policy_sha256=policy_sha256,
        approvals=approvals,
        evidence=evidence,
        requirements=requirements,
        reason=reason,
        tool=tool,
        break_glass=break_glass,
    )
    where = f"{layout.ledger_file(ledger.environment)}:{entry.seq}"
    line = _parse_line(encode(entry).encode(), where)
    _check(line, last, _agent_states(ledger), ledger.environment, where)
    return line.entry, "".join(written_line.text + "\n" for written_line in (*lines, line)).encode()


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


def _parse_line(line: bytes, where: str) -> LedgerLine:
    plain = parse_fast(line.decode("ascii", "replace")) if len(line) <= limits.LEDGER_LINE_BYTES else None
    return plain or LedgerLine.of(decode_line(line, where))


def decode_line(line: bytes, where: str) -> Entry:
    """
    The entry in *line*, every field of it looked at.

    Errors: FleetError that begins with *where*, and says what is wrong.
    """
    data = strict_json.parse_json(line, where, limit=limits.LEDGER_LINE_BYTES)
    broken = isinstance(data, dict) and _BREAK_GLASS in data
    fields = Fields.from_value(data, where, (*_KEYS, _BREAK_GLASS) if broken else _KEYS)
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
        agents=tuple(_decode_agent(item) for item in fields.objects("agents", _AGENT_KEYS)),
        policy_version=version,
        policy_sha256=sha256,
        approvals=tuple(
            _approval(item) for item in fields.objects("approvals", _APPROVAL_KEYS, ("signature",))
        ),
        evidence=tuple(_evidence(item) for item in fields.objects("evidence", ("file", "sha256"))),
        requirements=_requirements(fields),
        reason=fields.text("reason", empty=True),
        tool=fields.text("tool", empty=True),
        break_glass=_decode_break_glass(fields) if broken else None,
    )
    written = encode(entry)
    if written.encode() != line:
        raise _chain_error(where, "the line is not written as 'fleet' writes it")
    return replace(entry, line=written)


def _check(
    line: LedgerLine, last: LedgerLine | None, running: _AgentStates, environment: str, where: str
) -> None:
    """Break off where *line* does not follow; else take note of what it moved."""
    previous = None if last is None else digest.of_bytes(last.text.encode())
    seq = 1 if last is None else last.seq + 1
    if line.seq != seq:
        raise _chain_error(where, f"seq is {line.seq}, expected {seq}")
    if line.previous != previous:
        raise _chain_error(where, f"previous is {line.previous!r}, the line before has {previous!r}")
    if line.environment != environment:
        raise _chain_error(where, f"environment is {line.environment!r}, the file is that of {environment!r}")
    if last is not None and line.at < last.at:
        at, before = clock.format_instant(line.at), clock.format_instant(last.at)
        raise _chain_error(where, f"at is {at!r}, older than the entry before ({before!r})")
    if not line.agents:
        raise _chain_error(where, "no agent is named")
    names = [moved.agent for moved in line.agents]
    if len(set(names)) != len(names):
        raise _chain_error(where, f"an agent is named twice in {names!r}")
    for moved in line.agents:
        _check_continuity(line, moved, running, where)
        running[moved.agent] = (moved.to_state, moved.generation)


def _check_continuity(line: LedgerLine, moved: AgentTransition, running: _AgentStates, where: str) -> None:
    state, generation = running.get(moved.agent, (None, 0))
    if moved.generation != generation + 1:
        message = f"generation of {moved.agent!r} is {moved.generation}"
        raise _chain_error(where, f"{message}, expected {generation + 1}")
    if moved.from_state != state:
        raise _chain_error(
            where, f"from of {moved.agent!r} is {moved.from_state!r}, its last to is {state!r}"
        )
    if line.kind == ADOPT and (generation or moved.to_state is None):
        raise _chain_error(
            where, f"{moved.agent!r} is adopted, which only a running agent's first entry may do"
        )


def _agent_states(ledger: Ledger) -> _AgentStates:
    return {moved.agent: (moved.to_state, moved.generation) for line in ledger.lines for moved in line.agents}


_APPROVAL_KEYS = ("file", "sha256", "approver", "assurance")


def _decode_agent(fields: Fields) -> AgentTransition:
    to_state = None if fields.is_null("to") else fields.digest("to")
    release = None if fields.is_null("release") else fields.digest("release")
    if (to_state is None) != (release is None):
        fields.reject("release", "a release exactly where there is a state under 'to'")
    return AgentTransition(
        agent=fields.name("agent"),
        from_state=None if fields.is_null("from") else fields.digest("from"),
        to_state=to_state,
        release=release,
        generation=fields.count("generation", least=1),
    )


def _encode_agent(moved: AgentTransition) -> dict[str, Any]:
    return {
        "agent": moved.agent,
        "from": moved.from_state,
        "to": moved.to_state,
        "release": moved.release,
        "generation": moved.generation,
    }


def _approval(fields: Fields) -> Mapping[str, Any]:
    fields.text("file")
    fields.digest("sha256")
    fields.name("approver")
    if fields.text("assurance") not in {assurance.word for assurance in Assurance}:
        fields.reject("assurance", "one of " + ", ".join(assurance.word for assurance in Assurance))
    if "signature" in fields.data:
        fields.digest("signature")
    return fields.data


def _evidence(fields: Fields) -> Mapping[str, Any]:
    fields.text("file")
    fields.digest("sha256")
    return fields.data


def _requirements(fields: Fields) -> tuple[Mapping[str, Any], ...]:
    requirements = fields.items("requirements")
    if not all(isinstance(requirement, dict) for requirement in requirements):
        fields.reject("requirements", "a list of objects")
    return requirements


def _decode_break_glass(fields: Fields) -> BreakGlassRecord:
    glass = fields.child(_BREAK_GLASS, ("incident", "skipped", "reviewBy"))
    if not is_incident(glass.text("incident")):
        glass.reject("incident", "the name of an incident such as 'INC-2041'")
    skipped = glass.items("skipped")
    if skipped != tuple(name for name in SKIPPABLE if name in skipped):
        glass.reject("skipped", f"some of {', '.join(SKIPPABLE)}, in this order")
    return BreakGlassRecord(
        incident=glass.text("incident"), skipped=skipped, review_by=glass.instant("reviewBy")
    )


def _encode_break_glass(glass: BreakGlassRecord | None) -> dict[str, Any]:
    if glass is None:
        return {}
    review_by = clock.format_instant(glass.review_by)
    return {_BREAK_GLASS: {"incident": glass.incident, "skipped": list(glass.skipped), "reviewBy": review_by}}


def _policy(fields: Fields) -> tuple[int | None, str | None]:
    if fields.is_null("policy"):
        return None, None
    policy = fields.child("policy", ("version", "sha256"))
    return policy.count("version"), policy.digest("sha256")


def _commit(fields: Fields) -> str:
    value = fields.text("commit")
    return value if _COMMIT.fullmatch(value) else fields.reject("commit", "a full commit id")


def _environment(file: str) -> str:
    environment = layout.ledger_environment(file)
    if environment is None:
        raise FleetError(f"{file}: no name of a ledger", hint="a ledger lies at ledger/<environment>.jsonl")
    return environment


def _chain_error(where: str, message: str) -> FleetError:
    return FleetError(f"{where}: {message}", hint=_HINT)
