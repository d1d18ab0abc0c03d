"""``fleet approvals``: who said what about an agent, what of it counts now, and why the rest does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb, in_formats
from fleetward.domain import clock, layout
from fleetward.domain.approval import Approval, Decision
from fleetward.domain.errors import ExitCode
from fleetward.domain.finding import Finding
from fleetward.domain.verdict import Promotion, RequirementStatus
from fleetward.report.page import Line, Page, Role, line, page, span
from fleetward.workflows.promotion.candidates import Candidate, build_candidates, decide_all
from fleetward.workflows.promotion.context import PromotionContext, load_context, only_gated_environment

_DECISION_WORDS = {
    Decision.APPROVE: "approved",
    Decision.REJECT: "rejected",
    Decision.WITHDRAW: "withdrew",
    Decision.REVIEW: "reviewed",
}
_COUNT_WORDS: Mapping[bool, tuple[str, Role]] = {
    True: ("counts", "good"),
    False: ("does not count", "warning"),
}


def approvals(
    session: Session,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.")],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ENV", help="Where it should run; the only gated environment."),
    ] = None,
) -> ExitCode:
    """List who approved what, how sure it is, what counts now and why not."""
    context = load_context(session.run, to=to or only_gated_environment(session.run), agents=[agent])
    [candidate] = build_candidates(context, [agent])
    [promotion] = decide_all(context, [candidate])
    statements = sorted(candidate.request.approvals, key=lambda statement: (statement.issued, statement.file))
    counting = {statement.file: _count_state(statement, promotion) for statement in statements}
    session.output.report(
        {
            "text": lambda: _page(context, candidate, promotion, statements, counting),
            "json": lambda: _data(context, candidate, promotion, statements, counting),
        }
    )
    return ExitCode.SUCCESS


def _count_state(statement: Approval, promotion: Promotion) -> tuple[bool, str | None]:
    """Does the statement count now, and the reason where it does not, or where it does so as a no."""
    reason = next((it.reason for it in promotion.not_counted if statement.file in it.files), None)
    if statement.decision is Decision.APPROVE:
        counts = statement.file in promotion.counted
        return counts, None if counts else reason or "nothing to promote"
    if statement.decision is Decision.REJECT:
        against = any(
            it.kind == "veto" and it.status is RequirementStatus.REFUSED and statement.approver in it.by
            for it in promotion.requirements
        )
        return against, reason or (None if against else "no veto that stands")
    if statement.decision is Decision.REVIEW:
        return reason is None and statement.fault is None, reason or statement.fault
    return True, statement.fault


def _page(
    context: PromotionContext,
    candidate: Candidate,
    promotion: Promotion,
    statements: Sequence[Approval],
    counting: Mapping[str, tuple[bool, str | None]],
) -> Page:
    binding = candidate.request.binding
    head = f"{binding.environment}/{binding.agent}"
    lines = [line(span(head, "strong"), f" at {context.head}, generation {binding.generation}")]
    lines += [line(f"  from {binding.from_state or 'nothing'}"), line(f"    to {binding.to_state}"), line()]
    if not statements:
        lines += [line("nobody said anything about it"), line()]
    for statement in statements:
        lines += [*_statement(statement, *counting[statement.file]), line()]
    for fault in _unreadable(candidate):
        lines += [line(span("error", "error"), f" {fault.place.file}: {fault.message}"), line()]
    lines.append(line(f"with these: {promotion.verdict}"))
    next_command = f"fleet promote{context.run.chdir} {binding.agent} --to {binding.environment}"
    return page([*lines, line(span(next_command, "code"))])


def _statement(statement: Approval, counts: bool, reason: str | None) -> Iterator[Line]:
    word, role = _COUNT_WORDS[counts]
    until = f" until {clock.format_instant(statement.expires)}" if statement.expires else ""
    yield line(
        span(statement.approver, "strong"),
        f" {_DECISION_WORDS[statement.decision]} on {clock.format_instant(statement.issued)}{until}, {statement.assurance.word}",
    )
    yield line(f"  {statement.binding.to_state}, generation {statement.binding.generation}")
    yield line("  ", span(word, role), f": {reason}" if reason else "", hang=4)
    if statement.note:
        yield line(f"  note: {statement.note}", hang=8)
    yield line("  ", span(statement.file, "place"))


def _unreadable(candidate: Candidate) -> list[Finding]:
    """Statements that cannot be read, or are there no more."""
    return [
        error for error in candidate.request.errors if error.place.file.startswith(f"{layout.APPROVALS}/")
    ]


def _data(
    context: PromotionContext,
    candidate: Candidate,
    promotion: Promotion,
    statements: Sequence[Approval],
    counting: Mapping[str, tuple[bool, str | None]],
) -> dict[str, Any]:
    binding = candidate.request.binding
    return {
        "format": "fleetward.approvals/1",
        "commit": context.head,
        "environment": binding.environment,
        "agent": binding.agent,
        "fromState": binding.from_state,
        "toState": binding.to_state,
        "generation": binding.generation,
        "verdict": promotion.verdict.value,
        "approvals": [_row(entry, *counting[entry.file]) for entry in statements],
        "unreadable": [
            {"file": entry.place.file, "message": entry.message} for entry in _unreadable(candidate)
        ],
    }


def _row(statement: Approval, counts: bool, reason: str | None) -> dict[str, Any]:
    return {
        "file": statement.file,
        "sha256": statement.sha256,
        "approver": statement.approver,
        "decision": statement.decision.value,
        "assurance": statement.assurance.word,
        "counts": counts,
        "reason": reason,
        "fromState": statement.binding.from_state,
        "toState": statement.binding.to_state,
        "generation": statement.binding.generation,
        "issued": clock.format_instant(statement.issued),
        "expires": clock.format_instant(statement.expires) if statement.expires else None,
        "note": statement.note,
    }


VERB = Verb(run=approvals, formats=in_formats("text", "json"))
