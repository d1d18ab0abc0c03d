"""``fleet log``: promotions as the ledgers record them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.report.page import Page, line
from fleetward.workflows.audit.log import LedgerLog, ledger_log


def log(
    session: Session,
    agent: Annotated[
        str | None, typer.Argument(metavar="[AGENT]", help="The agent; all agents by default.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ENV", help="A gated environment; all of them by default."),
    ] = None,
) -> ExitCode:
    """List promotions from the ledger, newest first: what, where, when, by whom, with which approvals."""
    ledgers = ledger_log(session.run, agent, to)
    for error in ledgers.review_errors:
        session.output.note((line(error, hang=2),))
    session.report(VERB.formats, ledgers)
    return ExitCode.SUCCESS


def _text(ledgers: LedgerLog, session: Session) -> Page:
    from fleetward.report.log_text import render

    return render(
        ledgers.entries,
        agent=ledgers.agent,
        next_command=ledgers.next_command,
        verbose=session.verbose,
        environments=ledgers.environments,
        reviews=ledgers.reviews,
    )


def _json(ledgers: LedgerLog, _session: Session) -> dict[str, Any]:
    from fleetward.report.log_json import render

    return render(ledgers.entries, commit=ledgers.head, reviews=ledgers.reviews)


VERB = Verb(run=log, formats={"text": _text, "json": _json})
