"""Environments against their ledgers: changes by hand, skipped environments, names used again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from fleetward.domain import layout
from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.ledger import AgentTransition, EntryHead, Ledger
from fleetward.domain.manifest import Agent
from fleetward.rules.rule import Violation, rule
from fleetward.rules.selectors import agents_by_environment


@rule("name-retired", Severity.ERROR, fleet_fields={})
def name_retired(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The name of a retired agent is in use again.

    Why: approvals, evaluations and the ledger know an agent by its name. The new agent would inherit the trust
    and the history of the old one.
    Bad:
        # ledger/production.jsonl: refund-bot was retired on 2026-05-02
        metadata: {name: refund-bot}
    Good:
        metadata: {name: refund-desk}
    Fix: choose a name that was never used, and rename the folder with it. A manifest that says `lifecycle:
    retired` may stay in the source environment.
    """
    for gated, entry, moved in _all_last_entries(fleet):
        if moved.to_state is not None:
            continue
        for environment in _upstream(fleet, gated):
            agent = fleet.agents.get((environment, moved.agent))
            if agent is not None and not _stays_upstream(agent, gated):
                message = f"{moved.agent!r} was retired from {gated!r} on {entry.at:%Y-%m-%d}"
                hint = f"take another name, and rename {agent.folder} with it"
                place = _name_place(agent)
                yield _violation(agent, message, hint, place, related=(_entry_place(entry),))


