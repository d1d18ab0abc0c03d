"""``fleet why``: the requirements of a promotion, and who could meet them; writes nothing."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.applying import warn_uncommitted
from fleetward.cli.options import As, At
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode
from fleetward.domain.verdict import Verdict
from fleetward.report.page import Page
from fleetward.workflows.audit.verification import verified_head
from fleetward.workflows.promotion.context import only_gated_environment
from fleetward.workflows.promotion.run import (
    PromotionOptions,
    PromotionResult,
    explain_promotion,
    open_promotion,
)


def why(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="ENV", help="Where to; may be left out where one is gated.")
    ] = None,
    as_: As = None,
    at: At = None,
) -> ExitCode:
    """List the requirements of a promotion, who met them, and the smallest set of people who could; write nothing."""
    verified = verified_head(session.run)
    target = to or only_gated_environment(session.run, verified.governance)
    options = PromotionOptions(agents=(agent,), to=target, approvers=tuple(as_ or ()), at=at)
    context = open_promotion(session.run, options, verified)
    warn_uncommitted(session, context, [agent])
    result = explain_promotion(context, options)
    session.report(VERB.formats, result)
    return ExitCode.SUCCESS if result.verdict in (Verdict.ALLOWED, Verdict.UNCHANGED) else ExitCode.DENIED


def _text(result: PromotionResult, session: Session) -> Page:
    from fleetward.report import assumption, verdicts_text

    verdicts = verdicts_text.render(
        result.batch,
        next_step=result.next_step,
        verbose=session.verbose,
        now=result.context.run.now,
    )
    return (*assumption.lines(result.assumption), *verdicts)


def _json(result: PromotionResult, _session: Session) -> dict[str, Any]:
    from fleetward.report import assumption, verdicts_json

    verdicts = verdicts_json.render(result.batch)
    supposed = assumption.data(result.assumption)
    return {**verdicts, "format": "fleetward.why/1", "supposed": supposed}


VERB = Verb(run=why, formats={"text": _text, "json": _json}, long=True)
