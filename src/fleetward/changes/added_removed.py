"""An agent that was added or retired, as one change."""

from __future__ import annotations

from collections.abc import Mapping

from fleetward.changes.comparison import agent_row, facets
from fleetward.changes.masking import printable_name
from fleetward.changes.pins import PinClass
from fleetward.changes.value_text import value_text
from fleetward.domain.change import (
    AgentStatus,
    Change,
    ChangeClass,
    ChangeKind,
    Comparison,
    Direction,
    Significance,
)
from fleetward.domain.manifest import Agent


def added_comparison(
    agent: Agent, leaves: tuple[Change, ...], pin_class: PinClass, occasion: str | None
) -> Comparison:
    """
    One change for a new agent, with its tier, tools and model; *occasion* says since when, in place of "new agent".

    It is of high significance; if one of *leaves* is critical, it is critical and gives their reasons.
    """
    worst = [leaf for leaf in leaves if leaf.significance is Significance.CRITICAL]
    reason = "; ".join(
        [
            occasion or f"new agent in {agent.environment}",
            f"tier {value_text(agent.manifest.tier if agent.manifest else None)}",
            f"tools {_tools_text(agent)}",
            f"model {_pin_text(agent, pin_class)}",
            *sorted(leaf.reason for leaf in worst),
        ]
    )
    significance = Significance.CRITICAL if worst else Significance.HIGH
    return _card_comparison(agent, AgentStatus.ADDED, significance, reason, leaves)


def retired_comparison(
    agent: Agent, leaves: tuple[Change, ...], dependents: tuple[str, ...], occasion: str | None
) -> Comparison:
    """One change for an agent that was removed, as *occasion* says; it names its dependents."""
    reason = occasion or f"the agent is gone from {agent.environment}"
    if not dependents:
        return _card_comparison(agent, AgentStatus.RETIRED, Significance.HIGH, reason, leaves)
    reason += f"; still relied on by {', '.join(sorted(dependents))}"
    return _card_comparison(agent, AgentStatus.RETIRED, Significance.CRITICAL, reason, leaves)


def _card_comparison(
    agent: Agent, status: AgentStatus, significance: Significance, reason: str, leaves: tuple[Change, ...]
) -> Comparison:
    card = _card(agent, status, significance, reason)
    before, after = (None, agent) if status is AgentStatus.ADDED else (agent, None)
    row = agent_row(before, after, status, significance)
    # the leaves stay in the facets: policy rules match what the new agent may do
    return Comparison(row=row, changes=(card,), facets=facets((card, *leaves)))


def _card(agent: Agent, status: AgentStatus, significance: Significance, reason: str) -> Change:
    is_added = status is AgentStatus.ADDED
    return Change(
        environment=agent.environment,
        agent=agent.name,
        path="",
        kind=ChangeKind.ADDED if is_added else ChangeKind.REMOVED,
        before=None if is_added else agent.state,
        after=agent.state if is_added else None,
        rule=f"lifecycle/agent-{status}",
        cls=ChangeClass.LIFECYCLE,
        direction=Direction.NEUTRAL,
        significance=significance,
        reason=reason,
        place=agent.manifest.place() if agent.manifest else None,
        proposed=is_added and agent.proposed,
    )


def _tools_text(agent: Agent) -> str:
    tools = agent.manifest.items("spec.tools") if agent.manifest else ()
    texts = [f"{printable_name(str(tool.get('name')))} ({tool.get('access') or 'read'})" for tool in tools]
    return ", ".join(sorted(texts)) or "none"


def _pin_text(agent: Agent, pin_class: PinClass) -> str:
    pin = agent.manifest.get("spec.model") if agent.manifest else None
    if not isinstance(pin, Mapping):
        return "none"
    name = "/".join(str(pin[key]) for key in ("provider", "name", "version") if pin.get(key))
    return f"{printable_name(name)} ({pin_class(pin)})"
