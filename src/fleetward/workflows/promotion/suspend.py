"""``fleet suspend`` and ``fleet resume`` as a use case: a proposal that goes through the gate."""

from __future__ import annotations

import os
from dataclasses import replace
from shlex import quote

from fleetward.domain import digest, layout
from fleetward.domain.break_glass import STOP
from fleetward.domain.contributor import Contributor, ContributorRole
from fleetward.domain.errors import FleetError, GitError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import File
from fleetward.domain.next_step import NextStep
from fleetward.domain.suspension import Suspension
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.store.fleet.suspension_override import is_empty_override
from fleetward.store.git import commit_writer
from fleetward.store.git.atomic_files import read_regular_file, replace_files
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet
from fleetward.workflows.promotion.apply import commit_edits, write_promotions
from fleetward.workflows.promotion.candidates import Candidate, Decided, build_candidates, decide_all
from fleetward.workflows.promotion.context import PromotionContext, load_context
from fleetward.workflows.promotion.next_step import next_step
from fleetward.workflows.promotion.reason import checked_reason
from fleetward.workflows.promotion.sign import entry_signer
from fleetward.workflows.promotion.stop import own_stop
from fleetward.workflows.promotion.suspension import (
    find_agent,
    find_environment,
    is_already_proposed,
    is_suspended,
    suspension_overrides,
    with_contacts,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionOptions:
    """The options of ``fleet suspend`` and ``fleet resume``."""

    agent: str
    environment: str
    suspended: bool
    reason: str
    write: bool = False
    apply: bool = False
    push: str | None = None
    sign: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionResult:
    """What was proposed, written and promoted, and what to do next."""

    suspension: Suspension
    repeat: str
    """The command that completes it, once nothing is missing."""
    author: str | None
    """The author of the proposal, where the policy lets no author approve."""
    next_step: NextStep

    @property
    def succeeded(self) -> bool:
        """It is written or promoted, or the gate allows it."""
        predicted = self.suspension.predicted
        return self.suspension.written or predicted is None or predicted.verdict is Verdict.ALLOWED


def plan_suspension(run: RunContext, options: SuspensionOptions) -> Suspension:
    """
    The file and the environment of a suspension or its end, with nothing read of the agent yet.

    Errors: UsageError for an unknown environment, an invalid reason, or ``apply`` where no gate is.
    """
    root = find_fleet_root(run.folder, run.environment)
    environment = find_environment(root, options.environment, run.now)
    # an ungated environment has no ledger, so there is nothing to apply to
    if options.apply and not environment.gated:
        message = f"{environment.name!r} takes no promotions: nothing to apply"
        raise UsageError(message, hint="--write")
    top = layout.PROPOSALS if environment.gated else layout.ENVIRONMENTS
    return Suspension(
        agent=options.agent,
        environment=environment.name,
        gated=environment.gated,
        suspended=options.suspended,
        reason=checked_reason(options.reason),
        file=f"{top}/{environment.name}/{options.agent}/{layout.OVERRIDES}",
    )


def suspend_agent(run: RunContext, suspension: Suspension, options: SuspensionOptions) -> SuspensionResult:
    """
    Propose *suspension*; with ``write`` the file is written, with ``apply`` it is committed and promoted if allowed.

    Errors: UsageError for an unknown agent, FleetError where another proposal stands in the way.
    """
    if not suspension.gated:
        return _result(run, _edit_ungated(run, suspension, options), options)
    context = _promotion_context(run, suspension)
    agent = find_agent(suspension, context.fleet, context.root.commit_tree(context.head))
    suspension = with_contacts(suspension, agent, context.fleet)
    proposed = context.fleet.proposals.get((suspension.environment, suspension.agent))
    if (
        not is_suspended(agent)
        and not options.write
        and (stop := own_stop(context, suspension, _actor(context)))
    ):
        return _stop(run, context, suspension, options, stop)
    # nothing to do, but a proposal may be waiting to do the opposite
    if is_suspended(agent) is suspension.suspended:
        unchanged = replace(suspension, has_changes=False, contradicting_proposal=proposed is not None)
        return _result(run, unchanged, options)
    is_proposed = proposed is not None and is_already_proposed(suspension, agent, proposed)
    # its approvals are for its exact bytes: editing it would void them
    if proposed is not None and not is_proposed:
        message = f"{suspension.file} already proposes another change"
        raise FleetError(message, hint=f"promote that first, or git rm {suspension.file} and commit")
    overrides = proposed or agent.file(layout.OVERRIDES)
    content = overrides.content if overrides else None
    if not is_proposed:
        content = suspension_overrides(suspension, run.now.date(), agent, content)
    suspension = replace(suspension, content=content, already_proposed=is_proposed)
    if options.apply:
        return _apply(run, context, suspension, options)
    if options.write and not is_proposed:
        suspension = _write_proposal(context.root, suspension)
    # the verdict before the commit: it names the people who are needed
    _, predicted = _decide(context, suspension)
    return _result(run, replace(suspension, predicted=predicted), options, context)


def _actor(context: PromotionContext) -> str:
    try:
        return commit_writer.committer_email(context.root.repository)
    except GitError:  # git will ask for a name before it commits
        return ""


def _stop(
    run: RunContext,
    context: PromotionContext,
    suspension: Suspension,
    options: SuspensionOptions,
    stop: Decided,
) -> SuspensionResult:
    """One hand stops: the overrides of the environment itself, whatever waits, with a review owed."""
    candidate, predicted = stop
    overrides = candidate.proposed.file(layout.OVERRIDES) if candidate.proposed else None
    file = f"{layout.agent_folder(suspension.environment, suspension.agent)}/{layout.OVERRIDES}"
    suspension = replace(
        suspension, file=file, content=overrides.content if overrides else None, predicted=predicted
    )
    if options.apply:
        signer = entry_signer(context, options.sign)
        written = write_promotions(context, [stop], options.push, suspension.reason, STOP, signer)
        suspension = replace(suspension, promoted=written.commit, review_seq=written.entries[0].seq)
    return _result(run, suspension, options, context)


def _edit_ungated(run: RunContext, suspension: Suspension, options: SuspensionOptions) -> Suspension:
    """Without a gate the overrides of the environment itself are edited."""
    root = find_fleet_root(run.folder, run.environment)
    fleet = load_fleet(root.work_tree()).snapshot
    agent = find_agent(suspension, fleet, root.work_tree())
    suspension = with_contacts(suspension, agent, fleet) if fleet else suspension
    old_content = read_regular_file(root.path, suspension.file)
    if is_suspended(agent) is suspension.suspended:
        return replace(suspension, content=old_content, has_changes=False)
    new_content: bytes | None = suspension_overrides(suspension, run.now.date(), agent, old_content)
    # an empty overrides file changes the state digest and says nothing
    if new_content is not None and is_empty_override(new_content):
        new_content = None
    if options.write:
        replace_files(root.path, {suspension.file: old_content}, {suspension.file: new_content})
    return replace(suspension, content=new_content, written=options.write)


def _write_proposal(root: FleetRoot, suspension: Suspension) -> Suspension:
    # an untracked file is not in the snapshot that was read from the commit
    if read_regular_file(root.path, suspension.file) is not None:
        message = f"{suspension.file} exists, and is not committed"
        raise FleetError(message, hint="commit or delete it")
    replace_files(root.path, {}, {suspension.file: suspension.content})
    return replace(suspension, written=True)


def _apply(
    run: RunContext, context: PromotionContext, suspension: Suspension, options: SuspensionOptions
) -> SuspensionResult:
    """Commit the proposal alone, then promote it; neither where the gate would block it."""
    candidate, predicted = _decide(context, suspension)
    # a proposal that would be blocked is not left on the branch
    if not suspension.already_proposed and predicted.verdict is not Verdict.BLOCKED:
        edits = {suspension.file: commit_writer.Blob(content=suspension.content)}
        signer = entry_signer(context, options.sign)
        message = _commit_message(suspension)
        commit = commit_edits(run, context.root, context.head, edits, message, options.push, signer)
        suspension = replace(suspension, committed=commit)
        # the branch has moved: the context of the old head would be refused as stale
        context = _promotion_context(run, suspension)
        candidate, predicted = _decide(context, suspension)
    # a pending proposal stays committed: approvals for it can be given
    if predicted.verdict is Verdict.ALLOWED:
        signer = entry_signer(context, options.sign)
        decided = [(candidate, predicted)]
        written = write_promotions(context, decided, options.push, suspension.reason, signer=signer)
        suspension = replace(suspension, promoted=written.commit)
    return _result(run, replace(suspension, predicted=predicted), options, context)


def _commit_message(suspension: Suspension) -> str:
    """Fixed words, names and digests only, so that no text of somebody else becomes a trailer."""
    state = digest.of_bytes(suspension.content or b"")
    trailer = f"{suspension.environment}/{suspension.agent} {suspension.verb} {state}"
    return f"propose to {suspension.verb} {suspension.agent}\n\nFleet-Proposal: {trailer}\n"


def _promotion_context(run: RunContext, suspension: Suspension) -> PromotionContext:
    context = load_context(run, to=suspension.environment, agents=[suspension.agent])
    return context.for_brake() if suspension.verb == "suspend" else context


def _decide(context: PromotionContext, suspension: Suspension) -> tuple[Candidate, Promotion]:
    """The verdict with the proposal in place; until it is committed, its author is the committer."""
    committed = suspension.already_proposed or suspension.committed is not None
    if not committed:
        # the file exists nowhere yet: it is added in memory to decide on it
        file = File(path=layout.OVERRIDES, content=suspension.content or b"")
        proposals = {**context.fleet.proposals, (suspension.environment, suspension.agent): file}
        context = replace(context, fleet=replace(context.fleet, proposals=proposals))
    [candidate] = build_candidates(context, [suspension.agent])
    if candidate.request.kind is PromotionKind.RETIRE:
        raise _retired(context, suspension)
    # whoever commits the proposal will be its author, and must not count as an approver
    if not committed:
        contributors = (*candidate.request.contributors, *_author(context))
        candidate = replace(candidate, request=replace(candidate.request, contributors=contributors))
    [predicted] = decide_all(context, [candidate])
    return candidate, predicted


def _retired(context: PromotionContext, suspension: Suspension) -> FleetError:
    agent, source, file = suspension.agent, context.sources[0], suspension.file
    again = f"git rm {file}, commit, and {suspension.verb} it again"
    return FleetError(
        f"{agent} was retired in {source} after {file} was proposed: a promotion would retire it",
        hint=f"fleet promote {agent} --to {suspension.environment}, or {again}",
    )


def _author(context: PromotionContext) -> tuple[Contributor, ...]:
    email = _actor(context)
    return (Contributor(email=email, role=ContributorRole.AUTHOR, commit=context.head),) if email else ()


def _result(
    run: RunContext,
    suspension: Suspension,
    options: SuspensionOptions,
    context: PromotionContext | None = None,
) -> SuspensionResult:
    repeat = _repeat_command(run, suspension, options)
    return SuspensionResult(
        suspension=suspension,
        repeat=repeat,
        author=_excluded_author(context) if context and not suspension.already_proposed else None,
        next_step=_next_step(run, suspension, context, repeat),
    )


def _excluded_author(context: PromotionContext) -> str | None:
    """The committer, where the policy lets no author approve."""
    if ContributorRole.AUTHOR not in context.policy.approvals.exclude:
        return None
    authors = [context.people.by_email(contributor.email) for contributor in _author(context)]
    return authors[0].id if authors and authors[0] is not None else None


def _repeat_command(run: RunContext, suspension: Suspension, options: SuspensionOptions) -> str:
    values = (("--push", options.push), ("--sign", options.sign))
    flags = "".join(f" {flag} {quote(value)}" for flag, value in values if value)
    command = f"fleet {suspension.verb}{run.chdir} {suspension.agent} --env {suspension.environment}"
    how = "--apply" if suspension.gated else "--write"
    return f"{command} --reason {quote(suspension.reason)} {how}{flags}"


def _next_step(
    run: RunContext, suspension: Suspension, context: PromotionContext | None, repeat: str
) -> NextStep:
    folder, to, name, verb = run.chdir, suspension.environment, suspension.agent, suspension.verb
    root = find_fleet_root(run.folder, run.environment).path
    file = quote(os.path.relpath(root / suspension.file, run.folder.resolve()))
    promote = f"fleet promote{folder} {name} --to {to}"
    if suspension.contradicting_proposal:
        return NextStep(command=f"git{folder} rm {file}", reason="delete the proposal")
    if suspension.review_seq is not None:
        review = f"fleet approve{folder} {name} --to {to} --review {suspension.review_seq}"
        return NextStep(command=review, reason="let somebody else review the suspension")
    if not suspension.has_changes or suspension.promoted:
        if suspension.gated:
            return NextStep(command=f"fleet log{folder} {name}", reason="see the ledger entries")
        return NextStep(command=f"fleet validate{folder}", reason="check the fleet")
    if suspension.written:
        commit = f"git{folder} add -A -- {file} && git{folder} commit -m '{verb} {name} in {to}' -- {file}"
        if suspension.gated:
            return NextStep(command=f"{commit} && {promote}", reason="commit and promote the proposal")
        return NextStep(command=commit, reason="commit the change")
    if suspension.predicted and suspension.predicted.verdict is Verdict.BLOCKED:
        return NextStep(command=f"fleet validate{folder}", reason="fix the errors that this lists")
    if suspension.is_pending and context and suspension.predicted:
        return next_step(context, suspension.predicted, [name])
    if suspension.already_proposed:
        return NextStep(command=f"{promote} --apply", reason="promote the proposal")
    reason = "commit the proposal, and promote it if allowed" if suspension.gated else "write the file"
    return NextStep(command=repeat, reason=reason)
