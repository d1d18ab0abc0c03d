"""``fleet suspend`` and ``fleet resume``: the emergency brake, as a proposal that goes through the gate."""

from __future__ import annotations

import os
from dataclasses import replace
from shlex import quote
from typing import Annotated

import typer

from fleetward.cli.applying import applying
from fleetward.cli.options import Sign
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain import digest, layout
from fleetward.domain.contributor import Contributor, ContributorRole
from fleetward.domain.errors import ExitCode, FleetError, GitError, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import File
from fleetward.domain.suspension import Suspension
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.report import suspension_json, suspension_text
from fleetward.store.fleet.suspension_override import is_empty_override
from fleetward.store.git import commit_writer
from fleetward.store.git.atomic_files import read_regular_file, replace_files
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.workflows.governance.history import require_approved
from fleetward.workflows.load import load_fleet
from fleetward.workflows.promotion.apply import commit_edits, write_promotions
from fleetward.workflows.promotion.candidates import Candidate, build_candidates, decide_all
from fleetward.workflows.promotion.context import PromotionContext, load_context
from fleetward.workflows.promotion.next_step import next_command
from fleetward.workflows.promotion.sign import entry_signer
from fleetward.workflows.promotion.suspension import (
    checked_reason,
    find_agent,
    find_environment,
    is_already_proposed,
    is_suspended,
    suspension_overrides,
)

