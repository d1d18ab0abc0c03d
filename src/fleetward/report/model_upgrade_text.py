"""The upgrade of a language model in many agents, for people."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain import layout
from fleetward.domain.change import ExpectedRequirement
from fleetward.domain.model_upgrade import (
    ListedModel,
    MentionOutcome,
    ModelMention,
    ModelUpgrade,
    UpgradedAgent,
)
from fleetward.report.counts import count_text
from fleetward.report.page import Line, Page, line, page, span

_NOT_ALLOWED = "model-not-allowed"
_HEADS = {
    MentionOutcome.EDIT: ("would edit", "edited"),
    MentionOutcome.PROPOSAL: ("would propose", "proposed"),
    MentionOutcome.OPEN: ("stays, decide yourself", "stays, decide yourself"),
}


def render(upgrade: ModelUpgrade, *, next_command: str) -> Page:
    """The whole plan; its last line is *next_command*."""
    count = count_text(len(upgrade.agents), "agent")
    lines = [
        line(
            span(f"{upgrade.old.text} -> {upgrade.new.text}", "strong"), f": {count} of {upgrade.environment}"
        ),
        line(f"  old  {_model_text(upgrade.old)}", hang=7),
        line(f"  new  {_model_text(upgrade.new)}", hang=7),
        line(),
    ]
    for tier, agents in upgrade.tiers.items():
        lines += _tier_lines(tier, agents)
    for outcome, words in _HEADS.items():
        lines += _mention_lines(words[upgrade.written], upgrade.mentions, outcome)
    lines += _need_lines(upgrade)
    # the needs say it once for all agents
    problems = [problem for problem in upgrade.problems if not upgrade.needs or problem.rule != _NOT_ALLOWED]
    if problems:
        lines.append(line(span("new findings with the new model", "error")))
        for problem in problems:
            lines.append(line("  ", span(f"{problem.place.file}:{problem.place.line}", "place")))
            lines.append(line(f"    {problem.severity} {problem.rule}: {problem.message}", hang=6))
        lines.append(line())
    if upgrade.refused:
        lines.append(line(span("nothing was written", "error"), ": the new model would cause an error"))
    return page([*lines, line(span(next_command, "code"))])


def _model_text(model: ListedModel) -> str:
    if not model.listed:
        return f"{model.pin}, not listed in {layout.MODELS}"
    allowed = {True: "allowed", False: "not allowed", None: "listed"}[model.allowed]
    if model.retires_at is None:
        return f"{model.pin}, {allowed}, no retirement date in {layout.MODELS}"
    days = model.in_days or 0
    when = f"in {count_text(days, 'day')}" if days >= 0 else f"{count_text(-days, 'day')} ago"
    return f"{model.pin}, {allowed}, retires {model.retires_at} ({when})"


def _tier_lines(tier: str, agents: tuple[UpgradedAgent, ...]) -> Iterator[Line]:
    by_requirements: dict[tuple[ExpectedRequirement, ...], list[UpgradedAgent]] = {}
    for agent in agents:
        by_requirements.setdefault(agent.requires, []).append(agent)
    for requirements, equal_agents in by_requirements.items():
        yield line(span(f"tier {tier}: {count_text(len(equal_agents), 'agent')}", "strong"))
        text = "; ".join(f"{requirement.kind} {requirement.detail}" for requirement in requirements)
        yield line(span("  will require  ", "dim"), span(text or "nothing", "note"), hang=16)
        for agent in equal_agents:
            suites = ", ".join(agent.suites)
            yield line(
                f"  {agent.name}  {f'repeat: {suites}' if suites else 'has no suite to repeat'}", hang=4
            )
        yield line()


def _mention_lines(head: str, mentions: tuple[ModelMention, ...], outcome: MentionOutcome) -> Iterator[Line]:
    chosen = [mention for mention in mentions if mention.outcome is outcome]
    if not chosen:
        return
    yield line(span(head, "warning" if outcome is MentionOutcome.OPEN else "strong"))
    for mention in chosen:
        note = f"  {mention.note}" if mention.note else ""
        place = span(f"{mention.place.file}:{mention.place.line}", "place")
        yield line("  ", place, f"  {mention.role}{note}", hang=4)
    yield line()


def _need_lines(upgrade: ModelUpgrade) -> Iterator[Line]:
    if not upgrade.needs:
        return
    yield line(span(f"{layout.MODELS} needs", "warning"))
    for need in upgrade.needs:
        yield line(f"  {need.reason}", hang=4)
        yield line("    ", span(need.entry, "code"), hang=6)
    yield line()
