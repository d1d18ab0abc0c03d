"""The agents of the work tree, and where each of them stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from fleetward import survey
from fleetward.domain.errors import FleetError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Snapshot
from fleetward.domain.names import nearest_name
from fleetward.domain.register import AGENT_FIELDS, AgentStanding, RegisteredAgent, RegisterQuery
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet
from fleetward.workflows.suggestions import unknown_agent, unknown_environment

Row = Mapping[str, Any]
_ALL = RegisterQuery()


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetStatus:
    """Where the agents stand, by environment and name, and the gated environments that were looked at."""

    environments: tuple[str, ...]
    agents: tuple[AgentStanding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentList:
    """Agents of a fleet in the order asked for, and the fleet's name."""

    repository: str
    agents: tuple[RegisteredAgent, ...]


def list_agents(run: RunContext, query: RegisterQuery = _ALL, sort: str | None = None) -> AgentList:
    """
    The agents of the work tree that *query* asks for, by name, or by the field *sort*.

    Errors: FleetError where the configuration cannot be read; UsageError for an unknown environment or field.
    """
    check_fields([field for field, _ in query.where], "--where")
    check_fields([sort] if sort else [], "--sort")
    fleet = _fleet(run)
    names = [environment.name for environment in fleet.config.environments]
    for environment in query.environments:
        if environment not in names:
            raise unknown_environment(environment, names)
    agents = survey.matching_agents(survey.registered_agents(fleet), query)
    if sort:
        agents = tuple(sorted(agents, key=lambda agent: survey.field_texts(agent.row, sort)))
    return AgentList(repository=fleet.config.repository, agents=agents)


def parse_where(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """
    The fields and values of ``FIELD=VALUE``.

    Errors: UsageError.
    """
    pairs = [text.partition("=") for text in texts]
    for field, separator, value in pairs:
        if not field or not separator:
            raise UsageError(f"--where {field or value!r}: not FIELD=VALUE", hint="--where tier=high")
    return tuple((field, value) for field, _, value in pairs)


def check_fields(fields: Iterable[str], option: str, known_fields: Collection[str] = AGENT_FIELDS) -> None:
    """
    Check that a row has these fields; a field may lead on into a mapping with dots.

    Errors: UsageError.
    """
    for field in fields:
        if field.partition(".")[0] not in known_fields:
            close = nearest_name(field, known_fields)
            hint = f"did you mean {close!r}?" if close else f"one of: {', '.join(known_fields)}"
            raise UsageError(f"{option}: a row has no field {field!r}", hint=hint)


def select_rows(
    rows: Iterable[Row], fields: Collection[str], where: Sequence[tuple[str, str]], sort: str | None
) -> list[Row]:
    """
    The rows that have these values, sorted by a field if one is named.

    Errors: UsageError for an unknown field.
    """
    check_fields([field for field, _ in where], "--where", fields)
    check_fields([sort] if sort else [], "--sort", fields)
    selected = [row for row in rows if survey.matches_where(row, where)]
    return sorted(selected, key=lambda row: survey.field_texts(row, sort)) if sort else selected


def fleet_status(run: RunContext, names: tuple[str, ...]) -> FleetStatus:
    """
    Where the agents of these *names* stand, all where there are none.

    Errors: FleetError where the configuration cannot be read; UsageError for an unknown agent.
    """
    fleet = _fleet(run)
    standings = survey.standings(fleet)
    for name in names:
        if all(standing.agent != name for standing in standings) and all(
            agent != name for _, agent in fleet.agents
        ):
            raise unknown_agent(name, "this fleet", {agent for _, agent in fleet.agents})
    return FleetStatus(
        environments=tuple(item.name for item in fleet.config.environments if item.gated),
        agents=tuple(standing for standing in standings if not names or standing.agent in names),
    )


def _fleet(run: RunContext) -> Snapshot:
    fleet = load_fleet(find_fleet_root(run.folder, run.environment).work_tree()).snapshot
    if fleet is None:
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    return fleet
