"""``fleet log``: what the ledger tells of an agent, or of all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain import layout
from fleetward.domain.break_glass import Review
from fleetward.domain.errors import ExitCode, FleetError, UsageError
from fleetward.domain.ledger import Entry, Ledger
from fleetward.report import log_json, log_text
from fleetward.report.page import line
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.workflows.load import load_fleet
from fleetward.workflows.suggestions import unknown_agent, unknown_environment


def log(
    session: Session,
    agent: Annotated[str | None, typer.Argument(metavar="[AGENT]", help="The agent; else all.")] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ENV", help="A gated environment; else all of them.")
    ] = None,
) -> ExitCode:
    """Tell what went where, when, who applied and approved it, on which evidence: newest first."""
    root = find_fleet_root(session.run.folder, session.run.environment)
    head = root.head()
    environments = _environments(root, head, to)
    ledgers = tuple(records.append_only_ledger(root, head, environment) for environment in environments)
    entries = _entries(ledgers, agent, _agent_names(root, head))
    reviews = _reviews(session, root, head, entries, agent)
    next_command = (
        _next_command(session, entries[0], agent)
        if entries
        else _first_command(session, root, head, ledgers, agent)
    )
    session.output.report(
        {
            "text": lambda: log_text.render(
                entries,
                agent=agent,
                next_command=next_command,
                verbose=session.verbose,
                environments=environments,
                reviews=reviews,
            ),
            "json": lambda: log_json.render(entries, commit=head, reviews=reviews),
        }
    )
    return ExitCode.SUCCESS


def _environments(root: FleetRoot, head: Id, to: str | None) -> tuple[str, ...]:
    """The environments whose ledgers are asked for."""
    fleet = load_fleet(root.commit_tree(head), only=()).snapshot
    if fleet is None:
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    gated = tuple(environment.name for environment in fleet.config.environments if environment.gated)
    if to is None and gated:
        return gated
    if to in gated:
        return (to,)
    if to and fleet.config.environment(to) is None:
        raise unknown_environment(
            to, gated or [environment.name for environment in fleet.config.environments]
        )
    names = ", ".join(gated) or "none, fleet-config.yaml has no environment with 'from'"
    message = f"{to!r} is no gated environment" if to else "no environment keeps a ledger"
    raise UsageError(message, hint=f"--to one of: {names}")


def _agent_names(root: FleetRoot, head: Id, under: str = layout.ENVIRONMENTS) -> frozenset[str]:
    """The names of all agents in any environment, or in the one of this folder."""
    paths = (entry.path.split("/") for entry in root.commit_tree(head).entries(under))
    return frozenset(parts[2] for parts in paths if len(parts) > 3)


def _entries(ledgers: Sequence[Ledger], agent: str | None, present: Collection[str]) -> tuple[Entry, ...]:
    """
    Every entry that moved *agent*, newest first; of one environment by number, whatever the clock said.

    Errors: UsageError for an agent that nobody has heard of.
    """
    lines = [line for ledger in ledgers for line in ledger.lines]
    recorded = {change.agent for line in lines for change in line.agents}
    if agent is not None and agent not in {*recorded, *present}:
        raise unknown_agent(agent, "this fleet", {*recorded, *present})
    entries = [
        record.entry
        for record in lines
        if agent is None or any(change.agent == agent for change in record.agents)
    ]
    return tuple(
        sorted(entries, key=lambda record: (record.at, record.environment, record.seq), reverse=True)
    )


def _reviews(
    session: Session, root: FleetRoot, head: Id, entries: Sequence[Entry], agent: str | None
) -> tuple[Review, ...]:
    """The reviews of what broke the glass that were given and count; why that cannot be told is said aside."""
    promotions = [
        (record, agent_change.agent)
        for record in entries
        if record.break_glass
        for agent_change in record.agents
    ]
    if not promotions:
        return ()
    # most ledgers hold no emergency: they are told without a look at the law
    from fleetward.workflows.approval.review_status import closing_review

    reviews = []
    for entry, name in promotions:
        if agent not in (None, name):
            continue
        try:
            approval = closing_review(session.run, root, head, entry, name)
        except FleetError as error:
            subject = (
                f"whether entry {entry.seq} of {entry.environment} was reviewed for {name} cannot be told"
            )
            session.output.note((line(f"{subject}: {error.message}", hang=2),))
            continue
        if approval is not None:
            reviews.append(
                Review(
                    environment=entry.environment,
                    seq=entry.seq,
                    agent=name,
                    approver=approval.approver,
                    at=approval.issued,
                    file=approval.file,
                )
            )
    return tuple(reviews)


def _first_command(
    session: Session, root: FleetRoot, head: Id, ledgers: Sequence[Ledger], agent: str | None
) -> str:
    """The command that begins a story: what stands in a gated environment is adopted, all else promoted."""
    for ledger in ledgers:
        if not ledger.entries and _agent_names(root, head, layout.environment_folder(ledger.environment)):
            return f"fleet adopt{session.run.chdir} --to {ledger.environment}"
    name = agent or min(_agent_names(root, head), default="AGENT")
    return f"fleet promote{session.run.chdir} {name} --to {ledgers[0].environment}"


def _next_command(session: Session, newest: Entry, agent: str | None) -> str:
    """The command that looks behind the newest entry."""
    name = agent or newest.agents[0].agent
    return f"fleet approvals{session.run.chdir} {name} --to {newest.environment}"


VERB = Verb(run=log, formats=in_formats("text", "json"))
