"""``fleet promote``: decide and explain; write only with ``--apply``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.applying import applying, note_pushed, note_taken_off, note_written, warn_uncommitted
from fleetward.cli.options import As, At, Push, Sign, require_apply
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.verdict import Promotion, RequirementStatus, Verdict
from fleetward.report.page import Page, line, span
from fleetward.workflows.audit.verification import verified_head
from fleetward.workflows.promotion.break_glass import checked_incident
from fleetward.workflows.promotion.rebase import take_off_unpushed
from fleetward.workflows.promotion.run import (
    PromotionOptions,
    PromotionResult,
    open_promotion,
    promote_agents,
)

_BreakGlass = Annotated[
    bool,
    typer.Option(
        "--break-glass", help="Emergency: use the policy's breakGlass rules; a review is required afterwards."
    ),
]
_Partial = Annotated[
    bool, typer.Option("--partial", help="Promote the agents that are allowed; leave the others.")
]

_Rebase = Annotated[
    bool,
    typer.Option(
        "--rebase",
        help="With --apply: drop promotions that were not pushed, and make them again on top of the upstream.",
    ),
]


def promote(
    session: Session,
    agents: Annotated[
        list[str], typer.Argument(metavar="AGENT...", help="Agents to promote together: all or none.")
    ],
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="The target environment.")],
    source: Annotated[
        str | None, typer.Option("--from", metavar="ENV", help="The source environment.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write the promotion, if it is allowed.")] = False,
    push: Push = None,
    rebase: _Rebase = False,
    base: Annotated[
        str | None, typer.Option("--base", metavar="REV", help="Decide by policy and approvals of REV.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Goes into the ledger.")] = "",
    partial: _Partial = False,
    as_: As = None,
    at: At = None,
    emergency: _BreakGlass = False,
    incident: Annotated[
        str | None, typer.Option("--incident", metavar="ID", help="With --break-glass: which emergency.")
    ] = None,
    sign: Sign = None,
) -> ExitCode:
    """Decide whether agents may be promoted; say what is missing, and who could provide it."""
    # --push without --apply would look as if something had been pushed
    require_apply(apply=apply, push=push or None, sign=sign, rebase="" if rebase else None)
    if apply:
        # nothing may be written on an assumption, or by governance that is not HEAD's
        _check_written_without_assumption(base, as_, at)
    options = PromotionOptions(
        agents=tuple(agents),
        to=to,
        source=source,
        base=base,
        apply=apply,
        push=push,
        sign=sign,
        reason=reason,
        partial=partial,
        approvers=tuple(as_ or ()),
        at=at,
        incident=checked_incident(incident, reason, break_glass=emergency),
    )
    with applying(session, apply=apply):
        note_taken_off(session, take_off_unpushed(session.run, agents, to) if rebase else None)
        context = open_promotion(session.run, options, verified_head(session.run, base=base))
        if not apply:  # with --apply they are an error
            warn_uncommitted(session, context, agents)
        result = promote_agents(context, options)
    note_written(session, result.written, to, push)
    note_pushed(session, result.pushed)
    session.report(VERB.formats, result)
    return ExitCode.SUCCESS if result.verdict in (Verdict.ALLOWED, Verdict.UNCHANGED) else ExitCode.DENIED


def _check_written_without_assumption(base: str | None, people: list[str] | None, at: str | None) -> None:
    if base:
        raise UsageError("--base excludes --apply: it only evaluates", hint="leave --base out")
    if people or at:
        message = "--as and --at exclude --apply: nothing is written on an assumption"
        raise UsageError(message, hint="leave --apply out")


def _text(result: PromotionResult, session: Session) -> Page:
    from fleetward.report import assumption, break_glass, verdicts_text

    notes = (*_warning(result.notice), *break_glass.lines(result.break_glass))
    verdicts = verdicts_text.render(
        result.batch,
        next_step=result.next_step,
        verbose=session.verbose,
        now=result.context.run.now,
        notes=notes,
    )
    return (
        *assumption.lines(result.assumption),
        *_warning(break_glass.summary(result.break_glass)),
        *verdicts,
    )


def _warning(text: str) -> Page:
    return (line(span(text, "warning"), hang=2),) if text else ()


def _markdown(result: PromotionResult, _session: Session) -> str:
    from fleetward.report import assumption, break_glass, verdicts_markdown

    return verdicts_markdown.render(
        result.batch,
        next_step=result.next_step,
        assumption=assumption.text(result.assumption),
        notice=break_glass.summary(result.break_glass),
    )


def _json(result: PromotionResult, _session: Session) -> dict[str, Any]:
    from fleetward.report import assumption, break_glass, verdicts_json

    verdicts = verdicts_json.render(result.batch)
    waiting = result.waiting if result.partial else ()
    return {
        **verdicts,
        "applied": result.written is not None,
        "written": result.written,
        "held": [{"agent": promotion.agent, "why": _missing(promotion)} for promotion in waiting],
        "supposed": assumption.data(result.assumption),
        "breakGlass": break_glass.data(result.break_glass),
    }


def _missing(promotion: Promotion) -> str:
    """The requirements that are not met, with their details."""
    return "; ".join(
        f"{item.kind} {item.condition}: {item.detail or item.status}"
        for item in promotion.requirements
        if item.status is not RequirementStatus.MET
    )


VERB = Verb(run=promote, formats={"text": _text, "json": _json, "markdown": _markdown}, long=True)
