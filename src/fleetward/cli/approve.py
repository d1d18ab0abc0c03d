"""``fleet approve``: see the change, then say yes or no to exactly that."""

from __future__ import annotations

from typing import Annotated

import typer

from fleetward.cli import approve_governance
from fleetward.cli.applying import warn_uncommitted
from fleetward.cli.session import Session
from fleetward.domain.approval import Decision
from fleetward.domain.errors import Exit, GovernanceInvalid, UsageError
from fleetward.report import changes_text, statements_json, statements_text
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.approval.statement import Desk, committing, stated, write
from fleetward.workflows.approval.subject import Matter, matter, outlook
from fleetward.workflows.comparison.agents import compared, dependents
from fleetward.workflows.governance.history import lawful
from fleetward.workflows.promotion.context import Hearing, hearing


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
) -> Exit:
    """Show what a promotion would change, and write down your decision on exactly that content."""
    if reject and withdraw:
        raise UsageError("--reject and --withdraw exclude each other", hint="leave one of them out")
    if review is not None and (reject or withdraw):
        raise UsageError("--review says that you looked: it takes no other decision", hint="--note TEXT")
    decision = Decision.REJECT if reject else Decision.WITHDRAW if withdraw else Decision.APPROVE
    if governance:
        if agent or to or rollback is not None or review is not None:
            raise UsageError("--governance is about no agent and no environment", hint="leave them out")
        return approve_governance.decided(session, decision, note=note, key=sign)
    if not agent or not to:
        raise UsageError("say which agent, and where to", hint="fleet approve AGENT --to ENV")
    asked = hearing(session.run, to=to, agents=[agent])
    warn_uncommitted(session, asked, [agent])
    _tell_of_law(session, asked)
    about = matter(asked, agent, rollback=rollback, overrides_too=with_overrides, review=review)
    return _stated(
        session, asked, about, decision if review is None else Decision.REVIEW, note=note, key=sign
    )


def _tell_of_law(session: Session, asked: Hearing) -> None:
    """Say beside the report that nobody may decide by this governance yet."""
    try:
        lawful(asked.ground, asked.law, session.run.now, (asked.ledger,))
    except GovernanceInvalid as error:
        told = line(span("it waits for governance", "warning"), f": {error.message}", hang=2)
        session.output.tell((told, line(f"  try: fleet approve{session.run.chdir} --governance")))


def _stated(
    session: Session, asked: Hearing, about: Matter, decision: Decision, *, note: str, key: str | None
) -> Exit:
    """Write the decision, unless it could never count, and tell what it comes to."""
    case, to = about.case, asked.target.name
    if case.question.kind is None and decision is Decision.APPROVE:
        raise UsageError(f"nothing to approve: {to} runs what {asked.sources[0]} holds", hint="fleet diff")
    desk = Desk(
        run=asked.run,
        ground=asked.ground,
        people=asked.people,
        policy=asked.policy,
        could=outlook(asked, about).unblock.people,
    )
    binding = case.question.binding
    said = stated(desk, binding, decision, note=note, key=key, outlook=lambda one: outlook(asked, about, one))
    write(desk, said.contents)
    leads = f"fleet promote{asked.run.chdir} {binding.agent} --to {to}"
    next_command = committing(desk, said) if said.contents else leads
    session.output.report(
        {
            "text": lambda: statements_text.render(
                said.statement,
                said.outlook,
                change=_change(session, asked, about),
                files=tuple(said.contents),
                next_command=next_command,
            ),
            "json": lambda: {
                **statements_json.render(
                    said.statement, said.outlook, files=said.contents, next_command=next_command
                ),
                "kind": case.question.kind,
                "review": about.due.seq if about.due else None,
            },
        }
    )
    return Exit.YES if said.contents else Exit.NO


def _change(session: Session, asked: Hearing, about: Matter) -> Page:
    """The meaning of what is approved, without the report's last line."""
    case, (base, head) = about.case, about.sides
    fleet, to, name = asked.fleet, asked.target.name, case.question.binding.agent
    comparison = compared(fleet, case.running, case.candidate, dependents(fleet, to, name))
    shown = changes_text.render(
        [comparison] if comparison else [],
        [],
        base=base,
        head=head,
        unreadable=[],
        verbose=session.verbose,
        next_command="",
    )
    return page(shown)
