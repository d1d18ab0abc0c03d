"""``fleet release``: the digest that names what an agent is."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.domain import digest, layout
from fleetward.domain.errors import ExitCode, FleetError
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent
from fleetward.report.human import plain_text
from fleetward.report.page import Page, line, page, span
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.repository import Id
from fleetward.workflows.load import load_fleet
from fleetward.workflows.suggestions import unknown_agent, unknown_environment


def release(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    env: Annotated[
        str | None, typer.Option("--env", metavar="ENV", help="Where; the first environment by default.")
    ] = None,
) -> ExitCode:
    """Print the release digest at HEAD, to tag evaluation runs with."""
    root = find_fleet_root(session.run.folder, session.run.environment)
    head = root.head()
    _, released = agent_at(root, head, agent, env)
    session.output.report(
        {"text": lambda: plain_text(_page(released, session.verbose)), "json": lambda: _data(released, head)}
    )
    return ExitCode.SUCCESS


def agent_at(root: FleetRoot, commit: Id, name: str, env: str | None) -> tuple[Snapshot, Agent]:
    """
    The agent as *commit* holds it in *env* (the first environment where None), and its fleet.

    Errors: UsageError where there is none of that name; FleetError where its release cannot be named.
    """
    reading = load_fleet(root.commit_tree(commit), only=())
    if reading.snapshot is None:
        reading.require_governance()
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    environment = env or reading.snapshot.config.environments[0].name
    if reading.snapshot.config.environment(environment) is None:
        raise unknown_environment(
            environment, [env_config.name for env_config in reading.snapshot.config.environments]
        )
    agent_reading = load_fleet(root.commit_tree(commit), only={(environment, name)})
    agent = agent_reading.snapshot.agents.get((environment, name)) if agent_reading.snapshot else None
    if agent is None or agent_reading.snapshot is None:
        entries = root.commit_tree(commit).entries(layout.environment_folder(environment))
        names = {entry.path.split("/")[2] for entry in entries if entry.path.count("/") > 2}
        raise unknown_agent(name, environment, names)
    if not agent.readable:
        raise FleetError(f"the release of {environment}/{name} cannot be named", hint="fleet validate")
    return agent_reading.snapshot, agent


def _page(agent: Agent, verbose: bool) -> Page:
    lines = [line(span(agent.release))]
    if verbose:
        lines += [line(span(f"state   {agent.state}", "dim"))]
        lines += [
            line(span(f"{digest.of_bytes(file.content)[7:]}  {file.path}", "dim")) for file in agent.files
        ]
    return page(lines)


def _data(agent: Agent, head: Id) -> dict[str, Any]:
    return {
        "format": "fleetward.release/1",
        "environment": agent.environment,
        "agent": agent.name,
        "release": agent.release,
        "state": agent.state,
        "commit": head,
        "files": [{"file": file.path, "sha256": digest.of_bytes(file.content)} for file in agent.files],
    }
