"""``fleet approvals``: the statements on an agent, whether each counts now, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.approval import Decision
from fleetward.domain.clock import format_instant
from fleetward.domain.errors import ExitCode
from fleetward.report.exclusions import missing_lines
from fleetward.report.page import Line, Page, Role, line, page, span
from fleetward.workflows.approval.statements import AgentStatements, StatementStatus, agent_statements

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
        typer.Option(
            "--to", metavar="ENV", help="Target environment; the gated one where there is only one."
        ),
    ] = None,
) -> ExitCode:
    """List who approved what, how the statement is authenticated, and whether it counts now."""
    session.report(VERB.formats, agent_statements(session.run, agent, to))
    return ExitCode.SUCCESS


def _text(listed: AgentStatements, _session: Session) -> Page:
    binding = listed.candidate.request.binding
    subject = f"{binding.environment}/{binding.agent}"
    lines = [line(span(subject, "strong"), f" at {listed.context.head}, generation {binding.generation}")]
    lines += [line(f"  from {binding.from_state or 'nothing'}"), line(f"    to {binding.to_state}"), line()]
    if not listed.statements:
        lines += [line("no approvals or other statements"), line()]
    for status in listed.statements:
        lines += [*_statement_lines(status), line()]
    for error in listed.unreadable:
        lines += [line(span("error", "error"), f" {error.place.file}: {error.message}"), line()]
    lines.append(line(f"verdict with these: {listed.promotion.verdict}"))
    lines += missing_lines(listed.promotion)
    return page([*lines, line(span(listed.next_command, "code"))])


def _statement_lines(status: StatementStatus) -> Iterator[Line]:
    statement = status.statement
    word, role = _COUNT_WORDS[status.counts]
    until = f" until {format_instant(statement.expires)}" if statement.expires else ""
    decided = f" {_DECISION_WORDS[statement.decision]} on {format_instant(statement.issued)}{until}"
    yield line(span(statement.approver, "strong"), f"{decided}, {statement.assurance.word}")
    yield line(f"  {statement.binding.to_state}, generation {statement.binding.generation}")
    yield line("  ", span(word, role), f": {status.reason}" if status.reason else "", hang=4)
    if statement.note:
        yield line(f"  note: {statement.note}", hang=8)
    yield line("  ", span(statement.file, "place"))


def _json(listed: AgentStatements, _session: Session) -> dict[str, Any]:
    from fleetward.report.verdicts_json import encode_requirement, encode_unblock

    binding = listed.candidate.request.binding
    return {
        "format": "fleetward.approvals/1",
        "commit": listed.context.head,
        "environment": binding.environment,
        "agent": binding.agent,
        "fromState": binding.from_state,
        "toState": binding.to_state,
        "generation": binding.generation,
        "verdict": listed.promotion.verdict.value,
        "approvals": [_encode(status) for status in listed.statements],
        "requirements": [encode_requirement(item) for item in listed.promotion.requirements],
        "unblock": encode_unblock(listed.promotion.unblock),
        "unreadable": [{"file": error.place.file, "message": error.message} for error in listed.unreadable],
    }


def _encode(status: StatementStatus) -> dict[str, Any]:
    statement = status.statement
    return {
        "file": statement.file,
        "sha256": statement.sha256,
        "approver": statement.approver,
        "decision": statement.decision.value,
        "assurance": statement.assurance.word,
        "counts": status.counts,
        "reason": status.reason,
        "fromState": statement.binding.from_state,
        "toState": statement.binding.to_state,
        "generation": statement.binding.generation,
        "issued": format_instant(statement.issued),
        "expires": format_instant(statement.expires) if statement.expires else None,
        "note": statement.note,
    }


VERB = Verb(run=approvals, formats={"text": _text, "json": _json})
