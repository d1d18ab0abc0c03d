"""``fleet retire``: plan the retirement of an agent, or check the retirement criteria."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Formats, Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.report.page import Page
from fleetward.workflows.retirement.criteria import CriteriaCheck, check_criteria
from fleetward.workflows.retirement.plan import PlannedRetirement, plan_retirement


def retire(
    session: Session,
    agent: Annotated[
        str | None, typer.Argument(metavar="[AGENT]", help="The agent; with --check all agents by default.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Set lifecycle: retired in environments without a gate.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only check which retirement criteria are met.")
    ] = False,
    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics",
            metavar="FILE",
            help="Metric values by day: date, agent, metric, value (CSV, JSON lines).",
        ),
    ] = None,
) -> ExitCode:
    """
    Plan the retirement of an agent: who depends on it, what it leaves behind, what to revoke.

    --write sets its lifecycle to retired. Then fleet promote removes it from gated environments. Exit 1 while another
    agent requires it. With --check: exit 1 where a criterion is met, else 0. A criterion with missing values is never
    met, and is named. Each value is for one day, and today does not count yet.
    """
    if check and write:
        raise UsageError("--check and --write exclude each other", hint="leave one of them out")
    if check:
        criteria = check_criteria(session.run, agent, metrics=metrics)
        session.report(_CRITERIA, criteria)
        return ExitCode.DENIED if criteria.due_agents else ExitCode.SUCCESS
    if agent is None:
        raise UsageError("which agent?", hint="fleet retire AGENT, or fleet retire --check")
    planned = plan_retirement(session.run, agent, metrics=metrics, write=write)
    session.report(VERB.formats, planned)
    return ExitCode.DENIED if planned.plan.blocked else ExitCode.SUCCESS


def _text(planned: PlannedRetirement, session: Session) -> Page:
    from fleetward.report.retire_text import render

    return render(planned.plan, next_command=planned.next_command, verbose=session.verbose)


def _json(planned: PlannedRetirement, _session: Session) -> dict[str, Any]:
    from fleetward.report.retire_json import render

    return render(planned.plan, next_command=planned.next_command)


def _criteria_text(check: CriteriaCheck, session: Session) -> Page:
    from fleetward.report.retire_check import render_page

    return render_page(
        check.results,
        check.unused,
        file=check.metrics,
        next_command=check.next_command,
        verbose=session.verbose,
    )


def _criteria_json(check: CriteriaCheck, session: Session) -> dict[str, Any]:
    from fleetward.report.retire_check import render_data

    return render_data(
        check.results,
        check.unused,
        file=check.metrics,
        now=session.run.now,
        next_command=check.next_command,
    )


_CRITERIA: Formats[CriteriaCheck] = {"text": _criteria_text, "json": _criteria_json}
VERB = Verb(run=retire, formats={"text": _text, "json": _json})
