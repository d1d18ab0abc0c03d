"""One agent of one environment at one commit."""

from __future__ import annotations

from fleetward.domain import layout
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.manifest import Agent
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.repository import Id
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet
from fleetward.workflows.suggestions import unknown_agent, unknown_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAtCommit:
    """The agent as *commit* holds it."""

    root: FleetRoot
    commit: Id
    agent: Agent


def agent_at_head(run: RunContext, name: str, environment: str | None) -> AgentAtCommit:
    """
    The agent at HEAD in *environment*, in the first environment where that is None.

    Errors: UsageError for an unknown agent or environment; FleetError where its release has no digest.
    """
    root = find_fleet_root(run.folder, run.environment)
    head = root.head()
    return AgentAtCommit(root=root, commit=head, agent=_agent(root, head, name, environment))


def _agent(root: FleetRoot, commit: Id, name: str, environment: str | None) -> Agent:
    reading = load_fleet(root.commit_tree(commit), only=())
    if reading.snapshot is None:
        reading.require_governance()
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    config = reading.snapshot.config
    env = environment or config.environments[0].name
    if config.environment(env) is None:
        raise unknown_environment(env, [candidate.name for candidate in config.environments])
    snapshot = load_fleet(root.commit_tree(commit), only={(env, name)}).snapshot
    agent = snapshot.agents.get((env, name)) if snapshot else None
    if agent is None:
        entries = root.commit_tree(commit).entries(layout.environment_folder(env))
        names = {entry.path.split("/")[2] for entry in entries if entry.path.count("/") > 2}
        raise unknown_agent(name, env, names)
    if not agent.readable:
        raise FleetError(
            f"the release of {env}/{name} has no digest: its files are invalid",
            hint=f"fleet validate {agent.folder}",
        )
    return agent
