"""Values for tests in two lines: a manifest, an agent, a fleet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from fleetward.domain.finding import Place
from fleetward.domain.fleet import Environment, FleetConfig, LookupFile, Snapshot
from fleetward.domain.manifest import Agent, File, Manifest
from fleetward.domain.people import Membership, People, Person, Robot, Team
from fleetward.domain.period import Period
from fleetward.domain.policy import Policy

STAGING = Environment(name="staging")
PRODUCTION = Environment(name="production", sources=("staging",), overridable=("spec.budgets",))


def period(span: timedelta) -> Period:
    """A period of this length, which counts no months."""
    return Period(text=f"PT{int(span.total_seconds())}S", span=span)


def manifest(
    name: str,
    spec: Mapping[str, Any] | None = None,
    *,
    environment: str = "staging",
    effective: Mapping[str, Any] | None = None,
    at: Mapping[str, tuple[str, int]] | None = None,
) -> Manifest:
    """A manifest of this spec; ``at`` maps paths to (file, line)."""
    head = {"apiVersion": "fleetward/v1", "kind": "Agent"}
    data = {**head, "metadata": {"name": name}, "spec": dict(spec or {})}
    file = f"environments/{environment}/{name}/agent.yaml"

    def locate(path: str) -> Place:
        where, line = (at or {}).get(path, (file, 1))
        return Place(file=where, line=line, path=path)

    return Manifest(environment=environment, name=name, data=data, effective=effective or data, locate=locate)


def agent(known: Manifest, files: Mapping[str, str] | None = None) -> Agent:
    """An agent with this manifest and these files (path in the folder to text)."""
    texts = {"agent.yaml": json.dumps(known.data), **(files or {})}
    return Agent(
        environment=known.environment,
        name=known.name,
        folder=f"environments/{known.environment}/{known.name}",
        files=tuple(File(path=path, content=text.encode()) for path, text in sorted(texts.items())),
        manifest=known,
    )


def register(data: Mapping[str, Any], file: str = "governance/connectors.yaml") -> LookupFile:
    """A governance file that is only looked things up in."""
    return LookupFile(file=file, data=data, locate=lambda path: Place(file=file, path=path))


def people(teams: Mapping[str, Iterable[str]], *others: Person, robots: Iterable[Robot] = ()) -> People:
    """Teams and their members, each with the address ``<id>@acme.example``."""
    ids = {person for members in teams.values() for person in members}
    known = {i: Person(id=i, name=i.title(), emails=(f"{i}@acme.example",)) for i in sorted(ids)}
    return People(
        people={**known, **{person.id: person for person in others}},
        robots={robot.id: robot for robot in robots},
        teams={
            team: Team(id=team, members=tuple(Membership(person=person) for person in members))
            for team, members in teams.items()
        },
    )


def fleet(*agents: Agent | Manifest, **governance: Any) -> Snapshot:
    """A fleet of staging and production with these agents."""
    usual = FleetConfig(repository="acme/agents", environments=(STAGING, PRODUCTION))
    config = governance.pop("config", usual)
    known = [agent(one) if isinstance(one, Manifest) else one for one in agents]
    return Snapshot(config=config, agents={(one.environment, one.name): one for one in known}, **governance)


def policy(**fields: Any) -> Policy:
    """A policy of the four usual tiers."""
    usual = {"version": 1, "sha256": "sha256:" + "0" * 64, "tiers": ("low", "medium", "high", "critical")}
    return Policy(**{**usual, **fields})
