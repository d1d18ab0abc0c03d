"""``fleet status``: where each agent stands in each gated environment."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.report import status as report
from fleetward.report.page import Page
from fleetward.workflows.register.fleet_now import FleetStatus, fleet_status


def status(
    session: Session,
    agents: Annotated[
        list[str] | None, typer.Argument(metavar="[AGENT]...", help="The agents; all of them by default.")
    ] = None,
) -> ExitCode:
    """
    Show where each agent stands in each gated environment, and the command that brings it on.

    States: unreadable, drifted, missing, suspended, held, retiring, new, ahead, in-sync. It asks no gate: fleet why
    tells what a promotion still needs.
    """
    session.report(VERB.formats, fleet_status(session.run, tuple(agents or ())))
    return ExitCode.SUCCESS


def _text(fleet: FleetStatus, session: Session) -> Page:
    return report.render_page(fleet.agents, session.run.chdir)


def _json(fleet: FleetStatus, session: Session) -> dict[str, Any]:
    return report.render_data(fleet.environments, fleet.agents, session.run.chdir)


VERB = Verb(run=status, formats={"text": _text, "json": _json}, long=True)
