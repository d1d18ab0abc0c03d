"""``fleet release``: the digest that names what an agent is."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.domain import digest
from fleetward.domain.errors import Exit, FleetError
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent
from fleetward.report.human import plain
from fleetward.report.page import Page, line, page, span
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.repository import Id
from fleetward.workflows.load import read
from fleetward.workflows.suggestions import no_agent, no_environment


def release(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    env: Annotated[
        str | None, typer.Option("--env", metavar="ENV", help="Where; the first environment by default.")
    ] = None,
) -> Exit:
    """Print the release digest at HEAD, to tag evaluation runs with."""
    ground = find(session.run.folder, session.run.environment)
    head = ground.head()
    _, found = held(ground, head, agent, env)
    session.output.report(
        {"text": lambda: plain(_page(found, session.verbose)), "json": lambda: _data(found, head)}
    )
    return Exit.YES


def held(ground: Ground, commit: Id, name: str, env: str | None) -> tuple[Snapshot, Agent]:
    """
    The agent as *commit* holds it in *env* (the first environment where None), and its fleet.

    Errors: UsageError where there is none of that name; FleetError where its release cannot be named.
    """
    reading = read(ground.commit(commit), only=())
    if reading.snapshot is None:
        reading.governed()
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    environment = env or reading.snapshot.config.environments[0].name
    if reading.snapshot.config.environment(environment) is None:
        raise no_environment(environment, [one.name for one in reading.snapshot.config.environments])
    whole = read(ground.commit(commit), only={(environment, name)})
    found = whole.snapshot.agents.get((environment, name)) if whole.snapshot else None
    if found is None or whole.snapshot is None:
        entries = ground.commit(commit).entries(f"environments/{environment}")
        known = {entry.path.split("/")[2] for entry in entries if entry.path.count("/") > 2}
        raise no_agent(name, environment, known)
    if not found.readable:
        raise FleetError(f"the release of {environment}/{name} cannot be named", hint="fleet validate")
    return whole.snapshot, found


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
