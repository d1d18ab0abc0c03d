"""``fleet promote``: evaluate and explain; write only with ``--apply``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from fleetward import gate
from fleetward.cli.applying import applying, warn_uncommitted
from fleetward.cli.session import Session
from fleetward.domain.break_glass import Way
from fleetward.domain.errors import Exit, UsageError
from fleetward.domain.verdict import Met, Promotion, Verdict
from fleetward.gate.batch import GOING
from fleetward.report import verdicts_json, verdicts_markdown, verdicts_text
from fleetward.report.page import Page, line, page, span
from fleetward.store.git.repository import Id
from fleetward.workflows.governance.history import lawful
from fleetward.workflows.promotion import break_glass as emergency
from fleetward.workflows.promotion import sign as sealing
from fleetward.workflows.promotion import what_if
from fleetward.workflows.promotion.apply import written_down
from fleetward.workflows.promotion.break_glass_reviews import Broken, closing
from fleetward.workflows.promotion.candidates import Case, cases, decided
from fleetward.workflows.promotion.context import Hearing, hearing
from fleetward.workflows.promotion.next_step import onward, reviewing
from fleetward.workflows.promotion.partial import standing, unwritten
from fleetward.workflows.promotion.source import passed_over


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
    as_: what_if.As = None,
    at: what_if.At = None,
    break_glass: Annotated[
        bool,
        typer.Option("--break-glass", help="An emergency: ask what the policy asks then; reviewed after."),
    ] = False,
    incident: Annotated[
        str | None, typer.Option("--incident", metavar="ID", help="With --break-glass: which emergency.")
    ] = None,
    sign: sealing.Sign = None,
) -> Exit:
    """Judge whether agents may go to an environment; say what is missing, and who could give it."""
    if push and not apply:
        raise UsageError("--push goes with --apply", hint="add --apply")
    if sign is not None and not apply:
        raise UsageError("--sign goes with --apply", hint="add --apply")
    if base and apply:
        raise UsageError("--base judges a pull request, --apply writes: choose one", hint="leave --base out")
    if apply and (as_ or at):
        raise UsageError("--as and --at only suppose, --apply writes: choose one", hint="leave --apply out")
    broken_for = emergency.incident(incident, reason, broken=break_glass)
    with applying(session, apply=apply):
        return _judged(
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


def _judged(
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
) -> Exit:
    session = replace(session, run=what_if.at_that_time(session.run, at))
    asked = hearing(session.run, to=to, source=source, base=base, agents=agents)
    lawful(asked.ground, asked.law, session.run.now, (asked.ledger,))
    if not apply:  # which refuses to
        warn_uncommitted(session, asked, agents)
    way = Way.BREAK_GLASS if incident and emergency.door(asked) else Way.NORMAL
    asked = replace(asked, supposed=what_if.known(as_, asked.people), way=way)
    argued, promotions = standing(asked, agents) if partial else _whole(asked, agents)
    verdict = gate.conclusion(promotions)
    closers = closing(asked, _paired(argued, promotions), applied=apply) if incident else {}
    written: Id | None = None
    if apply and (partial or verdict is Verdict.ALLOWED) and (moving := _moving(argued, promotions)):
        written = written_down(asked, moving, push, reason, incident, sealing.sealing(asked, sign))
    held = not partial and verdict not in GOING
    told = (passed_over(asked, promotions), unwritten(asked, promotions, apply=apply) if held else "")
    notice = "; ".join(filter(None, told))
    broken = Broken(incident=incident, reason=reason, closing=closers)
    _report(
        session, asked, promotions, verdict, written, partial=partial, at=at, broken=broken, notice=notice
    )
    return Exit.YES if verdict in (Verdict.ALLOWED, Verdict.UNCHANGED) else Exit.NO


def _whole(asked: Hearing, agents: Sequence[str]) -> tuple[tuple[Case, ...], tuple[Promotion, ...]]:
    """All or none: every agent judged beside all the others."""
    argued = cases(asked, agents)
    return argued, decided(asked, argued)


def _moving(argued: Sequence[Case], promotions: Sequence[Promotion]) -> tuple[tuple[Case, Promotion], ...]:
    """The allowed ones, each with its case."""
    return _paired(argued, [one for one in promotions if one.verdict is Verdict.ALLOWED])


def _paired(argued: Sequence[Case], promotions: Sequence[Promotion]) -> tuple[tuple[Case, Promotion], ...]:
    told = {one.agent: one for one in promotions}
    names = ((case, case.question.binding.agent) for case in argued)
    return tuple((case, told[name]) for case, name in names if name in told)


def _report(
    session: Session,
    asked: Hearing,
    promotions: Sequence[Promotion],
    verdict: Verdict,
    written: Id | None,
    *,
    partial: bool,
    at: str | None,
    broken: Broken,
    notice: str,
) -> None:
    to = asked.target.name
    supposed = what_if.as_data(session.run, asked.supposed, at)
    incident, reason = broken.incident, broken.reason
    how, glass = emergency.flags(incident, reason), emergency.preface(asked, incident, reason, broken.told)
    owed = broken.owed(asked, written)
    next_command = broken.following(asked, owed) or _next(
        asked, promotions, verdict, written, partial=partial, supposed=supposed is not None, how=how
    )

    def as_data() -> dict[str, Any]:
        data = verdicts_json.render(
            promotions, to=to, sources=asked.sources, commit=asked.head, policy=asked.policy
        )
        held = [{"agent": one.agent, "why": _why(one)} for one in _held(promotions)] if partial else []
        more = {"applied": written is not None, "written": written, "held": held, "supposed": supposed}
        return {**data, **more, "breakGlass": broken.data(asked, owed)}

    if written:
        session.output.tell((line(span("written", "good"), f" as commit {written}, ledger/{to}.jsonl"),))

    def as_page() -> Page:
        *told, last = verdicts_text.render(
            promotions,
            to=to,
            sources=asked.sources,
            commit=asked.head,
            policy=asked.policy,
            next_command=next_command,
            verbose=session.verbose,
            now=session.run.now,
            notice=notice,
        )
        head = (*what_if.preface(session.run, asked.supposed, at), *_warning(glass))
        return page([*head, *told, *broken.at_last(asked, owed), last])

    session.output.report(
        {
            "text": as_page,
            "json": as_data,
            "markdown": lambda: verdicts_markdown.render(
                promotions,
                to=to,
                sources=asked.sources,
                commit=asked.head,
                policy=asked.policy,
                next_command=next_command,
                supposed=what_if.told(session.run, asked.supposed, at),
                notice=glass,
            ),
        }
    )


def _warning(glass: str) -> Page:
    return (line(span(glass, "warning")),) if glass else ()


def _held(promotions: Iterable[Promotion]) -> tuple[Promotion, ...]:
    return tuple(one for one in promotions if one.verdict in (Verdict.PENDING, Verdict.BLOCKED))


def _why(one: Promotion) -> str:
    """What keeps it, in the words of its requirements."""
    open_ = (need for need in one.requirements if need.status is not Met.MET)
    return "; ".join(f"{need.kind} {need.asked}: {need.detail or need.status}" for need in open_)


def _next(
    asked: Hearing,
    promotions: Sequence[Promotion],
    verdict: Verdict,
    written: Id | None,
    *,
    partial: bool,
    supposed: bool,
    how: str,
) -> str:
    """The command that brings this promotion on."""
    names = " ".join(one.agent for one in promotions)
    to = asked.target.name
    where = asked.run.chdir
    if written:
        return f"fleet diff{where} {asked.head[:12]}..{written[:12]}"
    if supposed:  # what was supposed has yet to come true
        return f"fleet promote{where} {names} --to {to}{how}"
    if verdict is Verdict.ALLOWED:
        return f"fleet promote{where} {names} --to {to}{how} --apply"
    if partial and any(one.verdict is Verdict.ALLOWED for one in promotions):
        return f"fleet promote{where} {names} --to {to}{how} --partial --apply"
    if verdict is Verdict.UNCHANGED:
        owed = (reviewing(asked, one) for one in promotions)
        return next(filter(None, owed), f"fleet validate{where}")
    stuck = next(one for one in promotions if one.verdict in (Verdict.PENDING, Verdict.BLOCKED))
    return onward(asked, stuck, [one.agent for one in promotions], how)
