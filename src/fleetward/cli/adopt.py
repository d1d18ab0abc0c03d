"""``fleet adopt``: the first ledger entries, for what runs before anybody kept a ledger."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.applying import applying
from fleetward.cli.session import Session
from fleetward.domain import digest, layout
from fleetward.domain.errors import ExitCode, FleetError, NotAFleet, UsageError
from fleetward.domain.ledger import AgentTransition
from fleetward.domain.manifest import Agent
from fleetward.report.page import Page, line, page, span
from fleetward.store.git import commit_writer
from fleetward.store.git.repository import Id
from fleetward.store.records import ledger as lines
from fleetward.store.records import load as records
from fleetward.workflows.governance.history import require_approved
from fleetward.workflows.promotion.apply import TOOL, commit_edits
from fleetward.workflows.promotion.context import PromotionContext, load_context
from fleetward.workflows.promotion.sign import EntrySigner, Sign, entry_signer


def adopt(
    session: Session,
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="The gated environment.")],
    apply: Annotated[bool, typer.Option("--apply", help="Write the ledger.")] = False,
    sign: Sign = None,
) -> ExitCode:
    """Begin the ledger of an environment with what it holds now, and the governance of now as trusted."""
    if sign is not None and not apply:
        raise UsageError("--sign goes with --apply", hint="add --apply")
    with applying(session, apply=apply):
        return _adopt_environment(session, to, apply=apply, sign=sign)


def _adopt_environment(session: Session, to: str, *, apply: bool, sign: str | None) -> ExitCode:
    context = load_context(session.run, to=to)
    require_approved(context.root, context.head, session.run.now, (context.ledger,))
    if context.ledger.entries:
        message = f"{to} has a ledger since {context.ledger.entries[0].at:%Y-%m-%d}: adopting happens once"
        raise UsageError(message, hint=f"fleet promote AGENT --to {to}")
    agents = [agent for (env, _), agent in sorted(context.fleet.agents.items()) if env == to]
    if not agents:
        raise NotAFleet(
            f"{to} holds no agents: there is nothing to adopt", hint=f"fleet promote AGENT --to {to}"
        )
    for agent in agents:
        if not agent.readable:
            raise FleetError(f"the release of {to}/{agent.name} cannot be named", hint="fleet validate")
    moved = tuple(
        AgentTransition(
            agent=agent.name, from_state=None, to_state=agent.state, release=agent.release, generation=1
        )
        for agent in agents
    )
    written = _apply(context, moved, entry_signer(context, sign)) if apply else None
    session.output.report(
        {"text": lambda: _page(context, agents, written), "json": lambda: _data(context, moved, written)}
    )
    return ExitCode.SUCCESS


def _apply(context: PromotionContext, moved: tuple[AgentTransition, ...], seal: EntrySigner | None) -> Id:
    to = context.target.name
    entry, content = lines.append(
        context.ledger,
        kind=lines.ADOPT,
        at=context.run.now,
        governance=records.governance_digest(context.root.commit_tree(context.head)),
        commit=context.head,
        actor=commit_writer.committer_email(context.root.repository),
        agents=moved,
        policy_version=context.policy.version,
        policy_sha256=context.policy.sha256,
        tool=TOOL,
    )
    trailers = [f"Fleet-Promotion: {to}/{agent.agent} adopt {agent.to_state}" for agent in moved]
    trailers.append(f"Fleet-Ledger: {entry.seq} {digest.of_bytes(entry.line.encode())}")
    message = f"adopt what {to} holds\n\n" + "\n".join(trailers) + "\n"
    edits = {
        layout.ledger_file(to): commit_writer.Blob(content=content),
        **(seal.signatures([entry]) if seal else {}),
    }
    return commit_edits(context.run, context.root, context.head, edits, message, signer=seal)


def _page(context: PromotionContext, agents: list[Agent], written: Id | None) -> Page:
    to, chdir = context.target.name, context.run.chdir
    rows = [line(f"  {agent.name:<24} {agent.state}", hang=4) for agent in agents]
    count = "1 agent" if len(agents) == 1 else f"{len(agents)} agents"
    if written is None:
        head = line(span("would adopt", "strong"), f" {count} into ledger/{to}.jsonl:")
        return page([head, *rows, line(span(f"fleet adopt{chdir} --to {to} --apply", "code"))])
    head = line(span("adopted", "good"), f" {count} into ledger/{to}.jsonl, commit {written}:")
    return page([head, *rows, line(span(f"fleet promote{chdir} {agents[0].name} --to {to}", "code"))])


def _data(
    context: PromotionContext, moved: tuple[AgentTransition, ...], written: Id | None
) -> dict[str, Any]:
    return {
        "format": "fleetward.adopt/1",
        "to": context.target.name,
        "commit": context.head,
        "agents": [
            {
                "agent": agent.agent,
                "release": agent.release,
                "state": agent.to_state,
                "generation": agent.generation,
            }
            for agent in moved
        ],
        "applied": written is not None,
        "written": written,
    }
