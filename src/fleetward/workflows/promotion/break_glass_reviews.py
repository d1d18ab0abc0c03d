"""What breaking the glass owes: a review, by whom it could be given, and the command that gives it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fleetward import gate
from fleetward.domain.clock import written
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.verdict import Promotion
from fleetward.report.page import Line, Page, line, span
from fleetward.store.git import commit_writer
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.workflows.promotion.break_glass import door, review_by
from fleetward.workflows.promotion.candidates import Case
from fleetward.workflows.promotion.context import Hearing

Owed = Sequence[tuple[str, int]]
"""Agents, each with the number of the entry whose review it owes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The emergency of a call, if it is one; *closing* is by agent who could review what it brings."""

    incident: str | None
    reason: str
    closing: Mapping[str, Sequence[str]]

    @property
    def told(self) -> Iterator[str]:
        """Who could review what goes in, in words for each agent."""
        return (_whose(agent, who) for agent, who in self.closing.items())

    def owed(self, asked: Hearing, new: Id | None) -> Owed:
        """The reviews that the commit *new* owes; none where nothing was written, or nothing broken."""
        if new is None or self.incident is None:
            return ()
        ledger = records.ledger(asked.ground.commit(new), asked.target.name)
        own = ledger.entries[len(asked.ledger.entries) :]
        return tuple((moved.agent, entry.seq) for entry in own for moved in entry.agents)

    def at_last(self, asked: Hearing, owed: Owed) -> Page:
        """The last words of a report: what is owed from now on."""
        return tuple(self._line(asked, agent, seq) for agent, seq in owed)

    def following(self, asked: Hearing, owed: Owed) -> str:
        """The command that gives those that somebody may, else that says why not; empty where none is owed."""
        here, to = asked.run.chdir, f"--to {asked.target.name}"
        given = [(agent, seq) for agent, seq in owed if self.closing.get(agent)]
        command = " && ".join(f"fleet approve{here} {agent} {to} --review {seq}" for agent, seq in given)
        return command or (f"fleet policy check{here}" if owed else "")

    def data(self, asked: Hearing, owed: Owed) -> dict[str, Any] | None:
        """The emergency, for programs; None where the glass is whole."""
        if self.incident is None:
            return None
        seqs = dict(owed)
        return {
            "incident": self.incident,
            "reason": self.reason,
            "skips": sorted(door(asked).skips),
            "reviewBy": written(review_by(asked)),
            "reviews": [
                {"agent": agent, "entry": seqs.get(agent), "could": list(who)}
                for agent, who in self.closing.items()
            ],
        }

    def _line(self, asked: Hearing, agent: str, seq: int) -> Line:
        told = f"entry {seq} owes a review by {written(review_by(asked))}"
        return line(span(told, "warning"), f": {_whose(agent, self.closing.get(agent, ()))}", hang=2)


def closing(
    asked: Hearing, moving: Iterable[tuple[Case, Promotion]], *, applied: bool
) -> dict[str, tuple[str, ...]]:
    """By agent who could review it, were it applied now; whoever applies it cannot."""
    actor = commit_writer.identity(asked.ground.repository) if applied else ""
    return {
        told.agent: gate.closers(
            case.question,
            told,
            policy=asked.policy,
            people=asked.people,
            actor=actor,
            now=asked.run.now,
        )
        for case, told in moving
        if told.kind is not None
    }


def _whose(agent: str, who: Sequence[str]) -> str:
    if who:
        return f"{' or '.join(who)} could give that of {agent}"
    return f"nobody may give that of {agent}: once overdue, it holds up every ordinary promotion"
