"""``fleet rollback`` as a use case: the release that ran before comes back from the commit that promoted it."""

from __future__ import annotations

from shlex import quote

from fleetward import gate
from fleetward.domain import digest, layout, limits
from fleetward.domain.batch_verdict import BatchVerdict
from fleetward.domain.errors import FleetError, GovernanceInvalid
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Severity
from fleetward.domain.ledger import AgentTransition, PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.domain.next_step import NextStep
from fleetward.domain.verdict import Promotion, RequirementStatus, Verdict
from fleetward.store.fleet.agent_assembly import build_candidate
from fleetward.store.fleet.agents import read_agents
from fleetward.store.git.file_history import commit_of_promotion
from fleetward.store.git.repository import Id
from fleetward.workflows.context import RunContext
from fleetward.workflows.promotion.apply import write_promotions
from fleetward.workflows.promotion.candidates import (
    Candidate,
    as_batch,
    decide_all,
    running_agent,
    with_records,
)
from fleetward.workflows.promotion.context import PromotionContext, VerifiedCommit, load_context
from fleetward.workflows.promotion.contributors import binding_of
from fleetward.workflows.promotion.earlier_releases import EarlierRelease, select_release
from fleetward.workflows.promotion.reason import checked_reason
from fleetward.workflows.promotion.sign import entry_signer


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackOptions:
    """The options of ``fleet rollback``."""

    agent: str
    environment: str
    reason: str
    release: str | None = None
    """A digest or its beginning; None for the release before the present one."""
    with_overrides: bool = False
    apply: bool = False
    push: str | None = None
    sign: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackResult:
    """The verdict on a rollback, and the commit that was written, if any."""

    context: PromotionContext
    candidate: Candidate
    promotion: Promotion
    reason: str
    written: Id | None
    next_step: NextStep

    @property
    def batch(self) -> BatchVerdict:
        """The verdict with the commit and the policy, for reports."""
        return BatchVerdict(
            promotions=(self.promotion,),
            target=self.context.target.name,
            commit=self.context.head,
            policy=self.context.policy,
            policy_commit=self.context.policy_commit,
            pending=self.context.pending,
        )


def roll_back(run: RunContext, options: RollbackOptions, verified: VerifiedCommit) -> RollbackResult:
    """
    The verdict on a rollback at *verified*; with ``apply`` it is written where it is allowed.

    Errors: as of rollback_candidate; BranchMoved and WriteFailed where writing fails.
    """
    checked_reason(options.reason)
    context = load_context(run, to=options.environment, at=verified).for_brake()
    candidate = rollback_candidate(
        context, options.agent, options.release, with_overrides=options.with_overrides
    )
    [promotion] = decide_all(context, [candidate])
    written = None
    if options.apply and promotion.verdict is Verdict.ALLOWED:
        signer = entry_signer(context, options.sign)
        decided = [(candidate, promotion)]
        written = write_promotions(context, decided, options.push, options.reason, signer=signer).commit
    return RollbackResult(
        context=context,
        candidate=candidate,
        promotion=promotion,
        reason=options.reason,
        written=written,
        next_step=_next_step(context, candidate, promotion, options.reason, written),
    )


def _next_step(
    context: PromotionContext, candidate: Candidate, promotion: Promotion, reason: str, written: Id | None
) -> NextStep:
    folder, to, name = context.run.chdir, context.target.name, promotion.agent
    release = digest.short(promotion.release or "")
    flags = " --with-overrides" if candidate.with_overrides else ""
    if written:
        command = f"fleet diff{folder} {context.head[:12]}..{written[:12]}"
        return NextStep(command=command, reason="see what was rolled back")
    again = f"fleet rollback{folder} {name} --env {to} --to {release}{flags} --reason {quote(reason)}"
    if promotion.verdict is Verdict.ALLOWED:
        return NextStep(command=f"{again} --apply", reason="roll it back")
    open_ = {item.kind for item in promotion.requirements if item.status is not RequirementStatus.MET}
    if open_ & {"approvals", "held"}:
        command = f"fleet approve{folder} {name} --to {to} --rollback {release}{flags}"
        return NextStep(command=command, reason="approve this rollback")
    return NextStep(command=f"{again} -v", reason="see all details")


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