_Agent = Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")]
_Env = Annotated[str, typer.Option("--env", metavar="ENV", help="Where it runs.")]
_Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why: one line, kept in the file and in the ledger.")
]
_Write = Annotated[bool, typer.Option("--write", help="Write the file, for you to commit and promote.")]
_Apply = Annotated[
    bool,
    typer.Option(
        "--apply", help="Commit the proposal, and promote it if the gate allows; it approves nothing."
    ),
]
_Push = Annotated[str | None, typer.Option("--push", metavar="REMOTE", help="With --apply: push it.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ApplyOptions:
    """How far to go, and in what way."""

    write: bool
    apply: bool
    push: str | None
    sign: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _SuspensionRequest:
    """What was asked: the brake, and how far to go."""

    session: Session
    suspension: Suspension
    options: _ApplyOptions


def suspend(
    session: Session,
    agent: _Agent,
    env: _Env,
    reason: _Reason,
    write: _Write = False,
    apply: _Apply = False,
    push: _Push = None,
    sign: Sign = None,
) -> ExitCode:
    """
    Stop an agent: propose spec.suspended, and nothing else; the release that runs stays.

    Without --write or --apply nothing changes: it shows the file, and what the gate will ask. In an environment
    that takes no promotions the file is the environment's own. Exit 1 while the gate says no.
    """
    options = _ApplyOptions(write=write, apply=apply, push=push, sign=sign)
    return _propose(session, agent, env, reason, options, suspended=True)


def resume(
    session: Session,
    agent: _Agent,
    env: _Env,
    reason: _Reason,
    write: _Write = False,
    apply: _Apply = False,
    push: _Push = None,
    sign: Sign = None,
) -> ExitCode:
    """
    Let a suspended agent go on: propose to take spec.suspended away, and nothing else; the release stays.

    Without --write or --apply nothing changes: it shows the file, and what the gate will ask. That is more than
    to suspend: an agent that goes on is looser. Exit 1 while the gate says no.
    """
    options = _ApplyOptions(write=write, apply=apply, push=push, sign=sign)
    return _propose(session, agent, env, reason, options, suspended=False)


def _propose(
    session: Session, agent: str, env: str, reason: str, options: _ApplyOptions, *, suspended: bool
) -> ExitCode:
    if options.write and options.apply:
        raise UsageError("--apply writes and commits the file itself", hint="leave --write out")
    for option, value in (("--push", options.push), ("--sign", options.sign)):
        if value is not None and not options.apply:
            raise UsageError(f"{option} goes with --apply", hint="add --apply")
    root = find_fleet_root(session.run.folder, session.run.environment)
    environment = find_environment(root, env)
    top = layout.PROPOSALS if environment.gated else layout.ENVIRONMENTS
    suspension = Suspension(
        agent=agent,
        environment=env,
        gated=environment.gated,
        suspended=suspended,
        reason=checked_reason(reason),
        file=f"{top}/{env}/{agent}/{layout.OVERRIDES}",
    )
    request = _SuspensionRequest(session=session, suspension=suspension, options=options)
    if not suspension.gated:
        return _edit_ungated(request, root)
    with applying(session, apply=options.apply):
        return _propose_gated(request, _promotion_context(request))


def _edit_ungated(request: _SuspensionRequest, root: FleetRoot) -> ExitCode:
    """In an environment without a gate the file is written where it lies."""
    suspension = request.suspension
    if request.options.apply:
        raise UsageError(f"{suspension.environment!r} takes no promotions: nothing to apply", hint="--write")
    agent = find_agent(suspension, load_fleet(root.work_tree()).snapshot, root.work_tree())
    old_content = read_regular_file(root.path, suspension.file)
    moves = is_suspended(agent) is not suspension.suspended
    new_content = (
        suspension_overrides(request.suspension, request.session.run.now.date(), agent, old_content)
        if moves
        else old_content
    )
    if moves and new_content is not None and is_empty_override(new_content):
        new_content = None
    if request.options.write and moves:
        replace_files(root.path, {suspension.file: old_content}, {suspension.file: new_content})
    return _report(
        request,
        replace(suspension, content=new_content, has_changes=moves, written=request.options.write and moves),
    )


def _propose_gated(request: _SuspensionRequest, context: PromotionContext) -> ExitCode:
    suspension = request.suspension
    agent = find_agent(suspension, context.fleet, context.root.commit_tree(context.head))
    proposed = context.fleet.proposals.get((suspension.environment, suspension.agent))
    is_proposed = proposed is not None and is_already_proposed(suspension, agent, proposed)
    if is_suspended(agent) is suspension.suspended:
        return _report(
            request, replace(suspension, has_changes=False, contradicting_proposal=proposed is not None)
        )
    if proposed is not None and not is_proposed:
        message = f"{suspension.file} proposes something else already"
        raise FleetError(message, hint=f"promote that first, or git rm {suspension.file} and commit")
    overrides = proposed or agent.file(layout.OVERRIDES)
    content = overrides.content if overrides else None
    if not is_proposed:
        content = suspension_overrides(request.suspension, request.session.run.now.date(), agent, content)
    proposal = replace(suspension, content=content, already_proposed=is_proposed)
    if request.options.apply:
        return _apply_proposal(request, context, proposal)
    if request.options.write and not is_proposed:
        if read_regular_file(context.root.path, suspension.file) is not None:
            raise FleetError(
                f"{suspension.file} is there, and not committed", hint="commit it, or take it away"
            )
        replace_files(context.root.path, {}, {suspension.file: content})
        proposal = replace(proposal, written=True)
    _, outlook = _evaluate(context, proposal)
    return _report(request, replace(proposal, predicted=outlook), context)


def _apply_proposal(request: _SuspensionRequest, context: PromotionContext, proposal: Suspension) -> ExitCode:
    """The proposal committed alone, then promoted; where the gate would refuse it outright, neither."""
    push, sign = request.options.push, request.options.sign
    candidate, outlook = _evaluate(context, proposal)
    if not proposal.already_proposed and outlook.verdict is not Verdict.BLOCKED:
        edits = {proposal.file: commit_writer.Blob(content=proposal.content)}
        seal = entry_signer(context, sign)
        commit = commit_edits(
            request.session.run, context.root, context.head, edits, _message(proposal), push, seal
        )
        proposal, context = replace(proposal, committed=commit), _promotion_context(request)
        candidate, outlook = _evaluate(context, proposal)
    if outlook.verdict is Verdict.ALLOWED:
        proposal = replace(
            proposal,
            promoted=write_promotions(
                context, [(candidate, outlook)], push, proposal.reason, signer=entry_signer(context, sign)
            ).commit,
        )
    return _report(request, replace(proposal, predicted=outlook), context)


def _message(suspension: Suspension) -> str:
    """Fixed words, names and digests only."""
    trailer = f"{suspension.environment}/{suspension.agent} {suspension.verb} {digest.of_bytes(suspension.content or b'')}"
    return f"propose to {suspension.verb} {suspension.agent}\n\nFleet-Proposal: {trailer}\n"


def _promotion_context(request: _SuspensionRequest) -> PromotionContext:
    context = load_context(
        request.session.run, to=request.suspension.environment, agents=[request.suspension.agent]
    )
    require_approved(context.root, context.head, request.session.run.now, (context.ledger,))
    return context


def _evaluate(context: PromotionContext, proposal: Suspension) -> tuple[Candidate, Promotion]:
    """The verdict with the proposal in place; until it is committed, whoever asks is taken for its author."""
    committed = proposal.already_proposed or proposal.committed is not None
    if not committed:
        file = File(path=layout.OVERRIDES, content=proposal.content or b"")
        proposals = {**context.fleet.proposals, (proposal.environment, proposal.agent): file}
        context = replace(context, fleet=replace(context.fleet, proposals=proposals))
    [candidate] = build_candidates(context, [proposal.agent])
    if candidate.request.kind is PromotionKind.RETIRE:
        message = f"{proposal.agent} was retired in {context.sources[0]} after {proposal.file} had been proposed: it is to go"
        retry = f"git rm {proposal.file}, commit, and {proposal.verb} it again"
        raise FleetError(
            message, hint=f"fleet promote {proposal.agent} --to {proposal.environment}, or {retry}"
        )
    if not committed:
        contributors = (*candidate.request.contributors, *_author(context))
        candidate = replace(candidate, request=replace(candidate.request, contributors=contributors))
    [outlook] = decide_all(context, [candidate])
    return candidate, outlook


def _author(context: PromotionContext) -> tuple[Contributor, ...]:
    try:
        email = commit_writer.committer_email(context.root.repository)
    except GitError:  # nobody yet: git will ask for a name before it commits
        return ()
    return (Contributor(email=email, role=ContributorRole.AUTHOR, commit=context.head),)


def _report(
    request: _SuspensionRequest, proposal: Suspension, context: PromotionContext | None = None
) -> ExitCode:
    session, outlook = request.session, proposal.predicted
    next_command = _next_command(request, proposal, context)
    session.output.report(
        {
            "text": lambda: suspension_text.render(
                proposal,
                next_command=next_command,
                again=_repeat_command(request),
                author=_excluded_author(context) if context and not proposal.already_proposed else None,
                verbose=session.verbose,
                now=session.run.now,
            ),
            "json": lambda: suspension_json.render(proposal, next_command=next_command),
        }
    )
    is_done = proposal.written or outlook is None or proposal.promoted is not None
    is_allowed = not request.options.apply and outlook is not None and outlook.verdict is Verdict.ALLOWED
    return ExitCode.SUCCESS if is_done or is_allowed else ExitCode.DENIED


def _excluded_author(context: PromotionContext) -> str | None:
    """The name of whoever asks, where the policy says that an author cannot approve."""
    if ContributorRole.AUTHOR not in context.policy.approvals.exclude:
        return None
    authors = [context.people.by_email(contributor.email) for contributor in _author(context)]
    return authors[0].id if authors and authors[0] is not None else None


def _repeat_command(request: _SuspensionRequest) -> str:
    """The command that does it, and once all is given does it to the end."""
    suspension, options = request.suspension, request.options
    flags = "".join(
        f" {flag} {quote(value)}"
        for flag, value in (("--push", options.push), ("--sign", options.sign))
        if value
    )
    verb = f"fleet {suspension.verb}{request.session.run.chdir} {suspension.agent} --env {suspension.environment}"
    return f"{verb} --reason {quote(suspension.reason)} {'--apply' if suspension.gated else '--write'}{flags}"


def _next_command(request: _SuspensionRequest, proposal: Suspension, context: PromotionContext | None) -> str:
    session = request.session
    chdir, to, name, verb = session.run.chdir, proposal.environment, proposal.agent, proposal.verb
    root = find_fleet_root(session.run.folder, session.run.environment).path
    file = quote(os.path.relpath(root / proposal.file, session.run.folder.resolve()))
    promote, verdict = (
        f"fleet promote{chdir} {name} --to {to}",
        proposal.predicted and proposal.predicted.verdict,
    )
    if proposal.contradicting_proposal:
        return f"git{chdir} rm {file}"
    if not proposal.has_changes or proposal.promoted:
        return f"fleet log{chdir} {name}" if proposal.gated else f"fleet validate{chdir}"
    if proposal.written:
        commit = f"git{chdir} add -A -- {file} && git{chdir} commit -m '{verb} {name} in {to}' -- {file}"
        return f"{commit} && {promote}" if proposal.gated else commit
    if verdict is Verdict.BLOCKED:
        return f"fleet validate{chdir}"
    if proposal.is_pending and context and proposal.predicted:
        return next_command(context, proposal.predicted, [name])
    if proposal.already_proposed:
        return f"{promote} --apply"
    return _repeat_command(request)


SUSPEND = Verb(run=suspend, formats=in_formats("text", "json"))
RESUME = Verb(run=resume, formats=in_formats("text", "json"))
