"""``fleet approve``: show a change, and record a decision on exactly that."""

from __future__ import annotations

from collections.abc import Sequence
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
from fleetward.workflows.approval.record_many import RecordedDecisions, decide_on_agents
from fleetward.workflows.audit.verification import verified_head
from fleetward.workflows.promotion.context import PromotionContext, load_context
from fleetward.workflows.record_commit import CommitOptions

_Agents = Annotated[
    list[str] | None, typer.Argument(metavar="[AGENT]...", help="The agent; one statement for each.")
]
_Governance = Annotated[
    bool, typer.Option("--governance", help="Decide on the change of governance/ instead.")
]
_Every = Annotated[bool, typer.Option("--all", help="Decide on every agent whose promotion waits for you.")]
_Reject = Annotated[bool, typer.Option("--reject", help="Reject; a veto where the policy gives you one.")]
_Sign = Annotated[
    str | None,
    typer.Option(
        "--sign",
        metavar="[KEY]",
        help="Sign the statement with this key file, or with the SSH key of git or the ssh-agent.",
    ),
]
_Rollback = Annotated[
    str | None,
    typer.Option(
        "--rollback",
        metavar="[RELEASE]",
        help="Decide on a rollback to this release; the previous one by default.",
    ),
]
_WithOverrides = Annotated[
    bool, typer.Option("--with-overrides", help="With --rollback: the overrides of that time as well.")
]
_Review = Annotated[
    int | None,
    typer.Option("--review", metavar="SEQ", help="Record the review of this break-glass entry."),
]


def approve(
    session: Session,
    agents: _Agents = None,
    to: Annotated[str | None, typer.Option("--to", metavar="ENV", help="Target environment.")] = None,
    every: _Every = False,
    governance: _Governance = False,
    reject: _Reject = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Withdraw your earlier decision.")] = False,
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="Reason, recorded in the statement.")
    ] = "",
    sign: _Sign = None,
    rollback: _Rollback = None,
    with_overrides: _WithOverrides = False,
    review: _Review = None,
    commit: Commit = False,
    push: PushCommit = None,
) -> ExitCode:
    """
    Show what a promotion would change, and record your decision on exactly that content.

    Of several agents, and with --all, changes that are alike stand there once, and each agent gets a statement.
    """
    options = DecisionOptions(
        decision=_decision(reject=reject, withdraw=withdraw, review=review),
        note=note,
        key=sign,
        rollback=rollback,
        with_overrides=with_overrides,
        review=review,
        commit=CommitOptions(commit=commit, push=push),
    )
    names = tuple(dict.fromkeys(agents or ()))
    if governance:
        if names or every or to or rollback is not None or review is not None:
            message = "--governance excludes AGENT, --all, --to, --rollback and --review"
            raise UsageError(message, hint="leave them out")
        return _report(session, decide_on_governance(session.run, options))
    if not to or every == bool(names):
        raise UsageError(
            "which agent, and which environment?", hint="fleet approve AGENT --to ENV, or --all --to ENV"
        )
    _check_one_agent(options, is_one=len(names) == 1)
    context = _context(session, None if every else names, to, options)
    warn_uncommitted(session, context, names)
    if len(names) == 1:
        return _report(session, decide_on_agent(context, names[0], options))
    decisions = decide_on_agents(context, names, options, every=every)
    session.report({"text": _many_text, "json": _many_json}, decisions)
    return ExitCode.SUCCESS if decisions.is_written else ExitCode.DENIED


def _check_one_agent(options: DecisionOptions, *, is_one: bool) -> None:
    for name, value in (("--rollback", options.rollback), ("--review", options.review)):
        if value is not None and not is_one:
            raise UsageError(f"{name} is about one agent", hint=f"fleet approve AGENT --to ENV {name}")


def _context(
    session: Session, agents: Sequence[str] | None, to: str, options: DecisionOptions
) -> PromotionContext:
    # a veto stops what comes, whatever the ledger says
    verified = verified_head(session.run) if options.decision is Decision.APPROVE else None
    # the agents alone and their relations are read: an approval must not wait for the fleet
    context = load_context(session.run, to=to, agents=agents, at=verified)
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


def _many_text(decisions: RecordedDecisions, session: Session) -> Page:
    from fleetward.report import changes_text, statements_many

    drafts = [decision.draft for decision in decisions.decisions]
    # compared now, for a page only
    change = (
        changes_text.render(decisions.change(), verbose=session.verbose, next_command="") if drafts else ()
    )
    return statements_many.render_page(
        [(draft.statement, draft.predicted, tuple(draft.contents)) for draft in drafts],
        left_out=[(item.agent, item.reason) for item in decisions.left_out],
        change=page(change),
        committed=decisions.committed,
        next_command=decisions.next_command,
    )


def _many_json(decisions: RecordedDecisions, session: Session) -> dict[str, Any]:
    from fleetward.report import statements_many

    return statements_many.render_data(
        [_json(decision, session) for decision in decisions.decisions],
        left_out=[(item.agent, item.reason) for item in decisions.left_out],
        environment=decisions.environment,
        committed=decisions.committed,
        next_command=decisions.next_command,
    )


VERB = Verb(run=approve, formats={"text": _text, "json": _json}, writes_dated=True)
