"""``fleet rollback``: back to an earlier release; decide and explain, write only with ``--apply``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.applying import applying
from fleetward.cli.options import Push, Sign, require_apply
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.clock import format_instant
from fleetward.domain.errors import ExitCode
from fleetward.domain.verdict import Verdict
from fleetward.report.page import Page, line, span
from fleetward.workflows.audit.verification import verified_head
from fleetward.workflows.promotion.rollback import RollbackOptions, RollbackResult, roll_back

FORMAT = "fleetward.rollback/1"


def rollback(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    env: Annotated[str, typer.Option("--env", metavar="ENV", help="Where it runs.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Goes into the ledger.")],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="RELEASE", help="An earlier release; the one before by default."),
    ] = None,
    with_overrides: Annotated[
        bool, typer.Option("--with-overrides", help="The overrides of that time too.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Write the rollback, if it is allowed.")] = False,
    push: Push = None,
    sign: Sign = None,
) -> ExitCode:
    """Decide whether an agent may go back to an earlier release; the release that it leaves is held from then on."""
    require_apply(apply=apply, push=push or None, sign=sign)
    options = RollbackOptions(
        agent=agent,
        environment=env,
        reason=reason,
        release=to,
        with_overrides=with_overrides,
        apply=apply,
        push=push,
        sign=sign,
    )
    with applying(session, apply=apply):
        result = roll_back(session.run, options, verified_head(session.run))
    session.report(VERB.formats, result)
    if result.written:
        note = f" as commit {result.written}, ledger/{env}.jsonl"
        session.note((line(span("written", "good"), note),))
    return ExitCode.SUCCESS if result.promotion.verdict is Verdict.ALLOWED else ExitCode.DENIED


def _summary(result: RollbackResult) -> str:
    candidate = result.candidate
    overrides = (
        "with the overrides of that time" if candidate.with_overrides else "overrides stay as they are"
    )
    return f"back to release {candidate.request.release} of commit {candidate.origin}; {overrides}"


def _text(result: RollbackResult, session: Session) -> Page:
    from fleetward.report import verdicts_text

    verdict = verdicts_text.render(
        result.batch,
        next_step=result.next_step,
        verbose=session.verbose,
        now=result.context.run.now,
    )
    return (line(span(_summary(result), "strong")), *verdict)


def _markdown(result: RollbackResult, _session: Session) -> str:
    from fleetward.report import verdicts_markdown

    return verdicts_markdown.render(
        result.batch,
        next_step=result.next_step,
        notice=f"{_summary(result)}, because: {result.reason}",
        verb="rollback",
    )


def _json(result: RollbackResult, _session: Session) -> dict[str, Any]:
    from fleetward.report import verdicts_json

    candidate = result.candidate
    verdict = verdicts_json.render(result.batch)
    left_at = candidate.request.left_at
    return {
        **{key: value for key, value in verdict.items() if key not in ("from", "to")},
        "format": FORMAT,
        "environment": result.batch.target,
        "release": result.promotion.release,
        "origin": candidate.origin,
        "left": None if left_at is None else format_instant(left_at),
        "withOverrides": candidate.with_overrides,
        "reason": result.reason,
        "applied": result.written is not None,
        "written": result.written,
    }


VERB = Verb(run=rollback, formats={"text": _text, "json": _json, "markdown": _markdown}, long=True)
