"""``fleet approve``: see the change, then say yes or no to exactly that."""

from __future__ import annotations

from typing import Annotated

import typer

from fleetward.cli import approve_governance
from fleetward.cli.applying import warn_uncommitted
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain.approval import Decision
from fleetward.domain.errors import ExitCode, GovernanceInvalid, UsageError
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.report import changes_text, statements_json, statements_text
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.approval.statement import (
    StatementContext,
    commit_command,
    draft_statement,
    write_statement,
)
from fleetward.workflows.approval.subject import ApprovalSubject, resolve_subject, verdict_with
from fleetward.workflows.comparison.agents import compare_agent, dependents
from fleetward.workflows.governance.history import require_approved
from fleetward.workflows.promotion.context import PromotionContext, load_context


def approve(
    session: Session,
    agent: Annotated[str | None, typer.Argument(metavar="AGENT", help="The agent.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="ENV", help="Where it should run.")] = None,
    governance: Annotated[
        bool, typer.Option("--governance", help="Decide on the change of the governance folder instead.")
    ] = False,
    reject: Annotated[
        bool, typer.Option("--reject", help="Say no; a veto where the policy gives you one.")
    ] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back what you said before.")] = False,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; goes into the statement.")] = "",
    sign: Annotated[
        str | None,
        typer.Option(
            "--sign",
            metavar="[KEY]",
            help="Sign it, with this key file, or the SSH key that git or the ssh-agent has.",
        ),
    ] = None,
    rollback: Annotated[
        str | None,
        typer.Option("--rollback", metavar="[RELEASE]", help="About going back to what ran before."),
    ] = None,
    with_overrides: Annotated[
        bool, typer.Option("--with-overrides", help="With --rollback: its overrides of that time, too.")
    ] = False,
    review: Annotated[
        int | None,
        typer.Option("--review", metavar="SEQ", help="Close the review of this entry that broke the glass."),
    ] = None,
) -> ExitCode:
    """Show what a promotion would change, and write down your decision on exactly that content."""
    if reject and withdraw:
        raise UsageError("--reject and --withdraw exclude each other", hint="leave one of them out")
    if review is not None and (reject or withdraw):
        raise UsageError("--review says that you looked: it takes no other decision", hint="--note TEXT")
    decision = Decision.REJECT if reject else Decision.WITHDRAW if withdraw else Decision.APPROVE
    if governance:
        if agent or to or rollback is not None or review is not None:
            raise UsageError("--governance is about no agent and no environment", hint="leave them out")
        return approve_governance.decide_governance(session, decision, note=note, key=sign)
    if not agent or not to:
        raise UsageError("say which agent, and where to", hint="fleet approve AGENT --to ENV")
    context = load_context(session.run, to=to, agents=[agent])
    warn_uncommitted(session, context, [agent])
    _warn_unapproved_governance(session, context)
    subject = resolve_subject(context, agent, rollback=rollback, with_overrides=with_overrides, review=review)
    return _decide(
        session, context, subject, decision if review is None else Decision.REVIEW, note=note, key=sign
    )


def _warn_unapproved_governance(session: Session, context: PromotionContext) -> None:
    """Say beside the report that nobody may decide by this governance yet."""
    try:
        require_approved(context.root, context.policy_commit, session.run.now, (context.ledger,))
    except GovernanceInvalid as error:
        message = line(span("it waits for governance", "warning"), f": {error.message}", hang=2)
        session.output.note((message, line(f"  try: fleet approve{session.run.chdir} --governance")))


def _decide(
    session: Session,
    context: PromotionContext,
    subject: ApprovalSubject,
    decision: Decision,
    *,
    note: str,
    key: str | None,
) -> ExitCode:
    """Write the decision, unless it could never count, and tell what it comes to."""
    candidate, to = subject.candidate, context.target.name
    if candidate.request.kind is None and decision is Decision.APPROVE:
        raise UsageError(f"nothing to approve: {to} runs what {context.sources[0]} holds", hint="fleet diff")
    statement_context = StatementContext(
        run=context.run,
        root=context.root,
        people=context.people,
        policy=context.policy,
        eligible=verdict_with(context, subject).unblock.people,
    )
    binding = candidate.request.binding
    written = draft_statement(
        statement_context,
        binding,
        decision,
        note=note,
        key_file=key,
        predict=lambda approval: verdict_with(context, subject, approval),
    )
    write_statement(statement_context, written.contents)
    promote_command = f"fleet promote{context.run.chdir} {binding.agent} --to {to}"
    next_command = commit_command(statement_context, written) if written.contents else promote_command
    session.output.report(
        {
            "text": lambda: statements_text.render(
                written.statement,
                written.predicted,
                change=_change_page(session, context, subject),
                files=tuple(written.contents),
                next_command=next_command,
            ),
            "json": lambda: {
                **statements_json.render(
                    written.statement, written.predicted, files=written.contents, next_command=next_command
                ),
                "kind": candidate.request.kind,
                "review": subject.review.seq if subject.review else None,
            },
        }
    )
    return ExitCode.SUCCESS if written.contents else ExitCode.DENIED


def _change_page(session: Session, context: PromotionContext, subject: ApprovalSubject) -> Page:
    """The meaning of what is approved, without the report's last line."""
    candidate, (base, head) = subject.candidate, subject.compared
    fleet, to, name = context.fleet, context.target.name, candidate.request.binding.agent
    comparison = compare_agent(fleet, candidate.running, candidate.proposed, dependents(fleet, to, name))
    agents = (comparison,) if comparison else ()
    fleet_diff = FleetDiff(base=base, head=head, agents=agents)
    report = changes_text.render(fleet_diff, verbose=session.verbose, next_command="")
    return page(report)


VERB = Verb(run=approve, formats=in_formats("text", "json"))
