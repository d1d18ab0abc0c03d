"""``fleet adopt``: the first ledger entries, for what runs before anybody kept a ledger."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.applying import applying
from fleetward.cli.session import Session
from fleetward.domain import digest
from fleetward.domain.errors import Exit, FleetError, NotAFleet, UsageError
from fleetward.domain.ledger import Moved
from fleetward.domain.manifest import Agent
from fleetward.report.page import Page, line, page, span
from fleetward.store.git import commit_writer
from fleetward.store.git.repository import Id
from fleetward.store.records import ledger as lines
from fleetward.store.records import load as records
from fleetward.workflows.governance.history import lawful
from fleetward.workflows.promotion.apply import TOOL, commit_edits
from fleetward.workflows.promotion.context import Hearing, hearing
from fleetward.workflows.promotion.sign import Seal, Sign, sealing


def adopt(
    session: Session,
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="The gated environment.")],
    apply: Annotated[bool, typer.Option("--apply", help="Write the ledger.")] = False,
    sign: Sign = None,
) -> Exit:
    """Begin the ledger of an environment with what it holds now, and the governance of now as trusted."""
    if sign is not None and not apply:
        raise UsageError("--sign goes with --apply", hint="add --apply")
    with applying(session, apply=apply):
        return _adopted(session, to, apply=apply, sign=sign)


def _adopted(session: Session, to: str, *, apply: bool, sign: str | None) -> Exit:
    asked = hearing(session.run, to=to)
    lawful(asked.ground, asked.head, session.run.now, (asked.ledger,))
    if asked.ledger.entries:
        message = f"{to} has a ledger since {asked.ledger.entries[0].at:%Y-%m-%d}: adopting happens once"
        raise UsageError(message, hint=f"fleet promote AGENT --to {to}")
    agents = [agent for (env, _), agent in sorted(asked.fleet.agents.items()) if env == to]
    if not agents:
        raise NotAFleet(
            f"{to} holds no agents: there is nothing to adopt", hint=f"fleet promote AGENT --to {to}"
        )
    for agent in agents:
        if not agent.readable:
            raise FleetError(f"the release of {to}/{agent.name} cannot be named", hint="fleet validate")
    moved = tuple(
        Moved(agent=one.name, from_state=None, to_state=one.state, release=one.release, generation=1)
        for one in agents
    )
    written = _apply(asked, moved, sealing(asked, sign)) if apply else None
    session.output.report(
        {"text": lambda: _page(asked, agents, written), "json": lambda: _data(asked, moved, written)}
    )
    return Exit.YES


def _apply(asked: Hearing, moved: tuple[Moved, ...], seal: Seal | None) -> Id:
    to = asked.target.name
    entry, content = lines.appended(
        asked.ledger,
        kind=lines.ADOPT,
        at=asked.run.now,
        governance=records.governance_digest(asked.ground.commit(asked.head)),
        commit=asked.head,
        actor=commit_writer.identity(asked.ground.repository),
        agents=moved,
        policy_version=asked.policy.version,
        policy_sha256=asked.policy.sha256,
        tool=TOOL,
    )
    trailers = [f"Fleet-Promotion: {to}/{one.agent} adopt {one.to_state}" for one in moved]
    trailers.append(f"Fleet-Ledger: {entry.seq} {digest.of_bytes(entry.line.encode())}")
    message = f"adopt what {to} holds\n\n" + "\n".join(trailers) + "\n"
    edits = {
        lines.file_name(to): commit_writer.Blob(content=content),
        **(seal.signatures([entry]) if seal else {}),
    }
    return commit_edits(asked.run, asked.ground, asked.head, edits, message, seal=seal)


def _page(asked: Hearing, agents: list[Agent], written: Id | None) -> Page:
    to, here = asked.target.name, asked.run.chdir
    rows = [line(f"  {agent.name:<24} {agent.state}", hang=4) for agent in agents]
    count = "1 agent" if len(agents) == 1 else f"{len(agents)} agents"
    if written is None:
        head = line(span("would adopt", "strong"), f" {count} into ledger/{to}.jsonl:")
        return page([head, *rows, line(span(f"fleet adopt{here} --to {to} --apply", "code"))])
    head = line(span("adopted", "good"), f" {count} into ledger/{to}.jsonl, commit {written}:")
    return page([head, *rows, line(span(f"fleet promote{here} {agents[0].name} --to {to}", "code"))])


def _data(asked: Hearing, moved: tuple[Moved, ...], written: Id | None) -> dict[str, Any]:
    return {
        "format": "fleetward.adopt/1",
        "to": asked.target.name,
        "commit": asked.head,
        "agents": [
            {
                "agent": one.agent,
                "release": one.release,
                "state": one.to_state,
                "generation": one.generation,
            }
            for one in moved
        ],
        "applied": written is not None,
        "written": written,
    }
