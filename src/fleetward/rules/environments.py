"""Overrides of an environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fleetward.domain import layout
from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent
from fleetward.domain.path import Steps, covers, format_path
from fleetward.rules.rule import Violation, rule

ALWAYS = "spec.suspended"


@rule("override-not-allowed", Severity.ERROR)
def override_not_allowed(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    An `overrides.yaml` changes a field that this environment may not override.

    Why: the approval covers the release. An override on top of it was never evaluated.
    Bad:
        # fleet-config.yaml: production: overridable: [spec.budgets]
        # environments/production/refund-bot/overrides.yaml
        spec: {model: {name: gpt-4.1-2025-04-14}}
    Good:
        # environments/production/refund-bot/overrides.yaml
        spec: {budgets: [{window: day, currency: EUR, alertAt: 80, haltAt: 120}]}
    Fix: change the release instead, or list the path under overridable in fleet-config.yaml. Every environment
    may set spec.suspended.
    """
    for agent in fleet.effective_agents:
        environment = fleet.config.environment(agent.environment)
        allowed = (ALWAYS, *(environment.overridable if environment else ()))
        for path in overridden_paths(agent.overrides or {}):
            if not any(covers(pattern, path) for pattern in allowed):
                yield Violation(
                    place=_place(agent, path),
                    message=f"{agent.environment!r} may not override {path!r}",
                    hint=f"change the release instead, or list the path under overridable in {layout.CONFIG}",
                    environment=agent.environment,
                    agent=agent.name,
                )


def overridden_paths(patch: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths that a merge patch sets or removes; a list is one value."""
    return tuple(format_path(steps) for steps in _leaves(patch, ()))


def _leaves(value: Any, steps: Steps) -> Iterator[Steps]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*steps, str(key)))
    elif not (isinstance(value, Mapping) and steps in ((), ("spec",))):
        yield steps


def _place(agent: Agent, path: str) -> Place:
    if agent.locate_overrides is not None:
        return agent.locate_overrides(path)
    return Place(file=f"{agent.folder}/{layout.OVERRIDES}", path=path)
