"""``fleet policy check`` and ``fleet policy test``: check and test the policy."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.domain.finding import Severity
from fleetward.report.page import Page
from fleetward.workflows.governance.policy_check import PolicyCheck, check_policy
from fleetward.workflows.governance.policy_test_run import PolicyTestRun, run_policy_tests


def check(
    session: Session,
    base: Annotated[
        str | None,
        typer.Option(
            "--base", metavar="REV", help="Report what the policy of REV required and this one does not."
        ),
    ] = None,
    practices: Annotated[
        bool,
        typer.Option(
            "--practices", help="List every practice: from which tier the policy asks it, or left open."
        ),
    ] = False,
) -> ExitCode:
    """Find requirements that nobody can meet, rules that never apply, and agents that no rule covers."""
    result = check_policy(session.run, base, practices=practices)
    session.report(CHECK.formats, result)
    has_errors = any(finding.severity is Severity.ERROR for finding in result.findings)
    return ExitCode.DENIED if has_errors else ExitCode.SUCCESS


def run_tests(
    session: Session,
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Test files; all of policy-tests/ by default."),
    ] = None,
) -> ExitCode:
    """Run test cases through the gate with this fleet's policy and people; report unexpected verdicts."""
    result = run_policy_tests(session.run, files or [])
    session.report(TEST.formats, result)
    return ExitCode.DENIED if result.failed else ExitCode.SUCCESS


def _check_text(result: PolicyCheck, _session: Session) -> Page:
    from fleetward.report.policy_text import render_check

    return render_check(
        result.findings,
        result.text,
        rules=len(result.policy.rules) if result.policy else 0,
        agents=result.agents,
        base=result.base,
        next_command=result.next_command,
        practices=result.practices,
    )


def _check_json(result: PolicyCheck, _session: Session) -> dict[str, Any]:
    from fleetward.report.policy_json import render_check

    return render_check(
        result.findings,
        policy=result.policy,
        agents=result.agents,
        base=result.base,
        practices=result.practices,
    )


def _test_text(result: PolicyTestRun, session: Session) -> Page:
    from fleetward.report.policy_text import render_tests

    return render_tests(
        result.results,
        quiet=session.output.quiet,
        verbose=session.verbose,
        next_command=result.next_command,
    )


def _test_json(result: PolicyTestRun, _session: Session) -> dict[str, Any]:
    from fleetward.report.policy_json import render_tests

    return render_tests(result.results, policy=result.policy)


CHECK = Verb(run=check, formats={"text": _check_text, "json": _check_json})
TEST = Verb(run=run_tests, formats={"text": _test_text, "json": _test_json})
