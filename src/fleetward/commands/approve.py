"""``fleet approve``: see the change, then say yes or no to exactly that."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from fleetward import gate
from fleetward.commands import amending
from fleetward.commands.comparing import compared, dependents
from fleetward.commands.hearing import Hearing, hearing
from fleetward.commands.judging import Case, cases
from fleetward.commands.session import Session
from fleetward.commands.stating import Desk, committing, stated, write
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.errors import Exit, UsageError
from fleetward.domain.verdict import Promotion
from fleetward.report import changes_text, statements_json, statements_text
from fleetward.report.page import Page, page


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
) -> Exit:
    """Show what a promotion would change, and write down your decision on exactly that content."""
    if reject and withdraw:
        raise UsageError("--reject and --withdraw exclude each other", hint="leave one of them out")
    decision = Decision.REJECT if reject else Decision.WITHDRAW if withdraw else Decision.APPROVE
    if governance:
        if agent or to:
            raise UsageError("--governance is about no agent and no environment", hint="leave them out")
        return amending.decided(session, decision, note=note, key=sign)
    if not agent or not to:
        raise UsageError("say which agent, and where to", hint="fleet approve AGENT --to ENV")
    return _on_agent(session, agent, to, decision, note=note, key=sign)


def _on_agent(
    session: Session, agent: str, to: str, decision: Decision, *, note: str, key: str | None
) -> Exit:
    asked = hearing(session, to=to)
    [case] = cases(asked, [agent])
    if case.question.kind is None and decision is Decision.APPROVE:
        raise UsageError(f"nothing to approve: {to} runs what {asked.sources[0]} holds", hint="fleet diff")
    desk = Desk(session=session, ground=asked.ground, people=asked.people, policy=asked.policy)
    said = stated(desk, case.question.binding, decision, note=note, key=key)
    outlook = _outlook(asked, case, said.statement)
    write(desk, said.contents)
    next_command = committing(desk, said)
    session.report(
        {
            "text": lambda: statements_text.render(
                said.statement,
                outlook,
                change=_change(asked, case),
                files=tuple(said.contents),
                next_command=next_command,
            ),
            "json": lambda: statements_json.render(
                said.statement, outlook, files=said.contents, next_command=next_command
            ),
        }
    )
    return Exit.YES


def _outlook(asked: Hearing, case: Case, statement: Approval) -> Promotion:
    """The verdict as it would be with this statement committed."""
    question = replace(case.question, approvals=(*case.question.approvals, statement))
    return gate.decide(question, policy=asked.policy, people=asked.people, now=asked.session.now)


def _change(asked: Hearing, case: Case) -> Page:
    """The meaning of what is approved, without the report's last line."""
    fleet, to, name = asked.fleet, asked.target.name, case.question.binding.agent
    comparison = compared(fleet, case.running, case.candidate, dependents(fleet, to, name))
    shown = changes_text.render(
        [comparison] if comparison else [],
        [],
        base=(to, asked.head),
        head=(asked.sources[0], asked.head),
        unreadable=[],
        verbose=asked.session.verbose,
        next_command="",
    )
    return page(shown)
