"""The question about each agent: what runs, what would, and everything that history and records say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fleetward import gate
from fleetward.domain import layout
from fleetward.domain.approval import Binding
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.ledger import AgentTransition, PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.domain.verdict import Promotion
from fleetward.store.fleet.agent_assembly import build_candidate
from fleetward.store.git.branch_history import SoakTime, soak_time
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.store.records.approvals import EMPTY_STATE
from fleetward.store.records.invalid_entries import UNDO_HINT
from fleetward.workflows.comparison.agents import compare_agent, dependents
from fleetward.workflows.promotion.blockers import (
    environment_skipped,
    name_retired,
    rule_errors,
    unpromoted_state,
    unreadable_proposal,
)
from fleetward.workflows.promotion.context import PromotionContext, promotable_agents
from fleetward.workflows.promotion.contributors import break_glass_debts, change_contributors
from fleetward.workflows.promotion.source import (
    changes_only_suspension,
    is_retired,
    retired_by_overrides,
    unreadable_agents,
)
from fleetward.workflows.suggestions import unknown_agent
from fleetward.workflows.validation.drift import last_promotion_commit, restore_command


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One agent before the gate: what runs, what would, and the question about it."""

    request: gate.PromotionRequest
    running: Agent | None
    source: Agent | None
    proposed: Agent | None
    origin: Id | None = None
    """The commit whose folder holds the release that a rollback goes back to; nothing else comes from there."""
    with_overrides: bool = False
    """Its overrides come from there, too."""


Staged = Mapping[str, tuple[Candidate, Sequence[Finding]]]
"""By agent its case, without what others make of it, and the errors that are its own."""


def build_candidates(context: PromotionContext, agents: Sequence[str]) -> tuple[Candidate, ...]:
    """
    One case for each agent, judged as one unit: every candidate stands in the fleet in which each is validated.

    Errors: FleetError where an agent is unknown, or the target's folder is not what the ledger says.
    """
    return as_batch(context, {name: _build_candidate(context, name) for name in dict.fromkeys(agents)})


def as_batch(context: PromotionContext, staged: Staged) -> tuple[Candidate, ...]:
    """These cases as one unit."""
    after = context.fleet.with_agents(
        (candidate.proposed for candidate, _ in staged.values() if candidate.proposed),
        without=[
            (context.target.name, name)
            for name, (candidate, _) in staged.items()
            if candidate.proposed is None
        ],
    )
    caused_errors = rule_errors(context, after, tuple(staged))
    return tuple(
        replace(
            candidate,
            request=replace(
                candidate.request,
                errors=(
                    *errors,
                    *caused_errors[name],
                    *_unreadable_dependents(context, after, candidate, tuple(staged)),
                ),
            ),
        )
        for name, (candidate, errors) in staged.items()
    )


def _unreadable_dependents(
    context: PromotionContext, after: Snapshot, candidate: Candidate, names: Sequence[str]
) -> Iterable[Finding]:
    """Those who may still need what goes, and cannot be read; whoever moves with it is judged itself."""
    if candidate.request.kind is not PromotionKind.RETIRE:
        return ()
    name = candidate.request.binding.agent
    return unreadable_agents(context.reading, after, context.target.name, (name, *names))


def decide_all(context: PromotionContext, candidates: Iterable[Candidate]) -> tuple[Promotion, ...]:
    """The verdict on every case."""
    now = context.run.now
    return tuple(
        gate.decide(candidate.request, policy=context.policy, people=context.people, now=now)
        for candidate in candidates
    )


def _build_candidate(context: PromotionContext, name: str) -> tuple[Candidate, tuple[Finding, ...]]:
    """The case without what others make of it, and the errors that are its own."""
    fleet, to = context.fleet, context.target.name
    if changes_only_suspension(context, name):
        context = replace(context, sources=(to,))
    sources = [fleet.agents.get((env, name)) for env in context.sources]
    source = sources[0]
    running = running_agent(context, name)
    current = fleet.agents.get((to, name))
    last = context.ledger.last_transition(name)
    recorded = last[1] if last else None
    if source is None and running is None:
        raise unknown_agent(name, ", ".join(context.sources), promotable_agents(context))
    findings = [
        *environment_skipped(context, name, sources),
        *name_retired(context, name, running, last is not None),
        *unpromoted_state(context, name),
        *unreadable_proposal(context, name),
    ]
    proposed = None
    if source is not None and not source.readable:
        raise FleetError(
            f"the release of {source.environment}/{name} cannot be named",
            hint=f"fleet validate {source.folder}",
        )
    if source is not None and not is_retired(source, context.run.documents):
        overrides = fleet.proposals.get((to, name)) or (current.file(layout.OVERRIDES) if current else None)
        proposed, problems = build_candidate(
            source, to, overrides, proposed=(to, name) in fleet.proposals, documents=context.run.documents
        )
        findings += [
            *(finding for finding in problems if finding.severity is Severity.ERROR),
            *retired_by_overrides(proposed),
        ]
    kind = _kind(proposed, recorded if running else None)
    question = gate.PromotionRequest(
        binding=Binding(
            repository=fleet.config.repository,
            environment=to,
            agent=name,
            from_state=recorded.to_state if running and recorded else None,
            to_state=proposed.state if proposed else EMPTY_STATE,
            generation=context.ledger.next_generation(name),
        ),
        kind=kind,
        release=proposed.release if proposed else None,
        running=running.manifest if running else None,
        running_unreadable=running is not None and running.manifest is None,
        candidate=proposed.manifest if proposed else None,
    )
    question, unread = with_records(context, question, running, proposed)
    candidate_agent = Candidate(request=question, running=running, source=source, proposed=proposed)
    return candidate_agent, (*findings, *unread)


