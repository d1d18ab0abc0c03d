"""One candidate for each agent of a promotion, with all that the gate decides by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fleetward import gate
from fleetward.domain import layout
from fleetward.domain.approval import Binding
from fleetward.domain.attestation import FLEET, Attestation
from fleetward.domain.contributor import AuthorSignature
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.ledger import AgentTransition, PromotionKind, RollbackHold
from fleetward.domain.manifest import Agent
from fleetward.domain.verdict import Promotion
from fleetward.store.fleet.agent_assembly import build_candidate
from fleetward.store.git.change_authors import ChangeAuthors
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.store.records.approvals import EMPTY_STATE
from fleetward.store.records.commit_signatures import author_signatures
from fleetward.store.records.invalid_entries import UNDO_HINT
from fleetward.workflows import progress
from fleetward.workflows.attested import AttestationLaw, attestations_at
from fleetward.workflows.comparison.agents import compare_agent, dependents
from fleetward.workflows.promotion.blockers import (
    environment_skipped,
    name_retired,
    rule_errors,
    unpromoted_state,
    unreadable_proposal,
)
from fleetward.workflows.promotion.context import PromotionContext, promotable_agents
from fleetward.workflows.promotion.contributors import required_reviews, written_changes
from fleetward.workflows.promotion.evidence import evidence_of, with_source_states
from fleetward.workflows.promotion.measured_exit import with_exit_criteria
from fleetward.workflows.promotion.people_commits import with_people_commits
from fleetward.workflows.promotion.rename_link import RenameLink, rename_links, with_former_name
from fleetward.workflows.promotion.soak_witnesses import with_soak
from fleetward.workflows.promotion.source import (
    changes_only_suspension,
    is_retired,
    retired_by_overrides,
    undecided_retirement,
    unreadable_agents,
)
from fleetward.workflows.suggestions import unknown_agent
from fleetward.workflows.validation.drift import last_promotion_commit, restore_command
from fleetward.workflows.waived_text import with_text_waivers


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One agent of a promotion: its state in the target environment now and afterwards, and the request to the gate."""

    request: gate.PromotionRequest
    running: Agent | None
    source: Agent | None
    proposed: Agent | None
    """The agent as it would be in the target environment; None where it is retired."""
    errors: tuple[Finding, ...] = ()
    """Its own errors, without those that depend on the other candidates of the batch."""
    origin: Id | None = None
    """Of a rollback: the commit whose folder holds the release."""
    with_overrides: bool = False
    """Of a rollback: the overrides come from *origin* too."""

    @property
    def name(self) -> str:
        """The agent's name."""
        return self.request.binding.agent


Decided = tuple[Candidate, Promotion]
"""A candidate and the gate's verdict on it."""


def build_candidates(context: PromotionContext, agents: Sequence[str]) -> tuple[Candidate, ...]:
    """
    A candidate for each of *agents*, as one batch.

    Errors: FleetError where an agent is unknown, or its folder in the target environment differs from the ledger.
    """
    # each agent once: named twice, it would be written and counted twice
    names = progress.counted(tuple(dict.fromkeys(agents)), "agents")
    return as_batch(context, [_build_candidate(context, name) for name in names])


def build_possible(
    context: PromotionContext, agents: Iterable[str]
) -> tuple[tuple[Candidate, ...], Mapping[str, FleetError]]:
    """A candidate for each of *agents* that can have one, as one batch; by name why the others have none."""
    candidates, errors = [], {}
    for name in dict.fromkeys(agents):
        try:
            candidates.append(_build_candidate(context, name))
        # one agent that cannot be judged must not stop the others
        except FleetError as error:
            errors[name] = error
    return as_batch(context, candidates), errors


