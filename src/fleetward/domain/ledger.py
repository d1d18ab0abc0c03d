"""The ledger: what was promoted where, when and by which approvals; append-only, hash-chained (SPEC 6.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from fleetward.domain.fast_dataclass import dataclass

if TYPE_CHECKING:
    from fleetward.domain.break_glass import BreakGlassRecord


class PromotionKind(StrEnum):
    """What a promotion does to the agent."""

    CREATE = "create"
    UPDATE = "update"
    OVERRIDE = "override"
    RETIRE = "retire"
    ROLLBACK = "rollback"


TEST_CLOCK_MARK = " (test clock)"
"""Behind the version in ``tool``: the entry is not dated by the present time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTransition:
    """One agent of an entry, with its state digests before and after; None where there is no agent."""

    agent: str
    from_state: str | None
    to_state: str | None
    release: str | None
    generation: int
    renamed_from: str | None = None
    """The name that the same content had before, whose evidence and soak time counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ledger line; ``previous`` is the digest of the line before it, without its line feed."""

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
    governance_version: int = 1
    """What *governance* is the digest of: 1 ``governance/`` alone, 2 ``fleet-config.yaml`` as well."""
    attestations: tuple[Mapping[str, Any], ...] = ()
    """Empty also in the lines of earlier versions, whatever they rested on."""
    line: str = ""
    """The text in the file, without its line feed."""

    @property
    def records(self) -> tuple[Mapping[str, Any], ...]:
        """All records that it names, each with ``file`` and ``sha256``."""
        return (*self.approvals, *self.evidence, *self.attestations)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackHold:
    """The rollback that removed a release."""

    seq: int
    at: datetime
    reason: str


class EntryHead(Protocol):
    """What an entry moves; an ``Entry`` has it as well, and a decoder may know it before the rest of the entry."""

    @property
    def seq(self) -> int:
        """The number of the entry, from 1."""

    @property
    def environment(self) -> str:
        """The environment of the ledger."""

    @property
    def kind(self) -> str:
        """The kind of promotion, or ``adopt``."""

    @property
    def at(self) -> datetime:
        """When it was applied."""

    @property
    def agents(self) -> tuple[AgentTransition, ...]:
        """The agents that it moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The ledger of one environment, oldest entry first."""

    environment: str
    entries: Sequence[Entry] = ()
    """A tuple, or a sequence that decodes an entry on its first access and offers ``heads`` without decoding."""

    @property
    def heads(self) -> Sequence[EntryHead]:
        """The heads of all entries; reading them decodes no entry."""
        heads: Sequence[EntryHead] = getattr(self.entries, "heads", self.entries)
        return heads

    def last_transition(self, agent: str) -> tuple[Entry, AgentTransition] | None:
        """The newest entry that moved *agent*, with its transition."""
        heads = self.heads
        for position in range(len(heads) - 1, -1, -1):
            for transition in heads[position].agents:
                if transition.agent == agent:
                    return self.entries[position], transition
        return None

    def transitions(self, agent: str) -> tuple[tuple[Entry, AgentTransition], ...]:
        """Every entry that moved *agent*, with its transition, oldest first."""
        return tuple(
            (self.entries[position], transition)
            for position, head in enumerate(self.heads)
            for transition in head.agents
            if transition.agent == agent
        )

    def release_entry(self, agent: str) -> Entry | None:
        """
        The entry that brought the running release of *agent*: for a rollback, the entry that it returned to.

        Entries that only changed overrides brought no release.
        """
        transitions = self.transitions(agent)
        while transitions and transitions[-1][0].kind in (PromotionKind.ROLLBACK, PromotionKind.OVERRIDE):
            release, transitions = transitions[-1][1].release, transitions[:-1]
            while transitions and transitions[-1][1].release != release:
                transitions = transitions[:-1]
        return transitions[-1][0] if transitions else None

    def proposal_entry(self, agent: str) -> Entry | None:
        """The last entry that removed the proposal of *agent*; rollback and adoption keep it."""
        removing = frozenset(PromotionKind) - {PromotionKind.ROLLBACK}
        return next(
            (
                entry
                for entry, _ in reversed(self.transitions(agent))
                # a stop leaves the proposal where it waits: its authors are authors still
                if entry.kind in removing and not (entry.break_glass and entry.break_glass.is_stop)
            ),
            None,
        )

    def rollback_hold(self, agent: str, release: str | None) -> RollbackHold | None:
        """The newest rollback that removed *release* of *agent*; None where the release came back since."""
        hold, before = None, None
        for entry, transition in self.transitions(agent):
            if transition.release == release:
                hold = None
            elif entry.kind == PromotionKind.ROLLBACK and before == release:
                hold = RollbackHold(seq=entry.seq, at=entry.at, reason=entry.reason)
            before = transition.release
        return hold

    def next_generation(self, agent: str) -> int:
        """The generation of the next promotion of *agent*: the number of its entries plus one."""
        return 1 + sum(transition.agent == agent for head in self.heads for transition in head.agents)