def running_agent(context: PromotionContext, name: str) -> Agent | None:
    """
    What the ledger says runs, where the folder agrees.

    Errors: FleetError where it does not: a promotion builds on nothing that nobody allowed.
    """
    to = context.target.name
    folder = layout.agent_folder(to, name)
    current = context.fleet.agents.get((to, name))
    last = context.ledger.last_transition(name)
    recorded = last[1].to_state if last else None
    state = current.state if current and current.readable else None
    if not context.ledger.entries and (present := context.fleet.agent_names(to)):
        raise FleetError(
            f"environments/{to}/{min(present)} is there, but {to} has no ledger yet",
            hint=f"fleet adopt --to {to} --apply",
        )
    if current is None and recorded is None:
        return None
    if state == recorded and current is not None:
        return current
    where = (
        f"{folder} holds {state or 'nothing that can be named'}, the ledger says {recorded or 'nothing runs'}"
    )
    if last is None:
        raise FleetError(where, hint=f"remove {folder}")
    source_commit = last_promotion_commit(context.root, context.ledger, name)
    manual = f"git log --oneline {last[0].commit[:12]}.. -- {folder}, then restore it"
    restore = f"{restore_command(source_commit, folder)}, and commit it" if source_commit else manual
    raise FleetError(where, hint=f"{f'remove {folder}' if recorded is None else restore}; {UNDO_HINT}")


def _kind(proposed: Agent | None, recorded: AgentTransition | None) -> PromotionKind | None:
    if proposed is None:
        return PromotionKind.RETIRE if recorded else None
    if recorded is None:
        return PromotionKind.CREATE
    if proposed.state == recorded.to_state:
        return None
    return PromotionKind.OVERRIDE if proposed.release == recorded.release else PromotionKind.UPDATE


def with_records(
    context: PromotionContext, request: gate.PromotionRequest, running: Agent | None, proposed: Agent | None
) -> tuple[gate.PromotionRequest, tuple[Finding, ...]]:
    """
    The question with everything that history and records say about it.

    A rollback has no authors: what it brings back was approved when it came, beside those who wrote it, and what
    was written since stays where it is. For the same reason it has not stayed anywhere for a while.
    """
    is_rollback = request.kind is PromotionKind.ROLLBACK
    to, name = context.target.name, request.binding.agent
    comparison = None
    if (running is None or running.manifest) and (proposed is None or proposed.manifest):
        comparison = compare_agent(context.fleet, running, proposed, dependents(context.fleet, to, name))
    folders = [layout.agent_folder(env, name) for env in context.sources]
    statements, unread = records.approvals(
        context.root, context.policy_commit, to, name, context.people, now=context.run.now
    )
    runs, unread_runs = records.evidence(context.root, context.head, name, request.release)
    stays = [soak_time(context.root, context.head, folder, context.run.now) for folder in folders]
    shortest = min(stays, key=lambda soak: soak.longest) if proposed and not is_rollback else SoakTime()
    with_facts = replace(
        request,
        comparison=comparison,
        contributors=() if is_rollback else change_contributors(context, name, context.head, context.ledger),
        approvals=statements,
        evidence=runs,
        longest_soak=shortest.longest,
        is_soaking=shortest.since is not None,
        soaking_since=shortest.since,
        mode=context.mode,
        hold=context.ledger.rollback_hold(name, request.release) if request.release else None,
        required_reviews=break_glass_debts(context, name),
    )
    if context.assumed_approvers:
        with_facts = gate.with_hypothetical_approvals(
            with_facts, context.assumed_approvers, people=context.people, now=context.run.now
        )
    return with_facts, (*unread, *unread_runs)
