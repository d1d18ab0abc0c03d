"""An agent that came or went, as one card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fleetward.changes.masking import named
from fleetward.changes.value_text import told
from fleetward.domain.change import (
    AgentChange,
    Change,
    ChangeClass,
    Comparison,
    Direction,
    Facet,
    Kind,
    Significance,
    Status,
)
from fleetward.domain.manifest import Agent


def added(
    agent: Agent, leaves: tuple[Change, ...], pin_class: Callable[[Mapping[str, Any]], str]
) -> Comparison:
    """
    The card of a new agent, naming its tier, tools and pin.

    It is high; where something beneath is critical (a wildcard, a character that nobody sees) it is critical
    and says so.
    """
    worst = [leaf for leaf in leaves if leaf.significance is Significance.CRITICAL]
    reason = "; ".join(
        [
            f"new agent in {agent.environment}",
            f"tier {told(agent.manifest.tier if agent.manifest else None)}",
            f"tools {_tools(agent)}",
            f"model {_pin(agent, pin_class)}",
            *sorted(leaf.reason for leaf in worst),
        ]
    )
    significance = Significance.CRITICAL if worst else Significance.HIGH
    return _comparison(agent, Status.ADDED, significance, reason, leaves)


def retired(
    agent: Agent, leaves: tuple[Change, ...], dependents: tuple[str, ...], other: str | None
) -> Comparison:
    """The card of an agent that is gone, or that an *other* environment has not; it names who depends on it."""
    reason = f"{other} has it not" if other else f"the agent is gone from {agent.environment}"
    if not dependents:
        return _comparison(agent, Status.RETIRED, Significance.HIGH, reason, leaves)
    reason += f"; still relied on by {', '.join(sorted(dependents))}"
    return _comparison(agent, Status.RETIRED, Significance.CRITICAL, reason, leaves)


def _comparison(
    agent: Agent, status: Status, significance: Significance, reason: str, leaves: tuple[Change, ...]
) -> Comparison:
    card = _card(agent, status, significance, reason)
    tier = agent.manifest.tier if agent.manifest else None
    came = status is Status.ADDED
    row = AgentChange(
        environment=agent.environment,
        agent=agent.name,
        status=status,
        tier_before=None if came else tier,
        tier_after=tier if came else None,
        significance=significance,
    )
    beneath: frozenset[Facet] = frozenset((c.cls, c.direction, c.significance) for c in (card, *leaves))
    return Comparison(row=row, changes=(card,), facets=beneath)


def _card(agent: Agent, status: Status, significance: Significance, reason: str) -> Change:
    came = status is Status.ADDED
    return Change(
        environment=agent.environment,
        agent=agent.name,
        path="",
        kind=Kind.ADDED if came else Kind.REMOVED,
        before=None if came else agent.state,
        after=agent.state if came else None,
        rule=f"lifecycle/agent-{status}",
        cls=ChangeClass.LIFECYCLE,
        direction=Direction.NEUTRAL,
        significance=significance,
        reason=reason,
        place=agent.manifest.place() if agent.manifest else None,
        proposed=came and agent.proposed,
    )


def _tools(agent: Agent) -> str:
    tools = agent.manifest.items("spec.tools") if agent.manifest else ()
    told_of = [f"{named(str(tool.get('name')))} ({tool.get('access') or 'read'})" for tool in tools]
    return ", ".join(sorted(told_of)) or "none"


def _pin(agent: Agent, pin_class: Callable[[Mapping[str, Any]], str]) -> str:
    pin = agent.manifest.get("spec.model") if agent.manifest else None
    if not isinstance(pin, Mapping):
        return "none"
    name = "/".join(str(pin[key]) for key in ("provider", "name", "version") if pin.get(key))
    return f"{named(name)} ({pin_class(pin)})"
