"""Rollback: the release that ran before, restored from the commit that promoted it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from fleetward import gate
from fleetward.domain import digest, layout, limits
from fleetward.domain.errors import FleetError, GovernanceInvalid, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity
from fleetward.domain.ledger import AgentTransition, Entry, PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.store.fleet.agent_assembly import build_candidate
from fleetward.store.fleet.agents import read_agents
from fleetward.store.git.file_history import commit_of_promotion
from fleetward.store.git.repository import Id
from fleetward.workflows.promotion.candidates import Candidate, as_batch, running_agent, with_records
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.contributors import binding_of

_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{12,64})")
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRelease:
    """A release that ran before: the last ledger entry that promoted it, and when the next one replaced it."""

    entry: Entry
    agent: AgentTransition
    replaced_at: datetime

    @property
    def release(self) -> str:
        """Its digest."""
        return str(self.agent.release)


def rollback_candidate(
    context: PromotionContext, name: str, release: str | None, *, with_overrides: bool = False
) -> Candidate:
    """
    The candidate that takes *name* back to *release*, a digest or its beginning; None: the release before this one.

    Errors: GovernanceInvalid where the policy has no rollback, UsageError where there is no such release,
    FleetError where history differs from the ledger.
    """
    if context.policy.rollback is None:
        message = "cannot decide: governance/policy.yaml has no 'rollback'"
        block = "rollback: {within: P30D, require: [{approvals: 1, from: owner}]}"
        hint = f"add to governance/policy.yaml: {block}; then fleet approve --governance"
        raise GovernanceInvalid(message, hint=hint)
    earlier = select_release(context, name, release)
    [candidate] = as_batch(context, [_build_candidate(context, name, earlier, with_overrides=with_overrides)])
    return candidate


def select_release(context: PromotionContext, name: str, release: str | None) -> EarlierRelease:
    """
    The earlier release that *release* names; None: the newest one that no rollback holds.

    Errors: UsageError where there is no such release.
    """
    to = context.target.name
    transitions = context.ledger.transitions(name)
    running = transitions[-1][1].release if transitions else None
    if running is None:
        message = f"{name!r} does not run in {to}: nothing to roll back"
        raise UsageError(message, hint=f"fleet log{context.run.chdir}")
    releases = earlier_releases(transitions)
    if release is None:
        for earlier in releases:
            if context.ledger.rollback_hold(name, earlier.release) is None:
                return earlier
        if releases:
            message = f"every earlier release of {name!r} in {to} is held by a rollback: choose one"
            raise UsageError(message, hint=_choices_hint(releases))
        message = f"{name!r} has no earlier release in {to} to roll back to"
        raise UsageError(message, hint=_suspend_hint(context, name))
    match = _PREFIX.fullmatch(release)
    start = f"sha256:{match[1]}" if match else ""
    matches = [earlier for earlier in releases if start and earlier.release.startswith(start)]
    if len(matches) == 1:
        return matches[0]
    hint = _choices_hint(releases) or _suspend_hint(context, name)
    if start and running.startswith(start):
        raise UsageError(f"{name!r} runs {running} now", hint=hint)
    raise UsageError(f"{name!r} has no earlier release {release!r} in {to}", hint=hint)


def earlier_releases(transitions: Sequence[tuple[Entry, AgentTransition]]) -> tuple[EarlierRelease, ...]:
    """
    Every release that ran before the present one, the newest entry first.

    Shape: *transitions* are all entries of one agent, oldest first.
    """
    replaced: dict[str, EarlierRelease] = {}
    for (entry, agent), (next_entry, next_agent) in pairwise(transitions):
        if agent.release is not None and agent.release != next_agent.release:
            replaced[agent.release] = EarlierRelease(entry=entry, agent=agent, replaced_at=next_entry.at)
    running = transitions[-1][1].release if transitions else None
    releases = [earlier for release, earlier in replaced.items() if release != running]
    return tuple(sorted(releases, key=lambda earlier: earlier.entry.seq, reverse=True))


def _choices_hint(releases: Sequence[EarlierRelease]) -> str:
    """The releases to choose from, with the days between which each of them ran."""
    choices = [
        f"{digest.short(earlier.release)} ({earlier.entry.at:%Y-%m-%d} to {earlier.replaced_at:%Y-%m-%d})"
        for earlier in releases[:_SHOWN]
    ]
    return f"--to one of: {', '.join(choices)}" if choices else ""


def _suspend_hint(context: PromotionContext, name: str) -> str:
    return f"fleet suspend{context.run.chdir} {name} --env {context.target.name} --reason TEXT"


def _build_candidate(
    context: PromotionContext, name: str, earlier: EarlierRelease, *, with_overrides: bool
) -> Candidate:
    running = running_agent(context, name)
    origin, source = _restored_agent(context, name, earlier)
    overrides_from = source if with_overrides else running
    overrides = overrides_from.file(layout.OVERRIDES) if overrides_from else None
    proposed, findings = build_candidate(
        source, context.target.name, overrides, proposed=False, documents=context.run.documents
    )
    recorded = earlier.agent
    if proposed.release != recorded.release or (with_overrides and proposed.state != recorded.to_state):
        raise _folder_mismatch(name, earlier, origin)
    transition = AgentTransition(
        agent=name,
        from_state=context.ledger.transitions(name)[-1][1].to_state,
        to_state=proposed.state,
        release=recorded.release,
        generation=context.ledger.next_generation(name),
    )
    request = gate.PromotionRequest(
        binding=binding_of(context, transition),
        kind=PromotionKind.ROLLBACK,
        release=recorded.release,
        running=running.manifest if running else None,
        running_unreadable=running is not None and running.manifest is None,
        candidate=proposed.manifest,
        left_at=earlier.replaced_at,
    )
    candidate = Candidate(
        request=request,
        running=running,
        source=source,
        proposed=proposed,
        errors=tuple(finding for finding in findings if finding.severity is Severity.ERROR),
        origin=origin,
        with_overrides=with_overrides,
    )
    return with_records(context, candidate)


def _restored_agent(context: PromotionContext, name: str, earlier: EarlierRelease) -> tuple[Id, Agent]:
    """The commit that promoted the release, and the agent in that commit."""
    to, entry = context.target.name, earlier.entry
    line = entry.line.encode()
    origin = commit_of_promotion(context.root, context.head, entry.commit, layout.ledger_file(to), line)
    if origin is None:
        message = f"the commit that wrote line {entry.seq} of {layout.ledger_file(to)} is not in this history"
        raise FleetError(
            message, hint=f"git log --oneline -- {layout.ledger_file(to)}; was it squashed or rebased?"
        )
    agent = agent_at(context, name, origin)
    if agent is None or not agent.readable:
        raise _folder_mismatch(name, earlier, origin)
    return origin, agent


def agent_at(context: PromotionContext, name: str, commit: Id) -> Agent | None:
    """The agent *name* in the target environment at *commit*."""
    tree, to = context.root.commit_tree(commit), context.target.name
    entries = tree.entries(layout.agent_folder(to, name))
    contents = tree.read(entries, limits.AGENT_FILE_BYTES)
    read = read_agents(entries, contents, context.fleet.config, context.run.documents)
    return read.agents.get((to, name))


def _folder_mismatch(name: str, earlier: EarlierRelease, origin: Id) -> FleetError:
    message = f"commit {origin[:12]} does not hold {name} as entry {earlier.entry.seq} says"
    return FleetError(f"{message} ({earlier.agent.to_state})", hint="fleet audit")
