"""What went where, when, under which approvals; append-only and hash-chained (SPEC 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, overload

from fleetward.domain.fast_dataclass import dataclass

if TYPE_CHECKING:
    from fleetward.domain.break_glass import BrokenGlass


class PromotionKind(StrEnum):
    """What a promotion does to the running state."""

    CREATE = "create"
    UPDATE = "update"
    OVERRIDE = "override"
    RETIRE = "retire"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
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
    agents: tuple[Moved, ...]
    policy_version: int | None = None
    policy_sha256: str | None = None
    approvals: tuple[Mapping[str, Any], ...] = ()
    evidence: tuple[Mapping[str, Any], ...] = ()
    requirements: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""
    tool: str = ""
    break_glass: BrokenGlass | None = None
    line: str = ""
    """The text as it stands in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The rollback that took an agent away from a release."""

    seq: int
    at: datetime
    reason: str


class Line:
    """
    One line as its place in the chain is judged; the rest of its entry is made when somebody asks for it.

    A verdict on one agent looks at a few of ten thousand. So this is no frozen value: it remembers its entry.
    """

    __slots__ = ("_entry", "_made", "agents", "at", "environment", "kind", "previous", "seq", "text")

    def __init__(
        self,
        *,
        seq: int,
        previous: str | None,
        environment: str,
        kind: str,
        at: datetime,
        agents: tuple[Moved, ...],
        text: str,
        made: Callable[[Line], Entry],
    ) -> None:
        self.seq, self.previous, self.environment, self.kind = seq, previous, environment, kind
        self.at, self.agents, self.text = at, agents, text
        self._made = made
        self._entry: Entry | None = None

    @classmethod
    def of(cls, entry: Entry) -> Line:
        """The line of an entry that is made already."""
        return cls(
            seq=entry.seq,
            previous=entry.previous,
            environment=entry.environment,
            kind=entry.kind,
            at=entry.at,
            agents=entry.agents,
            text=entry.line,
            made=lambda _: entry,
        )

    @property
    def entry(self) -> Entry:
        """All that the line says."""
        if self._entry is None:
            self._entry = self._made(self)
        return self._entry


class Entries(Sequence[Entry]):
    """What lines say, each entry made when it is asked for; equal to any sequence of the same entries."""

    __slots__ = ("lines",)

    def __init__(self, lines: tuple[Line, ...]) -> None:
        self.lines = lines

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Entry]:
        return (line.entry for line in self.lines)

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> Entries: ...
    def __getitem__(self, at: int | slice) -> Entry | Entries:
        return Entries(self.lines[at]) if isinstance(at, slice) else self.lines[at].entry

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The whole file of one environment, oldest first."""

    environment: str
    entries: Sequence[Entry] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What the entries move, without a look at the rest of them."""
        return self.entries.lines if isinstance(self.entries, Entries) else tuple(map(Line.of, self.entries))

    def grown(self, entry: Entry) -> Ledger:
        """The ledger with one more entry."""
        return Ledger(environment=self.environment, entries=Entries((*self.lines, Line.of(entry))))

    def last(self, agent: str) -> tuple[Entry, Moved] | None:
        """The newest entry that moved *agent*."""
        lines = reversed(self.lines)
        found = ((line, moved) for line in lines for moved in line.agents if moved.agent == agent)
        return next(((line.entry, moved) for line, moved in found), None)

    def of(self, agent: str) -> tuple[tuple[Entry, Moved], ...]:
        """Every entry that moved *agent*, oldest first."""
        return tuple(
            (line.entry, moved) for line in self.lines for moved in line.agents if moved.agent == agent
        )

    def brought(self, agent: str) -> Entry | None:
        """
        The entry that brought the release of *agent* that runs: of a rollback, the one that it went back to.

        Entries that only changed overrides since brought no release.
        """
        told = self.of(agent)
        while told and told[-1][0].kind in (PromotionKind.ROLLBACK, PromotionKind.OVERRIDE):
            release, told = told[-1][1].release, told[:-1]
            while told and told[-1][1].release != release:
                told = told[:-1]
        return told[-1][0] if told else None

    def settled(self, agent: str) -> Entry | None:
        """The last entry that took the proposal of *agent* away: rollback and adoption leave it alone."""
        takes = frozenset(PromotionKind) - {PromotionKind.ROLLBACK}
        return next((entry for entry, _ in reversed(self.of(agent)) if entry.kind in takes), None)

    def held(self, agent: str, release: str | None) -> Held | None:
        """The newest rollback that took *agent* away from *release*, where that did not come back since."""
        found, before = None, None
        for entry, moved in self.of(agent):
            if moved.release == release:
                found = None
            elif entry.kind == PromotionKind.ROLLBACK and before == release:
                found = Held(seq=entry.seq, at=entry.at, reason=entry.reason)
            before = moved.release
        return found

    def generation(self, agent: str) -> int:
        """The number that the next promotion of *agent* gets: its entries plus one."""
        return 1 + sum(moved.agent == agent for line in self.lines for moved in line.agents)
