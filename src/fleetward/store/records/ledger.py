"""A ledger: a chain of lines, each with the digest of the line before (SPEC 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Any

from fleetward.domain import clock, digest, layout, limits
from fleetward.domain.break_glass import BreakGlassRecord
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import AgentTransition, Entry, Ledger
from fleetward.store.records.lazy_entries import LazyEntries, LedgerLine
from fleetward.store.records.ledger_line import GOVERNANCE_VERSION, chain_error, encode, parse_line

ADOPT = "adopt"

_FIXED_CHARACTERS = 260
"""Of a line before its environment: seq, two digests, and the version of the second."""

_AgentStates = dict[str, tuple[str | None, int]]
"""By agent: the state that its last entry left, and that entry's generation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _DecodedLedger:
    """A valid ledger, and the state of each agent after its last line."""

    text: bytes = b""
    lines: tuple[LedgerLine, ...] = ()
    states: _AgentStates = field(default_factory=dict)


_CONFLICT_MARKERS = (b"<<<<<<< ", b"||||||| ", b"=======", b">>>>>>> ")
_CONFLICT_HINT = "git merge --abort && fleet promote AGENT... --to ENV --apply --rebase"
_DECODED: dict[str, _DecodedLedger] = {}
"""By file the last ledger that was read: an audit reads it after every commit, and each line once."""


def decode(text: bytes, file: str) -> Ledger:
    """
    The ledger in *text*, which lies at *file*, such as ``ledger/production.jsonl``.

    Errors: FleetError with file and line where the chain, an agent's transitions or the format of a line break.
    An empty text is an empty ledger.
    """
    environment = _environment(file)
    if len(text) > limits.LEDGER_BYTES:
        raise FleetError(f"{file}: {len(text)} bytes, the limit is {limits.LEDGER_BYTES}")
    # a write that was cut off leaves a half line, which must not count as one
    if text and not text.endswith(b"\n"):
        count = text.count(b"\n") + 1
        raise chain_error(f"{file}:{count}", "the line does not end with a line feed: it was cut off")
    cached = _DECODED.get(file, _DecodedLedger())
    # an earlier version of what was checked already: its chain is a beginning of the same chain
    if cached.text.startswith(text):
        return Ledger(environment=environment, entries=LazyEntries(cached.lines[: text.count(b"\n")]))
    before = cached if text.startswith(cached.text) else _DecodedLedger()
    # copied: a refused line must not change what was accepted before
    lines, states = list(before.lines), dict(before.states)
    for number, content in enumerate(text[len(before.text) :].split(b"\n")[:-1], start=len(lines) + 1):
        where = f"{file}:{number}"
        if content.startswith(_CONFLICT_MARKERS):
            # the lines are chained: no resolution by hand holds
            message = "two promotions met: the lines of both sides of a merge are here"
            raise FleetError(f"{where}: {message}", hint=_CONFLICT_HINT)
        line = parse_line(content, where)
        _check(line, lines[-1] if lines else None, states, environment, where)
        lines.append(line)
    _DECODED[file] = _DecodedLedger(text=text, lines=tuple(lines), states=states)
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
    attestations: tuple[Mapping[str, Any], ...] = (),
    requirements: tuple[Mapping[str, Any], ...] = (),
    reason: str = "",
    tool: str = "",
    break_glass: BreakGlassRecord | None = None,
    governance_version: int = GOVERNANCE_VERSION,
) -> tuple[Entry, bytes]:
    """
    The next entry, chained to the last one, and the whole new content of the file.

    Errors: FleetError when it would be refused by `decode`: *at* is older than the last entry by more than clocks
    differ, or ``from`` and generation do not continue the agent's last transition.
    """
    lines = LazyEntries.of(ledger.entries).lines
    last = lines[-1] if lines else None
    entry = Entry(
        seq=len(lines) + 1,
        previous=None if last is None else digest.of_bytes(last.text.encode()),
        governance=governance,
        environment=ledger.environment,
        kind=kind,
        # the format has whole seconds, and the digest is over the text
        at=at.astimezone(UTC).replace(microsecond=0),
        commit=commit,
        actor=actor,
        agents=agents,
        policy_version=policy_version,
        policy_sha256=policy_sha256,
        approvals=approvals,
        evidence=evidence,
        attestations=attestations,
        requirements=requirements,
        reason=reason,
        tool=tool,
        break_glass=break_glass,
        governance_version=governance_version,
    )
    where = f"{layout.ledger_file(ledger.environment)}:{entry.seq}"
    line = parse_line(encode(entry).encode(), where)
    # what is written passes the same check as what is read
    _check(line, last, _agent_states(ledger), ledger.environment, where)
    return line.entry, "".join(written_line.text + "\n" for written_line in (*lines, line)).encode()


