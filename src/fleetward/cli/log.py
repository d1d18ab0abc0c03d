"""``fleet log``: promotions as the ledgers record them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.report.page import Page, line
from fleetward.workflows.audit.log import LedgerLog, LogOptions, ledger_log


def log(
    session: Session,
    agent: Annotated[
        str | None, typer.Argument(metavar="[AGENT]", help="The agent; all agents by default.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ENV", help="A gated environment; all of them by default."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="From this date (UTC) or instant on, included."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Up to this date (UTC) or instant, included."),
    ] = None,
    oneline: Annotated[
        bool,
        typer.Option(
            "--oneline",
            help="One line an entry: date, agent, kind, commit that brought it, applied by, what changed.",
        ),
    ] = False,
) -> ExitCode:
    """List promotions from the ledger, newest first: what, where, when, by whom, with which approvals."""
    options = LogOptions(agent=agent, to=to, since=since, until=until, with_changes=oneline)
    ledgers = ledger_log(session.run, options)
    for error in ledgers.review_errors:
        session.note((line(error, hang=2),))
    session.report(VERB.formats if not oneline else {**VERB.formats, "text": _oneline}, ledgers)
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
        period=ledgers.period,
    )


def _oneline(ledgers: LedgerLog, _session: Session) -> Page:
    from fleetward.report.log_lines import render_lines

    if not ledgers.entries:
        return _text(ledgers, _session)
    return render_lines(ledgers.entries, ledgers.changes, agent=ledgers.agent)


def _json(ledgers: LedgerLog, _session: Session) -> dict[str, Any]:
    from fleetward.report.log_json import render

    return render(ledgers.entries, commit=ledgers.head, reviews=ledgers.reviews, changes=ledgers.changes)


VERB = Verb(run=log, formats={"text": _text, "json": _json}, long=True)
