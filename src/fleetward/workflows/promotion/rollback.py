"""The question about going back: what ran there before, found again in the commit that brought it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from fleetward import gate
from fleetward.domain import digest, layout, limits
from fleetward.domain.errors import FleetError, GovernanceInvalid, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.ledger import AgentTransition, Entry, PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.store.fleet.agent_assembly import build_candidate
from fleetward.store.fleet.agents import read_agents
from fleetward.store.git.file_history import commit_of_promotion
from fleetward.store.git.repository import Id
from fleetward.workflows.promotion.candidates import Candidate, Staged, as_batch, running_agent, with_records
from fleetward.workflows.promotion.context import PromotionContext
from fleetward.workflows.promotion.contributors import binding_of

_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{12,64})")
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRelease:
    """A release that ran: the last entry that put it there, and when the next one took it away."""

    entry: Entry
    agent: AgentTransition
    replaced_at: datetime

    @property
    def release(self) -> str:
        """Its digest."""
        return str(self.agent.release)


def rollback_candidate(
    context: PromotionContext, name: str, release: str | None, *, overrides_too: bool = False
) -> Candidate:
    """
    The case of *name* going back to *release*: its digest or the beginning of it; None: the one before the present.

    Errors: GovernanceInvalid where the policy knows no rollback, UsageError where there is nothing to go back to,
    FleetError where history does not hold what the ledger says.
    """
    if context.policy.rollback is None:
        message = "cannot decide: governance/policy.yaml says nothing of rollbacks"
        block = "rollback: {within: P30D, require: [{approvals: 1, from: owner}]}"
        hint = f"add to governance/policy.yaml: {block}; then fleet approve --governance"
        raise GovernanceInvalid(message, hint=hint)
    earlier = select_release(context, name, release)
    [candidate_agent] = as_batch(
        context, _build_candidate(context, name, earlier, overrides_too=overrides_too)
    )
    return candidate_agent


def select_release(context: PromotionContext, name: str, release: str | None) -> EarlierRelease:
    """
    The release that is meant; where none is named, the one before the present that no rollback left.

    Errors: UsageError where none of those that ran is.
    """
    story = context.ledger.transitions(name)
    running = story[-1][1].release if story else None
    if running is None:
        message = f"{name!r} does not run in {context.target.name}"
        raise UsageError(f"{message}: there is nothing to go back from", hint=f"fleet log{context.run.chdir}")
    ran = earlier_releases(story)
    unheld = [earlier for earlier in ran if context.ledger.rollback_hold(name, earlier.release) is None]
    if release is None and unheld:
        return unheld[0]
    match = _PREFIX.fullmatch(release or "")
    start = f"sha256:{match[1]}" if match else ""
    matches = [earlier for earlier in ran if start and earlier.release.startswith(start)]
    if len(matches) == 1:
        return matches[0]
    if start and running.startswith(start):
        raise UsageError(f"{name!r} runs {running} now", hint=_choices_hint(ran))
    subject = (
        f"no release {release!r} of" if release is not None else "no other release, none that is not held, of"
    )
    raise UsageError(f"{subject} {name!r} ran in {context.target.name} before", hint=_choices_hint(ran))


def earlier_releases(story: Sequence[tuple[Entry, AgentTransition]]) -> tuple[EarlierRelease, ...]:
    """
    Every release that ran before the present one, the one that left last first.

    Shape: *story* is an agent's story, oldest first.
    """
    replaced: dict[str, EarlierRelease] = {}
    for (entry, agent), (next_entry, next_agent) in pairwise(story):
        if agent.release is not None and agent.release != next_agent.release:
            replaced[agent.release] = EarlierRelease(entry=entry, agent=agent, replaced_at=next_entry.at)
    running = story[-1][1].release if story else None
    earlier = [entry for release, entry in replaced.items() if release != running]
    return tuple(sorted(earlier, key=lambda entry: entry.entry.seq, reverse=True))


def _choices_hint(ran: Sequence[EarlierRelease]) -> str:
    """Those that could be meant, with the days on which they came and left."""
    choices = [
        f"{digest.short(earlier.release)} ({earlier.entry.at:%Y-%m-%d} to {earlier.replaced_at:%Y-%m-%d})"
        for earlier in ran[:_SHOWN]
    ]
    return f"--to one of: {', '.join(choices)}" if choices else "it stays, or is suspended or retired"


def _build_candidate(
    context: PromotionContext, name: str, earlier: EarlierRelease, *, overrides_too: bool
) -> Staged:
    running = running_agent(context, name)
    origin, source = _restored_agent(context, name, earlier)
    overrides_from = source if overrides_too else running
    overrides = overrides_from.file(layout.OVERRIDES) if overrides_from else None
    proposed, problems = build_candidate(
        source, context.target.name, overrides, proposed=False, documents=context.run.documents
    )
    recorded = earlier.agent
    if proposed.release != recorded.release or (overrides_too and proposed.state != recorded.to_state):
        raise _folder_mismatch(name, earlier, origin)
    last = context.ledger.transitions(name)[-1][1]
    to = AgentTransition(
        agent=name,
        from_state=last.to_state,
        to_state=proposed.state,
        release=recorded.release,
        generation=context.ledger.next_generation(name),
    )
    request = gate.PromotionRequest(
        binding=binding_of(context, to),
        kind=PromotionKind.ROLLBACK,
        release=recorded.release,
        running=running.manifest if running else None,
        running_unreadable=running is not None and running.manifest is None,
        candidate=proposed.manifest,
        left_at=earlier.replaced_at,
    )
    request, unread = with_records(context, request, running, proposed)
    candidate_agent = Candidate(
        request=request,
        running=running,
        source=source,
        proposed=proposed,
        origin=origin,
        with_overrides=overrides_too,
    )
    return {name: (candidate_agent, (*_errors(problems), *unread))}


def _errors(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def _restored_agent(context: PromotionContext, name: str, earlier: EarlierRelease) -> tuple[Id, Agent]:
    """The commit that brought the release, and the agent as it stood there."""
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
    """*name* as it stood in the target environment at *commit*."""
    tree, to = context.root.commit_tree(commit), context.target.name
    entries = tree.entries(layout.agent_folder(to, name))
    contents = tree.read(entries, limits.AGENT_FILE_BYTES)
    read = read_agents(entries, contents, context.fleet.config, context.run.documents)
    return read.agents.get((to, name))


def _folder_mismatch(name: str, earlier: EarlierRelease, origin: Id) -> FleetError:
    message = f"commit {origin[:12]} does not hold {name} as entry {earlier.entry.seq} says"
    return FleetError(f"{message} ({earlier.agent.to_state})", hint="fleet audit")
