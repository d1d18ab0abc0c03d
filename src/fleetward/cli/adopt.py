"""``fleet adopt``: start the ledger of an environment with the agents that it holds already."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.applying import applying
from fleetward.cli.options import Sign, require_apply
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.promotion.adopt import Adoption, adopt_environment


def adopt(
    session: Session,
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="The gated environment.")],
    apply: Annotated[bool, typer.Option("--apply", help="Write the ledger.")] = False,
    sign: Sign = None,
) -> ExitCode:
    """Start the ledger of an environment with its present agents; its present governance becomes trusted."""
    require_apply(apply=apply, sign=sign)
    with applying(session, apply=apply):
        adoption = adopt_environment(session.run, to, apply=apply, key=sign)
    session.report(VERB.formats, adoption)
    return ExitCode.SUCCESS


def _text(adoption: Adoption, session: Session) -> Page:
    to, chdir, agents = adoption.environment, session.run.chdir, adoption.agents
    rows = [line(f"  {agent.agent:<24} {agent.to_state}", hang=4) for agent in agents]
    count = "1 agent" if len(agents) == 1 else f"{len(agents)} agents"
    if adoption.written is None:
        head = line(span("would adopt", "strong"), f" {count} into ledger/{to}.jsonl:")
        return page([head, *rows, line(span(f"fleet adopt{chdir} --to {to} --apply", "code"))])
    head = line(span("adopted", "good"), f" {count} into ledger/{to}.jsonl, commit {adoption.written}:")
    return page([head, *rows, line(span(f"fleet promote{chdir} {agents[0].agent} --to {to}", "code"))])


def _json(adoption: Adoption, _session: Session) -> dict[str, Any]:
    return {
        "format": "fleetward.adopt/1",
        "to": adoption.environment,
        "commit": adoption.head,
        "agents": [
            {
                "agent": agent.agent,
                "release": agent.release,
                "state": agent.to_state,
                "generation": agent.generation,
            }
            for agent in adoption.agents
        ],
        "applied": adoption.written is not None,
        "written": adoption.written,
    }


VERB = Verb(run=adopt, formats={"text": _text, "json": _json})
