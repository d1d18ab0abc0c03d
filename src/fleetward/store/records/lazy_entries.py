"""The lines of a ledger as a sequence of entries that are decoded on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import overload

from fleetward.domain.ledger import AgentTransition, Entry


class LedgerLine:
    """
    One line with the head of its entry; the entry itself is decoded on its first access, and cached.

    A verdict on one agent needs a few entries of ten thousand (ADR 0003).
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
        """The line of an entry that is decoded already."""
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
        """The whole entry."""
        if self._entry is None:
            self._entry = self._build(self)
        return self._entry


class LazyEntries(Sequence[Entry]):
    """The entries of lines, each decoded on its first access; equal to any sequence of the same entries."""

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

    @property
    def heads(self) -> tuple[LedgerLine, ...]:
        """The heads of all entries; reading them decodes no entry."""
        return self.lines

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> LazyEntries:
        """The same entries as lines."""
        return entries if isinstance(entries, cls) else cls(tuple(map(LedgerLine.of, entries)))
