"""Errors that block a promotion before any approval counts: of the candidate, and those that it would cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fleetward import rules
from fleetward.domain import layout
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent
from fleetward.store.records import load as records
from fleetward.workflows.promotion.context import PromotionContext


def rule_errors(
    context: PromotionContext, after: Snapshot, names: Sequence[str]
) -> dict[str, tuple[Finding, ...]]:
    """By agent: its errors in the target environment, and those that the batch causes for other agents there."""
    to, now = context.target.name, context.run.now
    errors_after = [
        finding for finding in rules.findings(after, now) if _blocks(finding) and finding.environment == to
    ]
    errors_before = {
        finding.fingerprint for finding in rules.findings(context.fleet, now) if _blocks(finding)
    }
    caused_elsewhere = [
        finding
        for finding in errors_after
        # fingerprints hold no line numbers: an error that only moved is an old one (SPEC 4)
        if finding.agent not in names and finding.fingerprint not in errors_before
    ]
    return {
        name: (*(finding for finding in errors_after if finding.agent == name), *caused_elsewhere)
        for name in names
    }


def _blocks(finding: Finding) -> bool:
    # a waiver lets an unfinished agent stand in its source, and go no further
    return finding.severity is Severity.ERROR and (not finding.waived or finding.rule == "placeholder")


def environment_skipped(
    context: PromotionContext, name: str, sources: Sequence[Agent | None]
) -> Iterable[Finding]:
    """All source environments must have the same release."""
    release_agent = sources[0]
    for environment, agent in zip(context.sources[1:], sources[1:], strict=True):
        # `from` may be a list: every one of them must hold the release (SPEC 1.1)
        if (agent and agent.release) != (release_agent and release_agent.release):
            yield _error(
                "environment-skipped",
                f"{environment} does not hold the release of {context.sources[0]}",
                layout.manifest_file(environment, name),
                f"fleet promote {name} --to {environment}",
            )


def unpromoted_state(context: PromotionContext, name: str) -> Iterable[Finding]:
    """A folder in a gated source must be as it was promoted, not edited by hand."""
    for source in context.sources:
        stage = context.fleet.config.environment(source)
        ledger = (
            records.ledger(context.root.commit_tree(context.head), source) if stage and stage.gated else None
        )
        # without a ledger there is nothing to compare with; validate names adopt
        if ledger is None or not ledger.entries:
            continue
        last, agent = ledger.last_transition(name), context.fleet.agents.get((source, name))
        recorded, state = last[1].to_state if last else None, agent.state if agent else None
        if recorded != state:
            yield _error(
                "unpromoted-state",
                f"{source} holds {state or 'nothing'}, its ledger says {recorded or 'nothing runs'}",
                layout.manifest_file(source, name),
                f"restore {layout.agent_folder(source, name)}",
            )


def unreadable_proposal(context: PromotionContext, name: str) -> Iterable[Finding]:
    """Errors of a proposal that cannot be read: without it the promotion would be another one."""
    to = context.target.name
    if (to, name) not in context.fleet.proposals:
        place = f"proposals/{to}/{name}/"
        for finding in context.reading.findings:
            if finding.severity is Severity.ERROR and finding.place.file.startswith(place):
                yield finding


def name_retired(
    context: PromotionContext, name: str, running: Agent | None, recorded: bool
) -> Iterable[Finding]:
    """The name of a retired agent cannot be used again."""
    # a new agent under an old name would inherit its history in the ledger
    if running is None and recorded:
        place = layout.manifest_file(context.sources[0], name)
        yield _error(
            "name-retired", f"{name!r} was retired from {context.target.name}", place, "take another name"
        )


def _error(rule: str, message: str, file: str, hint: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, message=message, place=Place(file=file), hint=hint)
