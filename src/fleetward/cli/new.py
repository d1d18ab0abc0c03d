"""``fleet new``: the folder of a new agent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.domain.names import nearest_name
from fleetward.domain.placeholder import TODO
from fleetward.report.human import visible
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.setup.new_agent import NewAgent, NewAgentOptions, Question, create_agent

_MAX_CHOICES = 20


def new(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Name of the agent.")],
    env: Annotated[
        str | None, typer.Option("--env", metavar="ENV", help="Environment; the first one by default.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="AGENT|FILE", help="Begin with a copy of this agent or manifest."),
    ] = None,
    tier: Annotated[str | None, typer.Option("--tier", metavar="TIER", help="Its risk tier.")] = None,
    connector: Annotated[
        list[str] | None,
        typer.Option(
            "--connector", metavar="NAME", help="A connector that it uses, and no other; may be repeated."
        ),
    ] = None,
) -> ExitCode:
    """
    Create an agent: manifest, prompt and evaluation suite, valid from the start.

    With --from, structure, guardrails and files are copied. Names, owners, dates and risk factors are asked for on a
    terminal; what is not answered is left as TODO, which fleet validate finds and no promotion accepts.
    """
    options = NewAgentOptions(
        environment=env, source=source, tier=tier, connectors=tuple(dict.fromkeys(connector or ()))
    )
    session.report(VERB.formats, create_agent(session.run, agent, options, _ask(session)))
    return ExitCode.SUCCESS


def _ask(session: Session) -> Callable[[Question], str]:
    """Ask on a terminal; elsewhere nobody answers."""
    if session.run.environment.get("CI") or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return lambda _question: TODO
    sys.stderr.write(f"An empty answer leaves {TODO}.\n")

    def ask(question: Question) -> str:
        choices = f" ({', '.join(question.choices)})" if 0 < len(question.choices) <= _MAX_CHOICES else ""
        while True:
            sys.stderr.write(f"{visible(question.path + choices)}: ")
            sys.stderr.flush()
            answer = sys.stdin.readline().strip()
            if not answer or not question.choices or answer in question.choices:
                return answer or TODO
            close = nearest_name(answer, question.choices)
            sys.stderr.write(f"  {visible(answer)}: {f'did you mean {close}?' if close else 'unknown'}\n")

    return ask


def _text(agent: NewAgent, _session: Session) -> Page:
    rows = [line("  ", span(file, "place")) for file in agent.files]
    head = line(span("wrote", "good"), f" {len(rows)} files:")
    todo = [
        line(span("to do", "warning"), f" {finding.rule}: {finding.message}; {finding.hint}", hang=6)
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
