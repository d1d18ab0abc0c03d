"""The agents of a fleet, for people."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain.register import Placement, RegisteredAgent
from fleetward.report.counts import count_text
from fleetward.report.page import Line, Page, Span, line, page, span


def render_page(agents: Sequence[RegisteredAgent], next_command: str) -> Page:
    """One block an agent: what it does, who owns it, and each environment that holds it."""
    lines: list[Line] = []
    for agent in agents:
        owner = agent.owner or "nobody"
        accountable = f" ({agent.accountable})" if agent.accountable else ""
        lines.append(
            line(span(agent.name, "strong"), f"  {agent.agent_class or 'no class'}  {owner}{accountable}")
        )
        if agent.purpose:
            lines.append(line("  ", agent.purpose, hang=2))
        lines += [_placement_line(placement) for placement in agent.placements]
        lines.append(line())
    return page([*lines, line(count_text(len(agents), "agent")), line(span(next_command, "dim"))])


def _placement_line(placement: Placement) -> Line:
    parts: list[str | Span] = ["  ", span(placement.environment, "place")]
    parts.append(f"  {placement.lifecycle or 'unreadable'}  tier {placement.tier or 'unknown'}")
    if placement.model:
        parts.append(f"  {placement.model}")
    if placement.suspended:
        parts += ["  ", span("suspended", "warning")]
    return line(*parts, hang=4)
