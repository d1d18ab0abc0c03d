"""What runs against what the ledger says: nothing moved by hand, nothing skipped, no name twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import CONFIG, Environment, Snapshot
from fleetward.domain.ledger import Ledger, Line, Moved
from fleetward.domain.manifest import MANIFEST, Agent, folder
from fleetward.rules.rule import Wrong, rule
from fleetward.rules.selectors import inhabitants


@rule("name-retired", Severity.ERROR, among={})
def name_retired(fleet: Snapshot, now: datetime) -> Iterator[Wrong]:
    """
    A name that was retired is in use again.

    Why: approvals, evaluations and the ledger know an agent by its name. A second life would inherit the trust
    and the story of the first.
    Bad:
        # ledger/production.jsonl: refund-bot was retired on 2026-05-02
        metadata: {name: refund-bot}
    Good:
        metadata: {name: refund-desk}
    Fix: take a name that was never used, and rename the folder with it. A manifest that says `lifecycle: retired`
    may stay in the environment before.
    """
    for gated, entry, moved in _last_moves(fleet):
        if moved.to_state is not None:
            continue
        for environment in _upstream(fleet, gated):
            agent = fleet.agents.get((environment, moved.agent))
            if agent is not None and not _at_its_end(agent, gated):
                message = f"{moved.agent!r} was retired from {gated!r} on {entry.at:%Y-%m-%d}"
                hint = f"take another name, and rename {agent.folder} with it"
                place = _name(agent)
                yield _wrong(agent, message, hint, place, related=(_line(entry),))


@rule("environment-skipped", Severity.WARNING, among={})
def environment_skipped(fleet: Snapshot, now: datetime) -> Iterator[Wrong]:
    """
    An agent stands in a gated environment, and not in the one before it.

    Why: what runs there cannot be tried out before it is changed, and its next promotion would retire it.
    Bad:
        # environments/production/refund-bot is there, environments/staging/refund-bot is not
        environments: [{name: staging}, {name: production, from: staging}]
    Good:
        # environments/staging/refund-bot and environments/production/refund-bot are there
        environments: [{name: staging}, {name: production, from: staging}]
    Fix: put the agent into the environment before; or retire it with `fleet promote AGENT --to ENV`.
    """
    present = inhabitants(fleet)
    for environment in _gated(fleet):
        for name in sorted(present.get(environment.name, ())):
            missing = [one for one in environment.sources if name not in present.get(one, ())]
            if missing:
                agent = fleet.agents[environment.name, name]
                message = (
                    f"{name!r} is in {environment.name!r}, and not in {' and '.join(map(repr, missing))}"
                )
                hint = f"add it to {missing[0]}, or retire it: fleet promote {name} --to {environment.name}"
                absent = tuple(folder(one, name) for one in missing)
                yield replace(_wrong(agent, message, hint, _name(agent)), absent=absent)


@rule("unpromoted-state", Severity.ERROR, unless="note where an environment has no ledger yet", among={})
def unpromoted_state(fleet: Snapshot, now: datetime) -> Iterator[Wrong]:
    """
    A gated environment holds something other than what was last promoted into it.

    Why: the folders are what runs. A change by hand was seen by no gate, approved by nobody, and stands in no
    record.
    Bad:
        # environments/production/refund-bot/overrides.yaml, edited in place
        spec: {budgets: [{window: day, currency: EUR, alertAt: 800, haltAt: 1000}]}
    Good:
        # proposals/production/refund-bot/overrides.yaml, then `fleet promote refund-bot --to production`
        spec: {budgets: [{window: day, currency: EUR, alertAt: 800, haltAt: 1000}]}
    Fix: restore the folder as it was promoted, write the wish into proposals/ or the environment before, and
    promote it. An environment that has no ledger yet gets one with `fleet adopt --to ENV --apply`.
    """
    for environment in _gated(fleet):
        ledger = fleet.ledgers.get(environment.name)
        if ledger is None:
            continue
        if not ledger.entries:
            yield from _unadopted(fleet, environment)
            continue
        yield from _moved_by_hand(fleet, environment, ledger)
        yield from _removed_by_hand(fleet, environment, ledger)


def _unadopted(fleet: Snapshot, environment: Environment) -> Iterator[Wrong]:
    count = len(fleet.names(environment.name))
    if count:
        path = f"environments[{environment.name}]"
        yield Wrong(
            place=fleet.config.locate(path) if fleet.config.locate else Place(file=CONFIG, path=path),
            message=f"{environment.name!r} has no ledger yet: nothing says how its agents ({count}) came there",
            hint=f"fleet adopt --to {environment.name} --apply",
            environment=environment.name,
            severity=Severity.NOTE,
        )


def _moved_by_hand(fleet: Snapshot, environment: Environment, ledger: Ledger) -> Iterator[Wrong]:
    last = _last(ledger)
    for agent in _standing(fleet, environment.name):
        known = last.get(agent.name)
        place = Place(file=f"{agent.folder}/{MANIFEST}")
        promote = f"fleet promote {agent.name} --to {environment.name}"
        if known is None:
            message = f"{agent.name!r} is in {environment.name!r}, and its ledger does not know it"
            yield _wrong(agent, message, f"remove {agent.folder}, then {promote}", place)
        elif known[1].to_state is not None and agent.readable and agent.state != known[1].to_state:
            message = f"{agent.folder} is not what was last promoted into {environment.name!r}"
            hint = f"restore it as it was promoted, then {promote}"
            yield _wrong(agent, message, hint, place, related=(_line(known[0]),))


def _removed_by_hand(fleet: Snapshot, environment: Environment, ledger: Ledger) -> Iterator[Wrong]:
    present = fleet.names(environment.name)
    for name, (line, moved) in sorted(_last(ledger).items()):
        if moved.to_state is not None and name not in present:
            yield Wrong(
                place=_line(line),
                message=f"{name!r} was promoted into {environment.name!r}, and is not there",
                hint=f"restore environments/{environment.name}/{name}; a promotion is what retires it",
                environment=environment.name,
                agent=name,
            )


def _gated(fleet: Snapshot) -> Iterator[Environment]:
    return (one for one in fleet.config.environments if one.gated)


def _standing(fleet: Snapshot, environment: str) -> Iterator[Agent]:
    """As they stand, without proposals: these are not there yet."""
    return (agent for key, agent in sorted(fleet.agents.items()) if key[0] == environment)


def _last(ledger: Ledger) -> dict[str, tuple[Line, Moved]]:
    return {moved.agent: (line, moved) for line in ledger.lines for moved in line.agents}


def _last_moves(fleet: Snapshot) -> Iterator[tuple[str, Line, Moved]]:
    for environment, ledger in sorted(fleet.ledgers.items()):
        for _, (line, moved) in sorted(_last(ledger).items()):
            yield environment, line, moved


def _upstream(fleet: Snapshot, environment: str) -> tuple[str, ...]:
    """The environment itself, and all that its agents come from."""
    found = [environment]
    for name in found:
        known = fleet.config.environment(name)
        found += [one for one in (known.sources if known else ()) if one not in found]
    return tuple(found)


def _at_its_end(agent: Agent, gated: str) -> bool:
    """What was retired may stay in the environment before, as it was when it went."""
    known = agent.manifest is not None and agent.manifest.lifecycle == "retired"
    return known and agent.environment != gated


def _name(agent: Agent) -> Place:
    if agent.manifest is not None:
        return agent.manifest.place("metadata.name")
    return Place(file=f"{agent.folder}/{MANIFEST}")


def _line(of: Line) -> Place:
    return Place(file=f"ledger/{of.environment}.jsonl", line=of.seq, end_line=of.seq)


def _wrong(agent: Agent, message: str, hint: str, place: Place, related: tuple[Place, ...] = ()) -> Wrong:
    return Wrong(
        place=place,
        message=message,
        hint=hint,
        environment=agent.environment,
        agent=agent.name,
        related=related,
    )
