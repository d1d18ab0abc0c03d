"""Texts that ``fleet new`` writes, and that somebody has to replace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent
from fleetward.rules.rule import Violation, rule

AGENT_TEXTS = re.compile(
    r"Say here in one sentence what .{1,63} is for"
    r"|Say here what you are for, what you may do, and what you must leave to a human"
    r"|A question that it must answer"
    r"|a word of the right answer"
)
"""What ``fleet new`` writes."""


@rule("placeholder-text", Severity.WARNING)
def placeholder_text(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A text of `fleet new` stands as it was written: nobody has touched it.

    Why: a prompt that says nothing is a prompt, and a suite that asks nothing passes. Both look finished.
    Bad:
        purpose: {summary: Say here in one sentence what desk-bot is for}
    Good:
        purpose: {summary: Answer questions of staff about orders}
    Fix: write the text in your own words.
    """
    for agent in fleet.effective_agents:
        if agent.manifest is None or agent.manifest.lifecycle == "retired":
            continue
        for file in agent.files:
            text = file.text or ""
            found = AGENT_TEXTS.search(text)
            if found:
                yield _starter_text(agent, file.path, text, found)


def _starter_text(agent: Agent, file: str, text: str, match: re.Match[str]) -> Violation:
    line = text.count("\n", 0, match.start()) + 1
    column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
    return Violation(
        place=Place(
            file=f"{agent.folder}/{file}",
            line=line,
            column=column,
            end_line=line,
            end_column=column + len(match[0]),
        ),
        message=f"{match[0]!r} is still the text of fleet new",
        hint="write it in your own words",
        environment=agent.environment,
        agent=agent.name,
    )
