"""``fleet new``: the folder of a new agent."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.setup.new_agent import NewAgent, create_agent


def new(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Name of the agent.")],
    env: Annotated[
        str | None, typer.Option("--env", metavar="ENV", help="Environment; the first one by default.")
    ] = None,
) -> ExitCode:
    """Create an agent: manifest, prompt and evaluation suite, valid from the start."""
    session.report(VERB.formats, create_agent(session.run, agent, env))
    return ExitCode.SUCCESS


def _text(agent: NewAgent, _session: Session) -> Page:
    rows = [line("  ", span(file, "place")) for file in agent.files]
    head = line(span("wrote", "good"), f" {len(rows)} files:")
    todo = [
        line(span("to do", "warning"), f" {finding.rule}: {finding.message}", hang=6)
        for finding in agent.findings
    ]
    return page([head, *rows, *todo, line(span(agent.next_command, "code"))])


def _json(agent: NewAgent, _session: Session) -> dict[str, Any]:
    return {
        "format": "fleetward.new/1",
        "environment": agent.environment,
        "agent": agent.name,
        "written": list(agent.files),
        "toDo": [
            {"rule": finding.rule, "message": finding.message, "path": finding.place.path}
            for finding in agent.findings
        ],
        "next": agent.next_command,
    }


VERB = Verb(run=new, formats={"text": _text, "json": _json})
