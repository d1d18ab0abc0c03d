"""What the ledgers record about one agent, or about all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from fleetward.domain import layout
from fleetward.domain.break_glass import Review
from fleetward.domain.errors import FleetError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.landed_change import LandedChange
from fleetward.domain.ledger import Entry, Ledger
from fleetward.domain.log_period import LogPeriod, log_period
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.workflows.audit.landed_changes import landed_changes
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet
from fleetward.workflows.suggestions import unknown_agent, unknown_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLog:
    """Ledger entries at one commit, newest first, with the reviews of break-glass promotions."""

    head: Id
    agent: str | None
    environments: tuple[str, ...]
    entries: tuple[Entry, ...]
    reviews: tuple[Review, ...]
    review_errors: tuple[str, ...]
    """Why the review of an entry cannot be determined."""
    next_command: str
    period: LogPeriod
    changes: Mapping[tuple[str, int], LandedChange]
    """By environment and number; empty unless it was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """Which entries are listed: all, or those of an agent, of an environment and of a time."""

    agent: str | None = None
    to: str | None = None
    since: str | None = None
    until: str | None = None
    """A date or an instant; both ends belong to it."""
    with_changes: bool = False
    """Say of each entry which commit brought it and what it changed."""


def ledger_log(run: RunContext, options: LogOptions) -> LedgerLog:
    """
    The entries of the ledgers at HEAD that *options* ask for.

    Errors: UsageError for an unknown agent or environment, or a time that is none; FleetError where a ledger is broken.
    """
    agent, to = options.agent, options.to
    period = log_period(options.since, options.until)
    root = find_fleet_root(run.folder, run.environment)
    head = root.head()
    environments = _environments(root, head, to)
    ledgers = tuple(records.append_only_ledger(root, head, environment) for environment in environments)
    every_entry = _entries(ledgers, agent, _agent_names(root, head))
    entries = tuple(entry for entry in every_entry if period.holds(entry.at))
    reviews, errors = _reviews(run, root, head, entries, agent)
    return LedgerLog(
        head=head,
        agent=agent,
        environments=environments,
        entries=entries,
        reviews=reviews,
        review_errors=errors,
        next_command=(
            f"fleet approvals{run.chdir} {agent or entries[0].agents[0].agent} --to {entries[0].environment}"
            if entries
            else f"fleet log{run.chdir}{f' {agent}' if agent else ''}"
            if every_entry
            else _first_command(run, root, head, ledgers, agent)
        ),
        period=period,
        changes=landed_changes(root, head, entries) if options.with_changes else {},
    )


def _environments(root: FleetRoot, head: Id, to: str | None) -> tuple[str, ...]:
    """The gated environments whose ledgers are read: all, or *to* alone."""
    fleet = load_fleet(root.commit_tree(head), only=()).snapshot
    if fleet is None:
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    gated = tuple(environment.name for environment in fleet.config.environments if environment.gated)
    # all ledgers by default: an agent may run in several environments
    if to is None and gated:
        return gated
    if to in gated:
        return (to,)
    if to and fleet.config.environment(to) is None:
        raise unknown_environment(
            to, gated or [environment.name for environment in fleet.config.environments]
        )
    names = ", ".join(gated) or "none, fleet-config.yaml has no environment with 'from'"
    message = f"{to!r} is not a gated environment" if to else "no environment has a ledger"
    raise UsageError(message, hint=f"--to one of: {names}")


def _agent_names(root: FleetRoot, head: Id, under: str = layout.ENVIRONMENTS) -> frozenset[str]:
    """The names of the agents below a folder: of all environments, or of one."""
    paths = (entry.path.split("/") for entry in root.commit_tree(head).entries(under))
    return frozenset(parts[2] for parts in paths if len(parts) > 3)


def _entries(ledgers: Sequence[Ledger], agent: str | None, present: Collection[str]) -> tuple[Entry, ...]:
    """
    The entries that name *agent*, newest first; within one environment by number, whatever their clocks said.

    Errors: UsageError for an unknown agent.
    """
    recorded = {change.agent for ledger in ledgers for head in ledger.heads for change in head.agents}
    if agent is not None and agent not in {*recorded, *present}:
        raise unknown_agent(agent, "this fleet", {*recorded, *present})
    entries = [
        entry
        for ledger in ledgers
        for entry in (ledger.entries if agent is None else (entry for entry, _ in ledger.transitions(agent)))
    ]
    return tuple(
        # the number breaks ties: entries of one apply have the same instant
        sorted(entries, key=lambda record: (record.at, record.environment, record.seq), reverse=True)
    )


def _reviews(
    run: RunContext, root: FleetRoot, head: Id, entries: Sequence[Entry], agent: str | None
) -> tuple[tuple[Review, ...], tuple[str, ...]]:
    """The valid reviews of break-glass promotions, and why others cannot be determined."""
    promotions = [
        (entry, transition.agent)
        for entry in entries
        if entry.break_glass
        for transition in entry.agents
        if agent in (None, transition.agent)
    ]
    if not promotions:
        return (), ()
    # most ledgers have no break-glass entry: their log needs neither policy nor approvals
    from fleetward.workflows.approval.review_status import closing_review

    reviews, errors = [], []
    for entry, name in promotions:
        try:
            approval = closing_review(run, root, head, entry, name)
        # one review that fails must not hide the rest of the log
        except FleetError as error:
            place = f"entry {entry.seq} of {entry.environment}"
            errors.append(f"the review of {name} in {place} cannot be determined: {error.message}")
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
    return tuple(reviews), tuple(errors)


def _first_command(
    run: RunContext, root: FleetRoot, head: Id, ledgers: Sequence[Ledger], agent: str | None
) -> str:
    """The command that writes the first entry: adopt where agents run already, else promote."""
    for ledger in ledgers:
        if not ledger.entries and _agent_names(root, head, layout.environment_folder(ledger.environment)):
            return f"fleet adopt{run.chdir} --to {ledger.environment}"
    name = agent or min(_agent_names(root, head), default="AGENT")
    return f"fleet promote{run.chdir} {name} --to {ledgers[0].environment}"
