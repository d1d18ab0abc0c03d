"""Which agents of a register a query asks for, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from fleetward.domain.register import Placement, RegisteredAgent, RegisterQuery


def matching_agents(agents: Iterable[RegisteredAgent], query: RegisterQuery) -> tuple[RegisteredAgent, ...]:
    """The agents that the query asks for, in their order."""
    return tuple(
        agent for agent in agents if _has_placement(agent, query) and matches_where(agent.row, query.where)
    )


def matches_where(row: Mapping[str, Any], where: Sequence[tuple[str, str]]) -> bool:
    """Does the row have, for each field, one of the values asked for it?"""
    values: dict[str, set[str]] = {}
    for field, text in where:
        values.setdefault(field, set()).add(text)
    return all(not texts.isdisjoint(field_texts(row, field)) for field, texts in values.items())


def field_texts(row: Mapping[str, Any], field: str) -> list[str]:
    """
    The texts that a field of a row equals: each item of a list, keys and plain values of a mapping.

    Where there is nothing, the empty text.
    """
    value: Any = row
    for step in field.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, Mapping):
        return [
            *value,
            *(_text(item) for item in value.values() if not isinstance(item, Mapping | list)),
        ] or [""]
    if isinstance(value, list):
        return [_text(item) for item in value] or [""]
    return [_text(value)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _has_placement(agent: RegisteredAgent, query: RegisterQuery) -> bool:
    """Does an environment asked for, else the last that holds it, fit?"""
    placements: Sequence[Placement] = [agent.last]
    if query.environments:
        placements = [place for place in agent.placements if place.environment in query.environments]
    return any(_fits(placement, query) for placement in placements)


def _fits(placement: Placement, query: RegisterQuery) -> bool:
    single_values: Sequence[tuple[Collection[str], str | None]] = (
        (query.owners, placement.owner),
        (query.tiers, placement.tier),
        (query.classes, placement.agent_class),
        (query.lifecycles, placement.lifecycle),
    )
    return (
        all(not texts or value in texts for texts, value in single_values)
        and (not query.models or not placement.models.isdisjoint(query.models))
        and (not query.connectors or not set(query.connectors).isdisjoint(placement.connectors))
    )
