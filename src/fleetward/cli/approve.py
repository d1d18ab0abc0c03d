"""``fleet approve``: show a change, and record a decision on exactly that."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.applying import warn_uncommitted
from fleetward.cli.options import Commit, PushCommit
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.approval import Decision
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.report.page import Page, page
from fleetward.workflows.approval.record import (
    DecisionOptions,
    RecordedDecision,
    decide_on_agent,
    decide_on_governance,
)
from fleetward.workflows.audit.verification import verified_head
from fleetward.workflows.promotion.context import PromotionContext, load_context
from fleetward.workflows.record_commit import CommitOptions


def approve(
    session: Session,
    agent: Annotated[str | None, typer.Argument(metavar="AGENT", help="The agent.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="ENV", help="Target environment.")] = None,
    governance: Annotated[
        bool, typer.Option("--governance", help="Decide on the change of governance/ instead.")
    ] = False,
    reject: Annotated[
        bool, typer.Option("--reject", help="Reject; a veto where the policy gives you one.")
    ] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Withdraw your earlier decision.")] = False,
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="Reason, recorded in the statement.")
    ] = "",
    sign: Annotated[
        str | None,
        typer.Option(
            "--sign",
            metavar="[KEY]",
            help="Sign the statement with this key file, or with the SSH key of git or the ssh-agent.",
        ),
    ] = None,
    rollback: Annotated[
        str | None,
        typer.Option(
            "--rollback",
            metavar="[RELEASE]",
            help="Decide on a rollback to this release; the previous one by default.",
        ),
    ] = None,
    with_overrides: Annotated[
        bool, typer.Option("--with-overrides", help="With --rollback: the overrides of that time as well.")
    ] = False,
    review: Annotated[
        int | None,
        typer.Option("--review", metavar="SEQ", help="Record the review of this break-glass entry."),
    ] = None,
    commit: Commit = False,
    push: PushCommit = None,
) -> ExitCode:
    """Show what a promotion would change, and record your decision on exactly that content."""
    options = DecisionOptions(
        decision=_decision(reject=reject, withdraw=withdraw, review=review),
        note=note,
        key=sign,
        rollback=rollback,
        with_overrides=with_overrides,
        review=review,
        commit=CommitOptions(commit=commit, push=push),
    )
    if governance:
        if agent or to or rollback is not None or review is not None:
            message = "--governance excludes AGENT, --to, --rollback and --review"
            raise UsageError(message, hint="leave them out")
        return _report(session, decide_on_governance(session.run, options))
    if not agent or not to:
        raise UsageError("which agent, and which environment?", hint="fleet approve AGENT --to ENV")
    context = _context(session, agent, to, options)
    warn_uncommitted(session, context, [agent])
    return _report(session, decide_on_agent(context, agent, options))


def _context(session: Session, agent: str, to: str, options: DecisionOptions) -> PromotionContext:
    # a veto stops what comes, whatever the ledger says
    verified = verified_head(session.run) if options.decision is Decision.APPROVE else None
    # the agent alone and its relations are read: an approval must not wait for the fleet
    context = load_context(session.run, to=to, agents=[agent], at=verified)
    return context if options.rollback is None else context.for_brake()


def _decision(*, reject: bool, withdraw: bool, review: int | None) -> Decision:
    if reject and withdraw:
        raise UsageError("--reject and --withdraw exclude each other", hint="leave one of them out")
    if review is not None and (reject or withdraw):
        raise UsageError("--review excludes --reject and --withdraw", hint="--note TEXT")
    return Decision.REJECT if reject else Decision.WITHDRAW if withdraw else Decision.APPROVE


def _report(session: Session, decision: RecordedDecision) -> ExitCode:
    session.report(VERB.formats, decision)
    return ExitCode.SUCCESS if decision.is_written else ExitCode.DENIED


def _text(decision: RecordedDecision, session: Session) -> Page:
    from fleetward.report import changes_text, statements_text

    # compared now, for a page only
    change = changes_text.render(decision.change(), verbose=session.verbose, next_command="")
    return statements_text.render(
        decision.draft.statement,
        decision.draft.predicted,
        change=page(change),
        files=tuple(decision.draft.contents),
        next_command=decision.next_command,
        committed=decision.committed,
    )


def _json(decision: RecordedDecision, _session: Session) -> dict[str, Any]:
    from fleetward.report.statements_json import render

    draft = decision.draft
    data = render(
        draft.statement,
        draft.predicted,
        files=draft.contents,
        next_command=decision.next_command,
        committed=decision.committed,
    )
    if draft.statement.binding.environment:
        return {**data, "kind": decision.kind, "review": decision.review}
    return data


VERB = Verb(run=approve, formats={"text": _text, "json": _json}, writes_dated=True)
