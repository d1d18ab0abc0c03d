"""``fleet log``: what the ledger tells of an agent, or of all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated

import typer

from fleetward.cli.session import Session
from fleetward.domain.break_glass import Review
from fleetward.domain.errors import Exit, FleetError, UsageError
from fleetward.domain.ledger import Entry, Ledger
from fleetward.report import log_json, log_text
from fleetward.report.page import line
from fleetward.store.fleet.agents import ENVIRONMENTS
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.workflows.load import read
from fleetward.workflows.suggestions import no_agent, no_environment


def log(
    session: Session,
    agent: Annotated[str | None, typer.Argument(metavar="[AGENT]", help="The agent; else all.")] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ENV", help="A gated environment; else all of them.")
    ] = None,
) -> Exit:
    """Tell what went where, when, who applied and approved it, on which evidence: newest first."""
    ground = find(session.run.folder, session.run.environment)
    head = ground.head()
    environments = _asked(ground, head, to)
    ledgers = tuple(records.grown(ground, head, one) for one in environments)
    story = _story(ledgers, agent, _standing(ground, head))
    reviews = _reviews(session, ground, head, story, agent)
    first = _next(session, story[0], agent) if story else _first(session, ground, head, ledgers, agent)
    session.output.report(
        {
            "text": lambda: log_text.render(
                story,
                agent=agent,
                next_command=first,
                verbose=session.verbose,
                of=environments,
                reviews=reviews,
            ),
            "json": lambda: log_json.render(story, commit=head, reviews=reviews),
        }
    )
    return Exit.YES


def _asked(ground: Ground, head: Id, to: str | None) -> tuple[str, ...]:
    """The environments whose ledgers are asked for."""
    fleet = read(ground.commit(head), only=()).snapshot
    if fleet is None:
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    gated = tuple(one.name for one in fleet.config.environments if one.gated)
    if to is None and gated:
        return gated
    if to in gated:
        return (to,)
    if to and fleet.config.environment(to) is None:
        raise no_environment(to, gated or [one.name for one in fleet.config.environments])
    which = ", ".join(gated) or "none, fleet-config.yaml has no environment with 'from'"
    what = f"{to!r} is no gated environment" if to else "no environment keeps a ledger"
    raise UsageError(what, hint=f"--to one of: {which}")


def _standing(ground: Ground, head: Id, under: str = ENVIRONMENTS) -> frozenset[str]:
    """The names of all agents in any environment, or in the one of this folder."""
    paths = (one.path.split("/") for one in ground.commit(head).entries(under))
    return frozenset(parts[2] for parts in paths if len(parts) > 3)


def _story(ledgers: Sequence[Ledger], agent: str | None, standing: Collection[str]) -> tuple[Entry, ...]:
    """
    Every entry that moved *agent*, newest first; of one environment by number, whatever the clock said.

    Errors: UsageError for an agent that nobody has heard of.
    """
    lines = [line for ledger in ledgers for line in ledger.lines]
    known = {moved.agent for line in lines for moved in line.agents}
    if agent is not None and agent not in {*known, *standing}:
        raise no_agent(agent, "this fleet", {*known, *standing})
    told = [one.entry for one in lines if agent is None or any(moved.agent == agent for moved in one.agents)]
    return tuple(sorted(told, key=lambda one: (one.at, one.environment, one.seq), reverse=True))


def _reviews(
    session: Session, ground: Ground, head: Id, story: Sequence[Entry], agent: str | None
) -> tuple[Review, ...]:
    """The reviews of what broke the glass that were given and count; why that cannot be told is said aside."""
    owed = [(one, moved.agent) for one in story if one.break_glass for moved in one.agents]
    if not owed:
        return ()
    # most ledgers hold no emergency: they are told without a look at the law
    from fleetward.workflows.approval.review_status import closed

    found = []
    for entry, name in owed:
        if agent not in (None, name):
            continue
        try:
            said = closed(session.run, ground, head, entry, name)
        except FleetError as error:
            what = f"whether entry {entry.seq} of {entry.environment} was reviewed for {name} cannot be told"
            session.output.tell((line(f"{what}: {error.message}", hang=2),))
            continue
        if said is not None:
            found.append(
                Review(
                    environment=entry.environment,
                    seq=entry.seq,
                    agent=name,
                    approver=said.approver,
                    at=said.issued,
                    file=said.file,
                )
            )
    return tuple(found)


def _first(session: Session, ground: Ground, head: Id, ledgers: Sequence[Ledger], agent: str | None) -> str:
    """The command that begins a story: what stands in a gated environment is adopted, all else promoted."""
    for one in ledgers:
        if not one.entries and _standing(ground, head, f"{ENVIRONMENTS}/{one.environment}"):
            return f"fleet adopt{session.run.chdir} --to {one.environment}"
    name = agent or min(_standing(ground, head), default="AGENT")
    return f"fleet promote{session.run.chdir} {name} --to {ledgers[0].environment}"


def _next(session: Session, newest: Entry, agent: str | None) -> str:
    """The command that looks behind the newest entry."""
    name = agent or newest.agents[0].agent
    return f"fleet approvals{session.run.chdir} {name} --to {newest.environment}"
