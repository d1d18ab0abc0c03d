"""Commits, entries and verdicts for the checks of a history."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fleetward.domain.audit import Break, FileStep, FileVersion, FirstParentCommit
from fleetward.domain.fleet import Environment, FleetConfig
from fleetward.domain.ledger import AgentTransition, Entry, PromotionKind
from fleetward.domain.verdict import Promotion, Verdict
from tests.gate.world import NEW, OLD, OTHER

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PLAIN, PROGRAM, OTHERS = (
    FileVersion("100644", "a" * 40),
    FileVersion("100755", "a" * 40),
    FileVersion("100644", "b" * 40),
)
APPROVAL = "approvals/production/desk/1.json"
PROMPT = "environments/production/desk/prompts/system.md"
ENTRY = Entry(
    seq=2,
    previous=None,
    governance=OTHER,
    environment="production",
    kind="update",
    at=AT,
    commit="c" * 40,
    actor="ci@acme.example",
    agents=(AgentTransition(agent="desk", from_state=OLD, to_state=NEW, release=OTHER, generation=2),),
)


def commit_with(*steps: FileStep) -> FirstParentCommit:
    return FirstParentCommit(id="d" * 40, parent="c" * 40, committed=AT, changes=steps)


def rule_ids(breaks: object) -> list[str]:
    return [b.rule for b in breaks]  # type: ignore[attr-defined]


def summaries(breaks: Iterable[Break]) -> list[tuple[str, str, str]]:
    """Rule, file and words; that each names the commit and how to look at it holds for all."""
    breaks = list(breaks)
    for b in breaks:
        assert b.commit == "d" * 40
        assert re.fullmatch(r"git show (--stat )?d{12}( -- \S+)?", b.hint)
    return [(b.rule, b.file, b.message) for b in breaks]


def subjects(breaks: Iterable[Break]) -> list[tuple[str | None, str | None, int]]:
    return [(b.environment, b.agent, b.line) for b in breaks]


def entry(**changes: Any) -> Entry:
    return replace(ENTRY, **changes)


def judged(agent: str = "desk", **changes: Any) -> Promotion:
    """The verdict that ENTRY tells of."""
    usual: dict[str, Any] = {
        "kind": PromotionKind.UPDATE,
        "tier": "medium",
        "release": OTHER,
        "from_state": OLD,
        "to_state": NEW,
        "generation": 2,
        "verdict": Verdict.ALLOWED,
        "requirements": (),
    }
    return Promotion(agent=agent, **{**usual, **changes})


def environment(name: str, *sources: str) -> Environment:
    return Environment(name=name, sources=sources)


def config(*environments: Environment) -> FleetConfig:
    return FleetConfig(repository="acme/agents", environments=environments)
