"""``fleet promote``: evaluate and explain; write only with ``--apply``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from fleetward import gate
from fleetward.cli.applying import applying, warn_uncommitted
from fleetward.cli.options import As, At, Sign
from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain.break_glass import BreakGlassUse, PromotionMode
from fleetward.domain.errors import ExitCode, UsageError
from fleetward.domain.verdict import Promotion, RequirementStatus, Verdict
from fleetward.gate.batch import PASSING
from fleetward.report import assumption as assumption_report
from fleetward.report import break_glass as break_glass_report
from fleetward.report import verdicts_json, verdicts_markdown, verdicts_text
from fleetward.report.page import Page, line, page, span
from fleetward.workflows.governance.history import require_approved
from fleetward.workflows.promotion import break_glass as emergency
from fleetward.workflows.promotion import what_if
from fleetward.workflows.promotion.apply import WrittenPromotions, write_promotions
from fleetward.workflows.promotion.break_glass_reviews import break_glass_use, review_commands, with_entries
from fleetward.workflows.promotion.candidates import Candidate, build_candidates, decide_all
from fleetward.workflows.promotion.context import PromotionContext, load_context
from fleetward.workflows.promotion.next_step import next_command, review_command
from fleetward.workflows.promotion.partial import allowed_subset, nothing_written_note
from fleetward.workflows.promotion.sign import entry_signer
from fleetward.workflows.promotion.source import waiting_changes_note


def promote(
    session: Session,
    agents: Annotated[list[str], typer.Argument(metavar="AGENT...", help="The agents, as one unit.")],
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="Where they should run.")],
    source: Annotated[str | None, typer.Option("--from", metavar="ENV", help="Where they come from.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write it, if it is allowed.")] = False,
    push: Annotated[
        str | None, typer.Option("--push", metavar="REMOTE", help="With --apply: push it.")
    ] = None,
    base: Annotated[
        str | None, typer.Option("--base", metavar="REV", help="Judge by policy and approvals of REV.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Goes into the ledger.")] = "",
    partial: Annotated[
        bool, typer.Option("--partial", help="Those that stand on their own go, the others wait.")
    ] = False,
    as_: As = None,
    at: At = None,
    break_glass: Annotated[
        bool,
        typer.Option("--break-glass", help="An emergency: ask what the policy asks then; reviewed after."),
    ] = False,
    incident: Annotated[
        str | None, typer.Option("--incident", metavar="ID", help="With --break-glass: which emergency.")
    ] = None,
    sign: Sign = None,
) -> ExitCode:
    """Judge whether agents may go to an environment; say what is missing, and who could give it."""
    if push and not apply:
        raise UsageError("--push goes with --apply", hint="add --apply")
    if sign is not None and not apply:
        raise UsageError("--sign goes with --apply", hint="add --apply")
    if base and apply:
        raise UsageError("--base judges a pull request, --apply writes: choose one", hint="leave --base out")
    if apply and (as_ or at):
        raise UsageError("--as and --at only suppose, --apply writes: choose one", hint="leave --apply out")
    broken_for = emergency.checked_incident(incident, reason, break_glass=break_glass)
    with applying(session, apply=apply):
        return _evaluate(
            session,
            agents,
            to,
            source,
            apply=apply,
            push=push,
            base=base,
            reason=reason,
            partial=partial,
            as_=as_,
            at=at,
            incident=broken_for,
            sign=sign,
        )


def _evaluate(
    session: Session,
    agents: Sequence[str],
    to: str,
    source: str | None,
    *,
    apply: bool,
    push: str | None,
    base: str | None,
    reason: str,
    partial: bool,
    as_: list[str] | None,
    at: str | None,
    incident: str | None,
    sign: str | None,
) -> ExitCode:
    session = replace(session, run=what_if.at_instant(session.run, at))
    context = load_context(session.run, to=to, source=source, base=base, agents=agents)
    require_approved(context.root, context.policy_commit, session.run.now, (context.ledger,))
    if not apply:  # which refuses to
        warn_uncommitted(session, context, agents)
    mode = (
        PromotionMode.BREAK_GLASS
        if incident and emergency.break_glass_terms(context)
        else PromotionMode.NORMAL
    )
    context = replace(context, assumed_approvers=what_if.checked_approvers(as_, context.people), mode=mode)
    candidates, promotions = allowed_subset(context, agents) if partial else _evaluate_batch(context, agents)
    verdict = gate.batch_verdict(promotions)
    break_glass = break_glass_use(
        context, _pairs(candidates, promotions), incident=incident, reason=reason, apply=apply
    )
    written: WrittenPromotions | None = None
    if apply and (partial or verdict is Verdict.ALLOWED) and (allowed := _allowed(candidates, promotions)):
        written = write_promotions(context, allowed, push, reason, incident, entry_signer(context, sign))
        break_glass = break_glass and with_entries(break_glass, written.entries)
    nothing_written = not partial and verdict not in PASSING
    notices = (
        waiting_changes_note(context, promotions),
        nothing_written_note(context, promotions, apply=apply) if nothing_written else "",
    )
    notice = "; ".join(filter(None, notices))
    _report(
        session,
        context,
        promotions,
        verdict,
        written.commit if written else None,
        partial=partial,
        at=at,
        break_glass=break_glass,
        notice=notice,
    )
    return ExitCode.SUCCESS if verdict in (Verdict.ALLOWED, Verdict.UNCHANGED) else ExitCode.DENIED


def _evaluate_batch(
    context: PromotionContext, agents: Sequence[str]
) -> tuple[tuple[Candidate, ...], tuple[Promotion, ...]]:
    """All or none: every agent judged beside all the others."""
    candidates = build_candidates(context, agents)
    return candidates, decide_all(context, candidates)


def _allowed(
    candidates: Sequence[Candidate], promotions: Sequence[Promotion]
) -> tuple[tuple[Candidate, Promotion], ...]:
    """The allowed ones, each with its case."""
    return _pairs(candidates, [promotion for promotion in promotions if promotion.verdict is Verdict.ALLOWED])


def _pairs(
    candidates: Sequence[Candidate], promotions: Sequence[Promotion]
) -> tuple[tuple[Candidate, Promotion], ...]:
    promotions_by_agent = {promotion.agent: promotion for promotion in promotions}
    names = ((candidate, candidate.request.binding.agent) for candidate in candidates)
    return tuple(
        (candidate, promotions_by_agent[name]) for candidate, name in names if name in promotions_by_agent
    )


def _report(
    session: Session,
    context: PromotionContext,
    promotions: Sequence[Promotion],
    verdict: Verdict,
    written: str | None,
    *,
    partial: bool,
    at: str | None,
    break_glass: BreakGlassUse | None,
    notice: str,
) -> None:
    to = context.target.name
    assumption = what_if.assumption(session.run, context.assumed_approvers, at)
    flags = emergency.break_glass_options(break_glass)
    warning = break_glass_report.summary(break_glass)
    next_command = review_commands(context, break_glass) or _next_command(
        context,
        promotions,
        verdict,
        written,
        partial=partial,
        supposed=not assumption.is_empty,
        flags=flags,
    )

    def as_data() -> dict[str, Any]:
        data = verdicts_json.render(
            promotions, to=to, sources=context.sources, commit=context.head, policy=context.policy
        )
        waiting = (
            [
                {"agent": promotion.agent, "why": _open_requirements(promotion)}
                for promotion in _waiting(promotions)
            ]
            if partial
            else []
        )
        return {
            **data,
            "applied": written is not None,
            "written": written,
            "held": waiting,
            "supposed": assumption_report.data(assumption),
            "breakGlass": break_glass_report.data(break_glass),
        }

    if written:
        session.output.note((line(span("written", "good"), f" as commit {written}, ledger/{to}.jsonl"),))

    def as_page() -> Page:
        *body, last = verdicts_text.render(
            promotions,
            to=to,
            sources=context.sources,
            commit=context.head,
            policy=context.policy,
            next_command=next_command,
            verbose=session.verbose,
            now=session.run.now,
            notice=notice,
        )
        head = (*assumption_report.lines(assumption), *_warning(warning))
        return page([*head, *body, *break_glass_report.lines(break_glass), last])

    session.output.report(
        {
            "text": as_page,
            "json": as_data,
            "markdown": lambda: verdicts_markdown.render(
                promotions,
                to=to,
                sources=context.sources,
                commit=context.head,
                policy=context.policy,
                next_command=next_command,
                assumption=assumption_report.text(assumption),
                notice=warning,
            ),
        }
    )


def _warning(text: str) -> Page:
    return (line(span(text, "warning")),) if text else ()


def _waiting(promotions: Iterable[Promotion]) -> tuple[Promotion, ...]:
    return tuple(
        promotion for promotion in promotions if promotion.verdict in (Verdict.PENDING, Verdict.BLOCKED)
    )


def _open_requirements(promotion: Promotion) -> str:
    """What keeps it, in the words of its requirements."""
    open_ = (
        requirement
        for requirement in promotion.requirements
        if requirement.status is not RequirementStatus.MET
    )
    return "; ".join(
        f"{requirement.kind} {requirement.condition}: {requirement.detail or requirement.status}"
        for requirement in open_
    )


def _next_command(
    context: PromotionContext,
    promotions: Sequence[Promotion],
    verdict: Verdict,
    written: str | None,
    *,
    partial: bool,
    supposed: bool,
    flags: str,
) -> str:
    """The command that brings this promotion on."""
    names = " ".join(promotion.agent for promotion in promotions)
    to = context.target.name
    where = context.run.chdir
    if written:
        return f"fleet diff{where} {context.head[:12]}..{written[:12]}"
    if supposed:  # what was supposed has yet to come true
        return f"fleet promote{where} {names} --to {to}{flags}"
    if verdict is Verdict.ALLOWED:
        return f"fleet promote{where} {names} --to {to}{flags} --apply"
    if partial and any(promotion.verdict is Verdict.ALLOWED for promotion in promotions):
        return f"fleet promote{where} {names} --to {to}{flags} --partial --apply"
    if verdict is Verdict.UNCHANGED:
        review_commands = (review_command(context, promotion) for promotion in promotions)
        return next(filter(None, review_commands), f"fleet validate{where}")
    first_open = next(
        promotion for promotion in promotions if promotion.verdict in (Verdict.PENDING, Verdict.BLOCKED)
    )
    return next_command(context, first_open, [promotion.agent for promotion in promotions], flags)


VERB = Verb(run=promote, formats=in_formats("text", "json", "markdown"))