def with_entry(ledger: Ledger, entry: Entry) -> Ledger:
    """The ledger with *entry* at its end."""
    lines = (*LazyEntries.of(ledger.entries).lines, LedgerLine.of(entry))
    return Ledger(environment=ledger.environment, entries=LazyEntries(lines))


def _check(
    line: LedgerLine, last: LedgerLine | None, states: _AgentStates, environment: str, where: str
) -> None:
    """Refuse a line that does not follow *last*; put its transitions into *states*."""
    previous = None if last is None else digest.of_bytes(last.text.encode())
    seq = 1 if last is None else last.seq + 1
    if line.seq != seq:
        raise chain_error(where, f"seq is {line.seq}, expected {seq}")
    if line.previous != previous:
        raise chain_error(where, f"previous is {line.previous!r}, the line before has {previous!r}")
    # an older program would decide by a configuration that nobody agreed to
    if last is not None and _has_version(last.text) and not _has_version(line.text):
        raise chain_error(where, "it was written by an older version of fleet than the entry before")
    # a ledger copied to another environment would carry its promotions over
    if line.environment != environment:
        raise chain_error(where, f"environment is {line.environment!r}, the file is that of {environment!r}")
    # somebody else made the entry before, by another clock
    if last is not None and clock.is_ahead(last.at, line.at):
        at, before = clock.format_instant(line.at), clock.format_instant(last.at)
        raise chain_error(where, f"at is {at!r}, older than the entry before ({before!r})")
    if not line.agents:
        raise chain_error(where, "no agent is named")
    names = [change.agent for change in line.agents]
    # two transitions in one line have no order
    if len(set(names)) != len(names):
        raise chain_error(where, f"an agent is named twice in {names!r}")
    for change in line.agents:
        _check_continuity(line, change, states, where)
        states[change.agent] = (change.to_state, change.generation)


def _check_continuity(line: LedgerLine, change: AgentTransition, states: _AgentStates, where: str) -> None:
    state, generation = states.get(change.agent, (None, 0))
    # a generation is used once, so an approval bound to it is, too
    if change.generation != generation + 1:
        message = f"generation of {change.agent!r} is {change.generation}"
        raise chain_error(where, f"{message}, expected {generation + 1}")
    if change.from_state != state:
        raise chain_error(
            where, f"from of {change.agent!r} is {change.from_state!r}, its last to is {state!r}"
        )
    # a second adoption would forget the history of the agent
    if line.kind == ADOPT and generation:
        raise chain_error(where, f"{change.agent!r} is adopted, but has earlier entries")
    if line.kind == ADOPT and change.to_state is None:
        raise chain_error(where, f"{change.agent!r} is adopted, but 'to' is null")


def _has_version(line: str) -> bool:
    """Does it say ``governanceVersion``? The key stands behind two digests, and before any free text."""
    return '"governanceVersion":' in line[:_FIXED_CHARACTERS]


def _agent_states(ledger: Ledger) -> _AgentStates:
    return {
        change.agent: (change.to_state, change.generation) for head in ledger.heads for change in head.agents
    }


def _environment(file: str) -> str:
    environment = layout.ledger_environment(file)
    if environment is None:
        raise FleetError(
            f"{file}: not the name of a ledger", hint="a ledger lies at ledger/<environment>.jsonl"
        )
    return environment
