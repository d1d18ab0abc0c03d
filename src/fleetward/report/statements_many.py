"""Decisions on several agents: what they change together, a line an agent, and the command that is next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fleetward.domain.approval import Approval
from fleetward.domain.committed_records import RecordCommit
from fleetward.domain.digest import short
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.verdict import Promotion
from fleetward.report.committed_lines import commit_lines, encode_commit
from fleetward.report.counts import count_text
from fleetward.report.page import Line, Page, line, page, span
from fleetward.report.statements_json import FORMAT
from fleetward.report.statements_text import DECISION_WORDS, missing_text

Statement = tuple[Approval, Promotion, tuple[str, ...]]
"""A decision, the verdict with it and the files that were written; none where it could never count."""


def render_page(
    statements: Sequence[Statement],
    *,
    left_out: Sequence[tuple[str, str]],
    change: Page,
    committed: RecordCommit | None,
    next_command: str,
) -> Page:
    """The *change* of all, grouped; then the decisions with their verdicts, and the agents that are *left_out*."""
    lines: list[Line] = [*change, line()] if change else []
    width = max((len(name) for name in _names(statements, left_out)), default=0)
    lines += [_statement_line(*statement, width) for statement in statements]
    lines += [
        line(span(f"{'left out':<9} ", "dim"), f"{agent:<{width}}  {reason}", hang=width + 12)
        for agent, reason in left_out
    ]
    files = sum(len(written) for _, _, written in statements)
    if not files:
        return page([*lines, line("nothing was written"), line(span(next_command, "code"))])
    end = "" if committed else "; they count once they are committed:"
    lines += [line(), line(f"wrote {count_text(files, 'file')}{end}"), *commit_lines(committed)]
    return page([*lines, line(span(next_command, "code"))])


def _names(statements: Sequence[Statement], left_out: Sequence[tuple[str, str]]) -> Sequence[str]:
    return [statement.binding.agent for statement, _, _ in statements] + [agent for agent, _ in left_out]


def _statement_line(statement: Approval, prediction: Promotion, files: tuple[str, ...], width: int) -> Line:
    word, role = DECISION_WORDS[statement.decision]
    binding = statement.binding
    end = "retired" if prediction.kind is PromotionKind.RETIRE else short(binding.to_state)
    moves = f"{short(binding.from_state) if binding.from_state else 'nothing'} -> {end}"
    reasons = [item.reason for item in prediction.not_counted if statement.file in item.files]
    if not files:
        word, role = f"not {word}", "error"
    text = "".join(missing_text(prediction)) if files else ""
    counts = f"; does not count: {reasons[0]}" if reasons else ""
    return line(
        span(f"{word:<9} ", role),
        span(f"{binding.agent:<{width}}", "strong"),
        f"  {moves}  with it: {prediction.verdict}{text}{counts}",
        hang=width + 12,
    )


def render_data(
    decisions: Sequence[Mapping[str, Any]],
    *,
    left_out: Sequence[tuple[str, str]],
    environment: str,
    committed: RecordCommit | None,
    next_command: str,
) -> dict[str, Any]:
    """As for one agent, whose keys are null here, with one row an agent under ``decisions``."""
    first: Mapping[str, Any] = decisions[0] if decisions else {}
    return {
        "format": FORMAT,
        "decision": first.get("decision"),
        "approver": first.get("approver"),
        "environment": environment,
        "agent": None,
        "toState": None,
        "generation": None,
        "files": [file for decision in decisions for file in decision["files"]],
        "decisions": [
            {key: item for key, item in decision.items() if key not in _OF_ALL} for decision in decisions
        ],
        "leftOut": [{"agent": agent, "reason": reason} for agent, reason in left_out],
        **encode_commit(committed),
        "next": next_command,
    }


_OF_ALL = ("format", "committed", "pushed", "next")
