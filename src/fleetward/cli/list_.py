"""``fleet list``: everything of one kind, such as waivers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.names import nearest_name
from fleetward.report.page import Page
from fleetward.report.waivers import WaiverRow, render_data, render_page
from fleetward.workflows.governance.waivers import waiver_states

KINDS = ("waivers",)


def listing(
    session: Session,
    kind: Annotated[str, typer.Argument(metavar="WHAT", help=f"One of: {', '.join(KINDS)}.")],
) -> ExitCode:
    """List waivers: rule, agent, reason, approver, last day, and whether they are still valid."""
    if kind not in KINDS:
        close = nearest_name(kind, KINDS) or KINDS[0]
        raise UsageError(f"{kind!r} cannot be listed", hint=f"fleet list {close}")
    waivers = tuple(WaiverRow(waiver=waiver, state=state) for waiver, state in waiver_states(session.run))
    session.report(VERB.formats, waivers)
    return ExitCode.SUCCESS


def _text(waivers: tuple[WaiverRow, ...], session: Session) -> Page:
    return render_page(waivers, f"fleet validate{session.run.chdir} -v")


def _json(waivers: tuple[WaiverRow, ...], _session: Session) -> dict[str, Any]:
    return render_data(waivers)


VERB = Verb(run=listing, formats={"text": _text, "json": _json})
