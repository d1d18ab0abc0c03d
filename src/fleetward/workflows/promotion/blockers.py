"""What stands against a promotion before anybody is asked: errors of the candidate, and those that it would cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fleetward import rules
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent
from fleetward.store.records import load as records
from fleetward.workflows.promotion.context import Hearing


def caused(asked: Hearing, after: Snapshot, names: Sequence[str]) -> dict[str, tuple[Finding, ...]]:
    """By agent: the errors on it in the target environment, and those that the unit causes for others there."""
    to, now = asked.target.name, asked.run.now
    then = [one for one in rules.findings(after, now) if _stops(one) and one.environment == to]
    before = {one.fingerprint for one in rules.findings(asked.fleet, now) if _stops(one)}
    others = [one for one in then if one.agent not in names and one.fingerprint not in before]
    return {name: (*(one for one in then if one.agent == name), *others) for name in names}


def _stops(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR and not finding.waived


def divided(asked: Hearing, name: str, sources: Sequence[Agent | None]) -> Iterable[Finding]:
    """Every source has to hold the release."""
    first = sources[0]
    for environment, agent in zip(asked.sources[1:], sources[1:], strict=True):
        if (agent and agent.release) != (first and first.release):
            yield _error(
                "environment-skipped",
                f"{environment} does not hold the release of {asked.sources[0]}",
                f"environments/{environment}/{name}/agent.yaml",
                f"fleet promote {name} --to {environment}",
            )


def unpromoted(asked: Hearing, name: str) -> Iterable[Finding]:
    """A gated source passes on what was promoted into it, nothing that somebody wrote there."""
    for source in asked.sources:
        stage = asked.fleet.config.environment(source)
        ledger = records.ledger(asked.ground.commit(asked.head), source) if stage and stage.gated else None
        if ledger is None or not ledger.entries:
            continue
        last, agent = ledger.last(name), asked.fleet.agents.get((source, name))
        said, held = last[1].to_state if last else None, agent.state if agent else None
        if said != held:
            yield _error(
                "unpromoted-state",
                f"{source} holds {held or 'nothing'}, its ledger says {said or 'nothing runs'}",
                f"environments/{source}/{name}/agent.yaml",
                f"restore environments/{source}/{name}",
            )


def unproposed(asked: Hearing, name: str) -> Iterable[Finding]:
    """What lies under ``proposals/`` and is none must not be passed over."""
    to = asked.target.name
    if (to, name) not in asked.fleet.proposals:
        place = f"proposals/{to}/{name}/"
        for one in asked.reading.findings:
            if one.severity is Severity.ERROR and one.place.file.startswith(place):
                yield one


def reborn(asked: Hearing, name: str, running: Agent | None, known: bool) -> Iterable[Finding]:
    """A name that was retired stays taken."""
    if running is None and known:
        place = f"environments/{asked.sources[0]}/{name}/agent.yaml"
        yield _error(
            "name-retired", f"{name!r} was retired from {asked.target.name}", place, "take another name"
        )


def _error(rule: str, message: str, file: str, hint: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, message=message, place=Place(file=file), hint=hint)
