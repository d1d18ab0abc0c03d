"""Texts that ``fleet new`` writes, and that somebody has to replace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent
from fleetward.domain.placeholder import TODO
from fleetward.rules.rule import Violation, rule, violation

AGENT_TEXTS = re.compile(
    r"Say here in one sentence what .{1,63} is for"
    r"|Say here what you are for, what you may do, and what you must leave to a human"
    r"|A question that it must answer"
    r"|a word of the right answer"
)
"""What ``fleet new`` writes."""
_NOT_WRITTEN = re.compile(r"(?:#{1,6} )?(?:TODO|FIXME|TBD|XXX|todo|tbd)(?:\s*[:(–-].{0,200})?[.!…]*")
"""A text that is nothing but a mark for later."""
_SUMMARY = "spec.purpose.summary"
_HINT = "write it in your own words"


@rule("placeholder-text", Severity.WARNING)
def placeholder_text(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A text of `fleet new` stands as it was written, or a prompt or the summary is nothing but a `TODO`.

    Why: a prompt that says nothing is a prompt, and a suite that asks nothing passes. Both look finished.
    Bad:
        purpose: {summary: Say here in one sentence what desk-bot is for}
    Good:
        purpose: {summary: Answer questions of staff about orders}
    Fix: write the text in your own words.
    """
    for agent in fleet.effective_agents:
        manifest = agent.manifest
        if manifest is None or manifest.lifecycle == "retired":
            continue
        summary = str(manifest.get(_SUMMARY, ""))
        # a bare TODO is a finding of placeholder
        if summary != TODO and _NOT_WRITTEN.fullmatch(summary):
            message = f"{summary!r} stands for a text that is to be written"
            yield violation(manifest, _SUMMARY, message, _HINT)
        prompts = {prompt.get("file") for prompt in manifest.items("spec.prompts")}
        for file in agent.files:
            text = file.text or ""
            found = AGENT_TEXTS.search(text)
            if found:
                yield _text_to_write(agent, file.path, text, found[0], "is still the text of fleet new")
            elif file.path in prompts and _NOT_WRITTEN.fullmatch(text.strip()):
                yield _text_to_write(
                    agent, file.path, text, text.strip(), "stands for a text that is to be written"
                )


def _text_to_write(agent: Agent, file: str, text: str, part: str, problem: str) -> Violation:
    start = text.index(part)
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return Violation(
        place=Place(
            file=f"{agent.folder}/{file}",
            line=line,
            column=column,
            end_line=line,
            end_column=column + len(part),
        ),
        message=f"{part!r} {problem}",
        hint=_HINT,
        environment=agent.environment,
        agent=agent.name,
    )
