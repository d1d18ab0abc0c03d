"""``fleet rollback``: back to a release that ran before; evaluate and explain, write only with ``--apply``."""

from __future__ import annotations

from shlex import quote
from typing import Annotated, Any

import typer

from fleetward.cli.applying import applying
from fleetward.cli.options import Sign
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain import digest
from fleetward.domain.clock import format_instant as written_
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.verdict import Promotion, RequirementStatus, Verdict
from fleetward.report import verdicts_json, verdicts_markdown, verdicts_text
from fleetward.report.page import line, span
from fleetward.store.git.repository import Id
from fleetward.workflows.governance.history import require_approved
from fleetward.workflows.promotion.apply import write_promotions
from fleetward.workflows.promotion.break_glass import checked_reason
from fleetward.workflows.promotion.candidates import Candidate, decide_all
from fleetward.workflows.promotion.context import PromotionContext, load_context
from fleetward.workflows.promotion.rollback import rollback_candidate
from fleetward.workflows.promotion.sign import entry_signer

FORMAT = "fleetward.rollback/1"


def rollback(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    env: Annotated[str, typer.Option("--env", metavar="ENV", help="Where it runs.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Goes into the ledger.")],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="RELEASE", help="A release that ran there; else the one before."),
    ] = None,
    with_overrides: Annotated[
        bool, typer.Option("--with-overrides", help="Its overrides of that time, too.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Write it, if it is allowed.")] = False,
    push: Annotated[
        str | None, typer.Option("--push", metavar="REMOTE", help="With --apply: push it.")
    ] = None,
    sign: Sign = None,
) -> ExitCode:
    """Judge whether an agent may go back to what ran before; the release that it leaves is held from then on."""
    if push and not apply:
        raise UsageError("--push goes with --apply", hint="add --apply")
    if sign is not None and not apply:
        raise UsageError("--sign goes with --apply", hint="add --apply")
    checked_reason(reason)
    with applying(session, apply=apply):
        context = load_context(session.run, to=env)
        require_approved(context.root, context.head, session.run.now, (context.ledger,))
        candidate = rollback_candidate(context, agent, to, with_overrides=with_overrides)
        [promotion] = decide_all(context, [candidate])
        written: Id | None = None
        if apply and promotion.verdict is Verdict.ALLOWED:
            written = write_promotions(
                context, [(candidate, promotion)], push, reason, signer=entry_signer(context, sign)
            ).commit
    _report(session, context, candidate, promotion, reason, written)
    return ExitCode.SUCCESS if promotion.verdict is Verdict.ALLOWED else ExitCode.DENIED


def _report(
    session: Session,
    context: PromotionContext,
    candidate: Candidate,
    promotion: Promotion,
    reason: str,
    written: Id | None,
) -> None:
    to = context.target.name
    next_command = _next_command(context, candidate, promotion, reason, written)
    session.output.report(
        {
            "text": lambda: (
                line(span(_summary(candidate), "strong")),
                *verdicts_text.render(
                    [promotion],
                    to=to,
                    sources=(),
                    commit=context.head,
                    policy=context.policy,
                    next_command=next_command,
                    verbose=session.verbose,
                    now=session.run.now,
                ),
            ),
            "json": lambda: _data(context, candidate, promotion, reason, written),
            "markdown": lambda: verdicts_markdown.render(
                [promotion],
                to=to,
                sources=(),
                commit=context.head,
                policy=context.policy,
                next_command=next_command,
                notice=f"{_summary(candidate)}, because: {reason}",
                verb="rollback",
            ),
        }
    )
    if written:
        session.output.note((line(span("written", "good"), f" as commit {written}, ledger/{to}.jsonl"),))


def _summary(candidate: Candidate) -> str:
    request = candidate.request
    overrides = "with the overrides of then" if candidate.with_overrides else "overrides stay as they are"
    return f"back to release {request.release}, out of commit {candidate.origin}; {overrides}"


def _next_command(
    context: PromotionContext, candidate: Candidate, promotion: Promotion, reason: str, written: Id | None
) -> str:
    """The command that brings this rollback on."""
    where, to, name = context.run.chdir, context.target.name, promotion.agent
    release = digest.short(promotion.release or "")
    flags = " --with-overrides" if candidate.with_overrides else ""
    if written:
        return f"fleet diff{where} {context.head[:12]}..{written[:12]}"
    rollback_command = (
        f"fleet rollback{where} {name} --env {to} --to {release}{flags} --reason {quote(reason)}"
    )
    if promotion.verdict is Verdict.ALLOWED:
        return f"{rollback_command} --apply"
    open_ = {
        requirement.kind
        for requirement in promotion.requirements
        if requirement.status is not RequirementStatus.MET
    }
    if open_ & {"approvals", "held"}:
        return f"fleet approve{where} {name} --to {to} --rollback {release}{flags}"
    return f"{rollback_command} -v"


def _data(
    context: PromotionContext, candidate: Candidate, promotion: Promotion, reason: str, written: Id | None
) -> dict[str, Any]:
    data = verdicts_json.render(
        [promotion], to=context.target.name, sources=(), commit=context.head, policy=context.policy
    )
    left_at = candidate.request.left_at
    return {
        **{key: value for key, value in data.items() if key not in ("from", "to")},
        "format": FORMAT,
        "environment": context.target.name,
        "release": promotion.release,
        "origin": candidate.origin,
        "left": None if left_at is None else written_(left_at),
        "withOverrides": candidate.with_overrides,
        "reason": reason,
        "applied": written is not None,
        "written": written,
    }


VERB = Verb(run=rollback, formats=in_formats("text", "json", "markdown"))
