"""The agents of a fleet, for people and for programs (``fleetward.list/1``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleetward.domain.register import Placement, RegisteredAgent
from fleetward.report.counts import count_text
from fleetward.report.page import Line, Page, Span, line, page, span
from fleetward.report.waivers import FORMAT


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


def render_data(agents: Sequence[RegisteredAgent]) -> dict[str, Any]:
    """The agents as data, one row a name."""
    return {"format": FORMAT, "kind": "agents", "rows": [_row(agent) for agent in agents]}


def _row(agent: RegisteredAgent) -> dict[str, Any]:
    return {
        "agent": agent.name,
        "displayName": agent.display_name,
        "purpose": agent.purpose,
        "class": agent.agent_class,
        "lifecycle": agent.last.lifecycle,
        "tier": agent.last.tier,
        "owner": agent.owner,
        "accountable": agent.accountable,
        "backup": agent.backup,
        "contact": dict(agent.contact),
        "environments": {placement.environment: _placement(placement) for placement in agent.placements},
        "model": agent.last.model,
    }


def _placement(placement: Placement) -> dict[str, Any]:
    return {
        "release": placement.release,
        "tier": placement.tier,
        "model": placement.model,
        "suspended": placement.suspended,
        "lifecycle": placement.lifecycle,
    }
