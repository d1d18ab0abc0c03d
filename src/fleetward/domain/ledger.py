"""What went where, when, under which approvals; append-only and hash-chained (SPEC 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, overload

from fleetward.domain.fast_dataclass import dataclass

if TYPE_CHECKING:
    from fleetward.domain.break_glass import BreakGlassRecord


class PromotionKind(StrEnum):
    """What a promotion does to the running state."""

    CREATE = "create"
    UPDATE = "update"
    OVERRIDE = "override"
    RETIRE = "retire"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTransition:
    """One agent's part of an entry: from and to are state digests, null where there is none."""

    agent: str
    from_state: str | None
    to_state: str | None
    release: str | None
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line; ``previous`` is the digest of the line before without its line feed."""

    seq: int
    previous: str | None
    governance: str
    environment: str
    kind: str
    at: datetime
    commit: str
    actor: str
    agents: tuple[AgentTransition, ...]
    policy_version: int | None = None
    policy_sha256: str | None = None
    approvals: tuple[Mapping[str, Any], ...] = ()
    evidence: tuple[Mapping[str, Any], ...] = ()
    requirements: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""
    tool: str = ""
    break_glass: BreakGlassRecord | None = None
    line: str = ""
    """The text as it stands in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackHold:
    """The rollback that took an agent away from a release."""

    seq: int
    at: datetime
    reason: str


class LedgerLine:
    """
    One line as its place in the chain is judged; the rest of its entry is made when somebody asks for it.

    A verdict on one agent looks at a few of ten thousand. So this is no frozen value: it remembers its entry.
    """

    __slots__ = ("_build", "_entry", "agents", "at", "environment", "kind", "previous", "seq", "text")

    def __init__(
        self,
        *,
        seq: int,
        previous: str | None,
        environment: str,
        kind: str,
        at: datetime,
        agents: tuple[AgentTransition, ...],
        text: str,
        build: Callable[[LedgerLine], Entry],
    ) -> None:
        self.seq, self.previous, self.environment, self.kind = seq, previous, environment, kind
        self.at, self.agents, self.text = at, agents, text
        self._build = build
        self._entry: Entry | None = None

    @classmethod
    def of(cls, entry: Entry) -> LedgerLine:
        """The line of an entry that is made already."""
        return cls(
            seq=entry.seq,
            previous=entry.previous,
            environment=entry.environment,
            kind=entry.kind,
            at=entry.at,
            agents=entry.agents,
            text=entry.line,
            build=lambda _: entry,
        )

    @property
    def entry(self) -> Entry:
        """All that the line says."""
        if self._entry is None:
            self._entry = self._build(self)
        return self._entry


class LazyEntries(Sequence[Entry]):
    """What lines say, each entry made when it is asked for; equal to any sequence of the same entries."""

    __slots__ = ("lines",)

    def __init__(self, lines: tuple[LedgerLine, ...]) -> None:
        self.lines = lines

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Entry]:
        return (line.entry for line in self.lines)

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> LazyEntries: ...
    def __getitem__(self, at: int | slice) -> Entry | LazyEntries:
        return LazyEntries(self.lines[at]) if isinstance(at, slice) else self.lines[at].entry

    def __eq__(self, value: object) -> bool:
        return isinstance(value, Sequence) and tuple(self) == tuple(value)

    def __hash__(self) -> int:
        return hash(tuple(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The whole file of one environment, oldest first."""

    environment: str
    entries: Sequence[Entry] = ()

    @property
    def lines(self) -> tuple[LedgerLine, ...]:
        """What the entries move, without a look at the rest of them."""
        return (
            self.entries.lines
            if isinstance(self.entries, LazyEntries)
            else tuple(map(LedgerLine.of, self.entries))
        )

    def with_entry(self, entry: Entry) -> Ledger:
        """The ledger with one more entry."""
        return Ledger(environment=self.environment, entries=LazyEntries((*self.lines, LedgerLine.of(entry))))

    def last_transition(self, agent: str) -> tuple[Entry, AgentTransition] | None:
        """The newest entry that moved *agent*."""
        lines = reversed(self.lines)
        pairs = (
            (line, transition) for line in lines for transition in line.agents if transition.agent == agent
        )
        return next(((line.entry, transition) for line, transition in pairs), None)

    def transitions(self, agent: str) -> tuple[tuple[Entry, AgentTransition], ...]:
        """Every entry that moved *agent*, oldest first."""
        return tuple(
            (line.entry, transition)
            for line in self.lines
            for transition in line.agents
            if transition.agent == agent
        )

    def release_entry(self, agent: str) -> Entry | None:
        """
        The entry that brought the release of *agent* that runs: of a rollback, the one that it went back to.

        Entries that only changed overrides since brought no release.
        """
        transitions = self.transitions(agent)
        while transitions and transitions[-1][0].kind in (PromotionKind.ROLLBACK, PromotionKind.OVERRIDE):
            release, transitions = transitions[-1][1].release, transitions[:-1]
            while transitions and transitions[-1][1].release != release:
                transitions = transitions[:-1]
        return transitions[-1][0] if transitions else None

    def proposal_entry(self, agent: str) -> Entry | None:
        """The last entry that took the proposal of *agent* away: rollback and adoption leave it alone."""
        takes = frozenset(PromotionKind) - {PromotionKind.ROLLBACK}
        return next((entry for entry, _ in reversed(self.transitions(agent)) if entry.kind in takes), None)

    def rollback_hold(self, agent: str, release: str | None) -> RollbackHold | None:
        """The newest rollback that took *agent* away from *release*, where that did not come back since."""
        hold, before = None, None
        for entry, transition in self.transitions(agent):
            if transition.release == release:
                hold = None
            elif entry.kind == PromotionKind.ROLLBACK and before == release:
                hold = RollbackHold(seq=entry.seq, at=entry.at, reason=entry.reason)
            before = transition.release
        return hold

    def next_generation(self, agent: str) -> int:
        """The number that the next promotion of *agent* gets: its entries plus one."""
        return 1 + sum(transition.agent == agent for line in self.lines for transition in line.agents)
