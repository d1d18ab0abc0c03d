"""``fleet adopt``: start the ledger of an environment with the agents that it holds already."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.applying import applying
from fleetward.cli.options import Sign, require_apply
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.domain.verdict import Promotion, RequirementStatus
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.audit.verification import verified_head
from fleetward.workflows.promotion.adopt import AdoptedEnvironment, Adoption, adopt_environments


def adopt(
    session: Session,
    to: Annotated[
        list[str], typer.Option("--to", metavar="ENV", help="The gated environment; several together.")
    ],
    apply: Annotated[bool, typer.Option("--apply", help="Write the ledger.")] = False,
    sign: Sign = None,
) -> ExitCode:
    """
    Begin with what already runs: start the ledger of a gated environment with the agents in its folder.

    First copy the files that run to environments/ENV/AGENT/ and to the source environment, and commit them. What is
    adopted counts as agreed, and so does the governance of that commit. Afterwards only promotions change the folder.
    Where another environment has a ledger already, each agent needs an approval first: fleet approve --all --to ENV.
    """
    require_apply(apply=apply, sign=sign)
    with applying(session, apply=apply):
        adoption = adopt_environments(session.run, to, verified_head(session.run), apply=apply, key=sign)
    session.report(VERB.formats, adoption)
    return ExitCode.DENIED if adoption.waiting else ExitCode.SUCCESS


def _text(adoption: Adoption, session: Session) -> Page:
    chdir = session.run.chdir
    agents = [(env.name, agent) for env in adoption.environments for agent in env.agents]
    files = " and ".join(f"ledger/{env.name}.jsonl" for env in adoption.environments)
    rows = [line(f"  {agent.agent:<24} {agent.to_state}", hang=4) for _, agent in agents]
    count = "1 agent" if len(agents) == 1 else f"{len(agents)} agents"
    options = "".join(f" --to {env.name}" for env in adoption.environments)
    if adoption.waiting:
        to, first = adoption.waiting[0]
        head = line(span("not adopted", "error"), f": nobody has approved what {to} holds:")
        rows = [line(f"  {env}/{item.agent}: {_missing(item)}", hang=4) for env, item in adoption.waiting]
        name = first.agent if len(adoption.waiting) == 1 else "--all"
        return page([head, *rows, line(span(f"fleet approve{chdir} {name} --to {to}", "code"))])
    notes = [note for env in adoption.environments for note in _source_lines(env)]
    if adoption.written is None:
        head = line(span("would adopt", "strong"), f" {count} into {files}:")
        begin = line(
            "compare them with what runs: what is adopted counts as agreed, and so does governance/", hang=2
        )
        command = f"fleet adopt{chdir}{options} --apply"
        return page([head, *rows, line(), begin, *notes, line(span(command, "code"))])
    head = line(span("adopted", "good"), f" {count} into {files}, commit {adoption.written}:")
    to, agent = agents[0]
    command = f"fleet promote{chdir} {agent.agent} --to {to}"
    return page(
        [
            head,
            *rows,
            line(),
            *notes,
            line(f"from now on only promotions change {to}:"),
            line(span(command, "code")),
        ]
    )


def _source_lines(env: AdoptedEnvironment) -> Page:
    if not env.without_source:
        return ()
    names, sources = ", ".join(env.without_source), " or ".join(env.sources)
    text = f": {names}: not in {sources}; copy the folder there before the first change, else it counts as retired"
    return (line(span("missing source", "warning"), text, hang=2),)


def _missing(promotion: Promotion) -> str:
    return "; ".join(
        f"{item.kind} {item.condition} ({item.detail})"
        for item in promotion.requirements
        if item.status is not RequirementStatus.MET
    )


def _json(adoption: Adoption, _session: Session) -> dict[str, Any]:
    return {
        "format": "fleetward.adopt/1",
        "to": adoption.environments[0].name,
        "environments": [env.name for env in adoption.environments],
        "commit": adoption.head,
        "agents": [
            {
                "environment": env.name,
                "agent": agent.agent,
                "release": agent.release,
                "state": agent.to_state,
                "generation": agent.generation,
            }
            for env in adoption.environments
            for agent in env.agents
        ],
        "missing": [
            {"environment": env, "agent": item.agent, "detail": _missing(item)}
            for env, item in adoption.waiting
        ],
        "applied": adoption.written is not None,
        "written": adoption.written,
    }


VERB = Verb(run=adopt, formats={"text": _text, "json": _json}, long=True)
