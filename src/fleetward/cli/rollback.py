"""``fleet rollback``: back to a release that ran before; evaluate and explain, write only with ``--apply``."""

from __future__ import annotations

from shlex import quote
from typing import Annotated, Any

import typer

from fleetward.cli.applying import applying
from fleetward.cli.session import Session
from fleetward.domain import digest
from fleetward.domain.clock import written as written_
from fleetward.domain.errors import Exit, UsageError
from fleetward.domain.verdict import Met, Promotion, Verdict
from fleetward.report import verdicts_json, verdicts_markdown, verdicts_text
from fleetward.report.page import line, span
from fleetward.store.git.repository import Id
from fleetward.workflows.governance.history import lawful
from fleetward.workflows.promotion.apply import written_down
from fleetward.workflows.promotion.break_glass import told
from fleetward.workflows.promotion.candidates import Case, decided
from fleetward.workflows.promotion.context import Hearing, hearing
from fleetward.workflows.promotion.rollback import restored
from fleetward.workflows.promotion.sign import Sign, sealing

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
) -> Exit:
    """Judge whether an agent may go back to what ran before; the release that it leaves is held from then on."""
    if push and not apply:
        raise UsageError("--push goes with --apply", hint="add --apply")
    if sign is not None and not apply:
        raise UsageError("--sign goes with --apply", hint="add --apply")
    told(reason)
    with applying(session, apply=apply):
        asked = hearing(session.run, to=env)
        lawful(asked.ground, asked.head, session.run.now, (asked.ledger,))
        case = restored(asked, agent, to, overrides_too=with_overrides)
        [promotion] = decided(asked, [case])
        written: Id | None = None
        if apply and promotion.verdict is Verdict.ALLOWED:
            written = written_down(asked, [(case, promotion)], push, reason, seal=sealing(asked, sign))
    _report(session, asked, case, promotion, reason, written)
    return Exit.YES if promotion.verdict is Verdict.ALLOWED else Exit.NO


def _report(
    session: Session, asked: Hearing, case: Case, promotion: Promotion, reason: str, written: Id | None
) -> None:
    to = asked.target.name
    next_command = _next(asked, case, promotion, reason, written)
    session.output.report(
        {
            "text": lambda: (
                line(span(_preface(case), "strong")),
                *verdicts_text.render(
                    [promotion],
                    to=to,
                    sources=(),
                    commit=asked.head,
                    policy=asked.policy,
                    next_command=next_command,
                    verbose=session.verbose,
                    now=session.run.now,
                ),
            ),
            "json": lambda: _data(asked, case, promotion, reason, written),
            "markdown": lambda: verdicts_markdown.render(
                [promotion],
                to=to,
                sources=(),
                commit=asked.head,
                policy=asked.policy,
                next_command=next_command,
                notice=f"{_preface(case)}, because: {reason}",
                verb="rollback",
            ),
        }
    )
    if written:
        session.output.tell((line(span("written", "good"), f" as commit {written}, ledger/{to}.jsonl"),))


def _preface(case: Case) -> str:
    question = case.question
    overrides = "with the overrides of then" if case.overrides_too else "overrides stay as they are"
    return f"back to release {question.release}, out of commit {case.origin}; {overrides}"


def _next(asked: Hearing, case: Case, promotion: Promotion, reason: str, written: Id | None) -> str:
    """The command that brings this rollback on."""
    where, to, name = asked.run.chdir, asked.target.name, promotion.agent
    release = digest.short(promotion.release or "")
    how = " --with-overrides" if case.overrides_too else ""
    if written:
        return f"fleet diff{where} {asked.head[:12]}..{written[:12]}"
    again = f"fleet rollback{where} {name} --env {to} --to {release}{how} --reason {quote(reason)}"
    if promotion.verdict is Verdict.ALLOWED:
        return f"{again} --apply"
    open_ = {need.kind for need in promotion.requirements if need.status is not Met.MET}
    if open_ & {"approvals", "held"}:
        return f"fleet approve{where} {name} --to {to} --rollback {release}{how}"
    return f"{again} -v"


def _data(
    asked: Hearing, case: Case, promotion: Promotion, reason: str, written: Id | None
) -> dict[str, Any]:
    data = verdicts_json.render(
        [promotion], to=asked.target.name, sources=(), commit=asked.head, policy=asked.policy
    )
    left = case.question.left
    return {
        **{key: value for key, value in data.items() if key not in ("from", "to")},
        "format": FORMAT,
        "environment": asked.target.name,
        "release": promotion.release,
        "origin": case.origin,
        "left": None if left is None else written_(left),
        "withOverrides": case.overrides_too,
        "reason": reason,
        "applied": written is not None,
        "written": written,
    }
