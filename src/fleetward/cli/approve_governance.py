"""``fleet approve --governance``: a decision on what the governance folder becomes."""

from __future__ import annotations

from fleetward.cli.session import Session
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.domain.verdict import Promotion
from fleetward.report import changes_text, statements_json, statements_text
from fleetward.report.page import Page, page
from fleetward.store.git.file_history import require_full_history
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.repository import Id
from fleetward.workflows.approval.statement import (
    StatementContext,
    commit_command,
    draft_statement,
    write_statement,
)
from fleetward.workflows.comparison import revisions
from fleetward.workflows.comparison import run as moved
from fleetward.workflows.governance.history import GovernanceInForce, binding, current_history, decide_change
from fleetward.workflows.load import load_fleet


def decide_governance(session: Session, decision: Decision, *, note: str, key: str | None) -> ExitCode:
    """
    Show what HEAD makes of the governance that is trusted, and write the decision on exactly that.

    Errors: UsageError where there is nothing to decide on.
    """
    root = find_fleet_root(session.run.folder, session.run.environment)
    require_full_history(root.repository)
    head = root.head()
    load_fleet(
        root.commit_tree(head), only=()
    ).require_governance()  # what nobody could decide by cannot be agreed to
    change = current_history(root, head, session.run.now)
    if change is None:
        raise UsageError(
            "no environment has a ledger yet: governance is trusted as it is adopted", hint="fleet adopt"
        )
    if change.digest == change.in_force.digest and decision is Decision.APPROVE:
        raise UsageError(
            f"nothing to approve: governance at commit {head[:12]} is agreed to",
            hint="commit the change of governance/ first",
        )
    policy_in_force = change.in_force

    def outlook(*approvals: Approval) -> Promotion:
        return decide_change(root, policy_in_force, head, change.digest, session.run.now, approvals)

    could = outlook().unblock.people
    statement_context = StatementContext(
        run=session.run,
        root=root,
        people=policy_in_force.people,
        policy=policy_in_force.policy,
        eligible=could,
    )
    written = draft_statement(
        statement_context,
        binding(policy_in_force, change.digest),
        decision,
        note=note,
        key_file=key,
        predict=outlook,
    )
    write_statement(statement_context, written.contents)
    diff_command = f"fleet diff{session.run.chdir} {policy_in_force.commit[:12]}..{head[:12]}"
    next_command = commit_command(statement_context, written) if written.contents else diff_command
    session.output.report(
        {
            "text": lambda: statements_text.render(
                written.statement,
                written.predicted,
                change=_change_page(session, root, policy_in_force, head),
                files=tuple(written.contents),
                next_command=next_command,
            ),
            "json": lambda: statements_json.render(
                written.statement, written.predicted, files=written.contents, next_command=next_command
            ),
        }
    )
    return ExitCode.SUCCESS if written.contents else ExitCode.DENIED


def _change_page(session: Session, root: FleetRoot, policy_in_force: GovernanceInForce, head: Id) -> Page:
    """The meaning of the change of governance alone, without the report's last line."""
    base, now = revisions.resolve_revisions(
        root, [f"{policy_in_force.commit}..{head}"], session.run.environment
    )
    fleet_diff = moved.compare_fleets(root, base, now)
    governance = FleetDiff(base=base.label, head=now.label, governance=fleet_diff.governance)
    report = changes_text.render(governance, verbose=session.verbose, next_command="")
    return page(report)
