"""The agents of the work tree, and where each of them stands."""

from __future__ import annotations

from fleetward import survey
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Snapshot
from fleetward.domain.register import AgentStanding, RegisteredAgent
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet
from fleetward.workflows.suggestions import unknown_agent


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetStatus:
    """Where the agents stand, by environment and name, and the gated environments that were looked at."""

    environments: tuple[str, ...]
    agents: tuple[AgentStanding, ...]


def list_agents(run: RunContext) -> tuple[RegisteredAgent, ...]:
    """
    Every agent of the work tree.

    Errors: FleetError where the configuration cannot be read.
    """
    return survey.registered_agents(_fleet(run))


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