@rule("environment-skipped", Severity.WARNING, fleet_fields={})
def environment_skipped(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    An agent is in a gated environment, and not in its source environment.

    Why: a change of the agent cannot be tried out first, and its next promotion would retire it.
    Bad:
        # environments/production/refund-bot is there, environments/staging/refund-bot is not
        environments: [{name: staging}, {name: production, from: staging}]
    Good:
        # environments/staging/refund-bot and environments/production/refund-bot are there
        environments: [{name: staging}, {name: production, from: staging}]
    Fix: add the agent to the source environment. Or retire it with `fleet promote AGENT --to ENV`.
    """
    present = agents_by_environment(fleet)
    for environment in _gated(fleet):
        for name in sorted(present.get(environment.name, ())):
            missing = [source for source in environment.sources if name not in present.get(source, ())]
            if missing:
                agent = fleet.agents[environment.name, name]
                message = (
                    f"{name!r} is in {environment.name!r}, and not in {' and '.join(map(repr, missing))}"
                )
                hint = f"add it to {missing[0]}, or retire it: fleet promote {name} --to {environment.name}"
                missing_folders = tuple(layout.agent_folder(source, name) for source in missing)
                yield replace(
                    _violation(agent, message, hint, _name_place(agent)), missing_folders=missing_folders
                )


@rule(
    "unpromoted-state",
    Severity.ERROR,
    severity_exceptions="note where an environment has no ledger yet",
    fleet_fields={},
)
def unpromoted_state(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A gated environment differs from what was last promoted into it.

    Why: the folders define what is deployed. Nobody approved a change by hand, and no record shows it.
    Bad:
        # environments/production/refund-bot/overrides.yaml, edited in place
        spec: {budgets: [{window: day, currency: EUR, alertAt: 800, haltAt: 1000}]}
    Good:
        # proposals/production/refund-bot/overrides.yaml, then `fleet promote refund-bot --to production`
        spec: {budgets: [{window: day, currency: EUR, alertAt: 800, haltAt: 1000}]}
    Fix: restore the folder to the promoted state. Then write the change into proposals/ or the source
    environment, and promote it. `fleet adopt --to ENV --apply` makes the first ledger of an environment.
    """
    for environment in _gated(fleet):
        ledger = fleet.ledgers.get(environment.name)
        if ledger is None:
            continue
        if not ledger.entries:
            yield from _missing_ledger(fleet, environment)
            continue
        yield from _manual_changes(fleet, environment, ledger)
        yield from _manual_removals(fleet, environment, ledger)


def _missing_ledger(fleet: Snapshot, environment: Environment) -> Iterator[Violation]:
    count = len(fleet.agent_names(environment.name))
    if count:
        path = f"environments[{environment.name}]"
        yield Violation(
            place=fleet.config.locate(path) if fleet.config.locate else Place(file=layout.CONFIG, path=path),
            message=f"{environment.name!r} has no ledger yet: nothing says how its agents ({count}) came there",
            hint=f"fleet adopt --to {environment.name} --apply",
            environment=environment.name,
            severity=Severity.NOTE,
        )


def _manual_changes(fleet: Snapshot, environment: Environment, ledger: Ledger) -> Iterator[Violation]:
    last = _last_entries(ledger)
    for agent in _agents_in(fleet, environment.name):
        last_entry = last.get(agent.name)
        place = Place(file=f"{agent.folder}/{layout.MANIFEST}")
        promote = f"fleet promote {agent.name} --to {environment.name}"
        if last_entry is None:
            message = f"{agent.name!r} is in {environment.name!r} without an entry in its ledger"
            yield _violation(agent, message, f"remove {agent.folder}, then {promote}", place)
        elif last_entry[1].to_state is not None and agent.readable and agent.state != last_entry[1].to_state:
            message = f"{agent.folder} is not what was last promoted into {environment.name!r}"
            hint = f"restore it as it was promoted, then {promote}"
            yield _violation(agent, message, hint, place, related=(_entry_place(last_entry[0]),))


def _manual_removals(fleet: Snapshot, environment: Environment, ledger: Ledger) -> Iterator[Violation]:
    present = fleet.agent_names(environment.name)
    for name, (line, moved) in sorted(_last_entries(ledger).items()):
        if moved.to_state is not None and name not in present:
            yield Violation(
                place=_entry_place(line),
                message=f"{name!r} was promoted into {environment.name!r}, and is not there",
                hint=f"restore environments/{environment.name}/{name}; a promotion is what retires it",
                environment=environment.name,
                agent=name,
            )


def _gated(fleet: Snapshot) -> Iterator[Environment]:
    return (environment for environment in fleet.config.environments if environment.gated)


def _agents_in(fleet: Snapshot, environment: str) -> Iterator[Agent]:
    """The agents of an environment without proposals, because these are not promoted yet."""
    return (agent for key, agent in sorted(fleet.agents.items()) if key[0] == environment)


def _last_entries(ledger: Ledger) -> dict[str, tuple[EntryHead, AgentTransition]]:
    return {moved.agent: (head, moved) for head in ledger.heads for moved in head.agents}


def _all_last_entries(fleet: Snapshot) -> Iterator[tuple[str, EntryHead, AgentTransition]]:
    for environment, ledger in sorted(fleet.ledgers.items()):
        for _, (line, moved) in sorted(_last_entries(ledger).items()):
            yield environment, line, moved


def _upstream(fleet: Snapshot, environment: str) -> tuple[str, ...]:
    """The environment and all its direct and indirect sources."""
    names = [environment]
    for name in names:
        environment_config = fleet.config.environment(name)
        names += [
            source
            for source in (environment_config.sources if environment_config else ())
            if source not in names
        ]
    return tuple(names)


def _stays_upstream(agent: Agent, gated: str) -> bool:
    """A retired agent may stay in a source environment with ``lifecycle: retired``."""
    is_retired = agent.manifest is not None and agent.manifest.lifecycle == "retired"
    return is_retired and agent.environment != gated


def _name_place(agent: Agent) -> Place:
    if agent.manifest is not None:
        return agent.manifest.place("metadata.name")
    return Place(file=f"{agent.folder}/{layout.MANIFEST}")


def _entry_place(entry: EntryHead) -> Place:
    return Place(file=layout.ledger_file(entry.environment), line=entry.seq, end_line=entry.seq)


def _violation(
    agent: Agent, message: str, hint: str, place: Place, related: tuple[Place, ...] = ()
) -> Violation:
    return Violation(
        place=place,
        message=message,
        hint=hint,
        environment=agent.environment,
        agent=agent.name,
        related=related,
    )