def as_batch(context: PromotionContext, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The same candidates, each validated in the fleet in which all of them are promoted."""
    to = context.target.name
    names = tuple(candidate.name for candidate in candidates)
    # rules judge the fleet after the whole batch: agents may depend on each other
    after = context.fleet.with_agents(
        (candidate.proposed for candidate in candidates if candidate.proposed),
        without=[(to, candidate.name) for candidate in candidates if candidate.proposed is None],
    )
    caused = rule_errors(context, after, names)
    return tuple(
        replace(
            candidate,
            request=replace(
                candidate.request,
                errors=(
                    *candidate.errors,
                    *caused[candidate.name],
                    *_unreadable_dependents(context, after, candidate, names),
                ),
            ),
        )
        for candidate in candidates
    )


def _unreadable_dependents(
    context: PromotionContext, after: Snapshot, candidate: Candidate, names: Sequence[str]
) -> Iterable[Finding]:
    """Agents that may need the one that is retired, and cannot be read; those of the batch are checked themselves."""
    if candidate.request.kind is not PromotionKind.RETIRE:
        return ()
    return unreadable_agents(context.reading, after, context.target.name, (candidate.name, *names))


def decide_all(context: PromotionContext, candidates: Iterable[Candidate]) -> tuple[Promotion, ...]:
    """The verdict on each candidate."""
    return tuple(decide_one(context, candidate.request) for candidate in candidates)


def decide_one(context: PromotionContext, request: gate.PromotionRequest) -> Promotion:
    """The verdict on one request."""
    promotion = gate.decide(request, policy=context.policy, people=context.people, now=context.run.now)
    return with_people_commits(context, promotion)


def _build_candidate(context: PromotionContext, name: str) -> Candidate:
    """The candidate with its own errors; those of the batch are added by as_batch."""
    fleet, to = context.fleet, context.target.name
    if changes_only_suspension(context, name):
        # a suspension keeps the running release: the target then counts as its own source
        context = replace(context, sources=(to,))
    sources = [fleet.agents.get((env, name)) for env in context.sources]
    source = sources[0]
    running = running_agent(context, name)
    last = context.ledger.last_transition(name)
    recorded = last[1] if last else None
    if source is None and running is None:
        raise unknown_agent(name, ", ".join(context.sources), promotable_agents(context))
    if source is not None and not source.readable:
        message = f"the release of {source.environment}/{name} cannot be named"
        raise FleetError(message, hint=f"fleet validate {source.folder}")
    errors = (
        *environment_skipped(context, name, sources),
        *name_retired(context, name, running, last is not None),
        *unpromoted_state(context, name),
        *unreadable_proposal(context, name),
        # an agent that never ran has nothing to retire
        *(undecided_retirement(context, source) if running else ()),
    )
    proposed, problems = _proposed_agent(context, name, source)
    request = gate.PromotionRequest(
        binding=Binding(
            repository=fleet.config.repository,
            environment=to,
            agent=name,
            # the ledger, not the folder, says what runs (SPEC 6)
            from_state=recorded.to_state if running and recorded else None,
            to_state=proposed.state if proposed else EMPTY_STATE,
            generation=context.ledger.next_generation(name),
        ),
        kind=_kind(proposed, recorded if running else None),
        release=proposed.release if proposed else None,
        running=running.manifest if running else None,
        # judged by the strictest tier: the gate cannot know what it does
        running_unreadable=running is not None and running.manifest is None,
        candidate=proposed.manifest if proposed else None,
    )
    candidate = Candidate(
        request=request, running=running, source=source, proposed=proposed, errors=(*errors, *problems)
    )
    return with_records(context, candidate)


def _proposed_agent(
    context: PromotionContext, name: str, source: Agent | None
) -> tuple[Agent | None, tuple[Finding, ...]]:
    """The release of *source* with the overrides of the target, and its errors; None where it is retired."""
    # retired in the manifest, or gone from the folder: both end it
    if source is None or is_retired(source, context.run.documents):
        return None, ()
    key = (context.target.name, name)
    current, proposal = context.fleet.agents.get(key), context.fleet.proposals.get(key)
    # a proposal replaces the overrides as a whole; without one those in place stay
    overrides = proposal or (current.file(layout.OVERRIDES) if current else None)
    proposed, findings = build_candidate(
        source, context.target.name, overrides, proposed=proposal is not None, documents=context.run.documents
    )
    read = with_text_waivers(findings, context.fleet, context.run.now, context.root, context.head)
    errors = (finding for finding in read if finding.severity is Severity.ERROR and not finding.waived)
    return proposed, (*errors, *retired_by_overrides(proposed))


def running_agent(context: PromotionContext, name: str) -> Agent | None:
    """
    The agent in the target environment; None where the ledger says that it does not run.

    Errors: FleetError where folder and ledger differ: such a state was never promoted.
    """
    to = context.target.name
    folder = layout.agent_folder(to, name)
    current = context.fleet.agents.get((to, name))
    last = context.ledger.last_transition(name)
    recorded = last[1].to_state if last else None
    # an unreadable folder must not pass for the recorded state
    state = current.state if current and current.readable else None
    # before adoption every folder would look like an edit by hand
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
        # an agent that never ran has nothing to retire
        return PromotionKind.RETIRE if recorded else None
    if recorded is None:
        return PromotionKind.CREATE
    if proposed.state == recorded.to_state:
        return None
    # the same release with other overrides needs no soak and no authors of a release
    return PromotionKind.OVERRIDE if proposed.release == recorded.release else PromotionKind.UPDATE


def with_records(context: PromotionContext, candidate: Candidate) -> Candidate:
    """
    The same candidate with all that the gate needs from git history and from the records of the fleet.

    A rollback has no authors and no soak time: its release was approved and soaked when it was first promoted.
    """
    request, running, proposed = candidate.request, candidate.running, candidate.proposed
    is_rollback = request.kind is PromotionKind.ROLLBACK
    to, name = context.target.name, candidate.name
    comparison = None
    # None where a side is unreadable: the gate then assumes the worst of a change
    if (running is None or running.manifest) and (proposed is None or proposed.manifest):
        comparison = compare_agent(context.fleet, running, proposed, dependents(context.fleet, to, name))
    # of the commit whose policy decides: a pull request cannot bring its own approvals
    approvals, lost_approvals, unreadable_approvals = records.approvals(
        context.root, context.base, to, name, context.people, now=context.run.now
    )
    evidence = evidence_of(context, name, request.release)
    attestations = attestations_at(context.root, context.base, _law(context), context.fleet, name)
    links = rename_links(context, name, request.kind) if proposed else ()
    changes = () if is_rollback else written_changes(context, name, context.head, context.ledger)
    for link in links:
        # whoever wrote it under another name wrote it
        changes = (*changes, *written_changes(context, link.old, link.move.parent, context.ledger))
    request = replace(
        request,
        comparison=comparison,
        contributors=tuple(person for change in changes for person in change.contributors),
        author_signatures=_author_signatures(context, changes),
        approvals=approvals,
        evidence=evidence.records,
        unreadable=(*unreadable_approvals, *evidence.unreadable),
        attestations=(*attestations.attestations, *_fleet_attestations(context)),
        mode=context.mode,
        by_earlier_version=context.by_earlier_version,
        governance_commit=context.policy_commit,
        # a release that a rollback removed needs a fresh approval, whoever promotes it again
        hold=_hold(context, name, request.release, links),
        required_reviews=required_reviews(context, name),
    )
    request = with_former_name(context, links, request, _law(context))
    request = with_source_states(context, request, proposed)
    if proposed and not is_rollback:
        request = with_soak(context, request, links)
    request = with_exit_criteria(context, request)
    if context.assumed_approvers:
        request = gate.with_hypothetical_approvals(
            request, context.assumed_approvers, people=context.people, now=context.run.now
        )
    errors = (*candidate.errors, *lost_approvals, *evidence.lost)
    return replace(candidate, request=request, errors=errors)


def _hold(
    context: PromotionContext, name: str, release: str | None, links: Sequence[RenameLink]
) -> RollbackHold | None:
    """The rollback that removed the release, under this name or a former one."""
    releases = [(name, release), *((link.old, link.release) for link in links)] if release else []
    holds = (context.ledger.rollback_hold(agent, digest) for agent, digest in releases)
    return next((hold for hold in holds if hold is not None), None)


def _author_signatures(
    context: PromotionContext, changes: Sequence[ChangeAuthors]
) -> tuple[AuthorSignature, ...]:
    # most policies ask for none, and then nothing is verified
    if not any(rule.signed_authors for rule in context.policy.rules):
        return ()
    commits = {commit.id: commit for change in changes for commit in change.commits}
    return author_signatures(
        context.root.repository, tuple(commits.values()), context.people, context.run.now
    )


def _law(context: PromotionContext) -> AttestationLaw:
    return AttestationLaw(
        config=context.fleet.config, policy=context.policy, people=context.people, now=context.run.now
    )


def _fleet_attestations(context: PromotionContext) -> tuple[Attestation, ...]:
    """Those about the whole fleet, where the policy has a kind of them."""
    if not any(kind.of_fleet for kind in context.policy.attestations.values()):
        return ()
    loaded = attestations_at(context.root, context.base, _law(context), context.fleet, FLEET)
    return tuple(attestation for attestation in loaded.attestations if not attestation.agent)
