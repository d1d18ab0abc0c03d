"""``fleet approve --governance``: a decision on what the governance folder becomes."""

from __future__ import annotations

from fleetward.cli.session import Session
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.errors import Exit, UsageError
from fleetward.domain.verdict import Promotion
from fleetward.report import changes_text, statements_json, statements_text
from fleetward.report.page import Page, page
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.history import whole
from fleetward.store.git.repository import Id
from fleetward.workflows.approval.statement import Desk, committing, stated, write
from fleetward.workflows.comparison import revisions
from fleetward.workflows.comparison import run as moved
from fleetward.workflows.governance.history import Law, binding, present, verdict
from fleetward.workflows.load import read


def decided(session: Session, decision: Decision, *, note: str, key: str | None) -> Exit:
    """
    Show what HEAD makes of the governance that is trusted, and write the decision on exactly that.

    Errors: UsageError where there is nothing to decide on.
    """
    ground = find(session.run.folder, session.run.environment)
    whole(ground.repository)
    head = ground.head()
    read(ground.commit(head), only=()).governed()  # what nobody could decide by cannot be agreed to
    course = present(ground, head, session.run.now)
    if course is None:
        raise UsageError(
            "no environment has a ledger yet: governance is trusted as it is adopted", hint="fleet adopt"
        )
    if course.state == course.law.state and decision is Decision.APPROVE:
        raise UsageError(
            f"nothing to approve: governance at commit {head[:12]} is agreed to",
            hint="commit the change of governance/ first",
        )
    law = course.law

    def outlook(*said: Approval) -> Promotion:
        return verdict(ground, law, head, course.state, session.run.now, said)

    could = outlook().unblock.people
    desk = Desk(run=session.run, ground=ground, people=law.people, policy=law.policy, could=could)
    said = stated(desk, binding(law, course.state), decision, note=note, key=key, outlook=outlook)
    write(desk, said.contents)
    leads = f"fleet diff{session.run.chdir} {law.commit[:12]}..{head[:12]}"
    next_command = committing(desk, said) if said.contents else leads
    session.output.report(
        {
            "text": lambda: statements_text.render(
                said.statement,
                said.outlook,
                change=_change(session, ground, law, head),
                files=tuple(said.contents),
                next_command=next_command,
            ),
            "json": lambda: statements_json.render(
                said.statement, said.outlook, files=said.contents, next_command=next_command
            ),
        }
    )
    return Exit.YES if said.contents else Exit.NO


def _change(session: Session, ground: Ground, law: Law, head: Id) -> Page:
    """The meaning of the change of governance alone, without the report's last line."""
    base, now = revisions.of_revisions(ground, [f"{law.commit}..{head}"], session.run.environment)
    shown = changes_text.render(
        [],
        moved.between(ground, base, now).governance,
        base=base.shown,
        head=now.shown,
        unreadable=[],
        verbose=session.verbose,
        next_command="",
    )
    return page(shown)
