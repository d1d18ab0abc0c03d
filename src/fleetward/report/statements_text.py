"""A decision on a change: its subject, the verdict with it, and the command that commits it."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain.approval import Approval, Decision
from fleetward.domain.committed_records import RecordCommit
from fleetward.domain.next_step import NextStep
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.report import verdict_words
from fleetward.report.committed_lines import written_lines
from fleetward.report.exclusions import missing_lines
from fleetward.report.next_step import lines as next_step_lines
from fleetward.report.page import Line, Page, Role, line, page, span

DECISION_WORDS: dict[Decision, tuple[str, Role]] = {
    Decision.APPROVE: ("approved", "good"),
    Decision.REJECT: ("rejected", "error"),
    Decision.WITHDRAW: ("withdrawn", "warning"),
    Decision.REVIEW: ("reviewed", "good"),
}


def render(
    statement: Approval,
    prediction: Promotion,
    *,
    change: Page,
    files: Sequence[str],
    next_command: str,
    committed: RecordCommit | None = None,
) -> Page:
    """
    The *change*, the decision on it, and the verdict with it; *files* were written.

    No file is written for a decision that could never count.
    """
    binding = statement.binding
    word, role = (
        DECISION_WORDS[statement.decision]
        if files
        else (f"not {DECISION_WORDS[statement.decision][0]}", "error")
    )
    about = binding.subject + (f", generation {binding.generation}" if binding.environment else "")
    lines: list[Line] = [*change, line()]
    lines.append(line(span(word, role), f" by {statement.approver}: {about}"))
    lines.append(line(f"  from {binding.from_state or 'nothing'}"))
    lines.append(line(f"    to {binding.to_state}{verdict_words.ending(prediction)}"))
    approvers = _approver_lines(statement, prediction)
    if statement.decision is not Decision.REVIEW:
        lines += missing_lines(prediction, names_eligible=not approvers)
    lines.extend(
        line("  ", span("does not count", "warning"), f": {approval.reason}", hang=4)
        for approval in prediction.not_counted
        if statement.file in approval.files
    )
    lines += approvers
    if not files:
        reason = "see what is missing" if binding.environment else "see the change"
        step = NextStep(command=next_command, reason=reason)
        return page([*lines, line("nothing was written"), *next_step_lines(step)])
    review = statement.decision is Decision.REVIEW
    with_it = f"review {prediction.requirements[0].status}" if review else prediction.verdict
    lines.append(line(f"  with it: {with_it}", *missing_text(prediction)))
    if committed is not None:
        lines += written_lines(files, committed)
        return page([*lines, line(span(next_command, "code"))])
    when = "it counts once you commit it:"
    if len(files) > 1:
        when = "it is signed, and counts once anybody commits it:"
    lines.append(line("wrote ", span(" and ".join(files), "place"), f"; {when}"))
    lines.append(line(span(next_command, "code")))
    return page(lines)


def _approver_lines(statement: Approval, prediction: Promotion) -> Sequence[Line]:
    """Who could approve, if this decision does not count."""
    not_counted = any(statement.file in approval.files for approval in prediction.not_counted)
    settled = prediction.verdict in (Verdict.ALLOWED, Verdict.UNCHANGED)
    if not not_counted or settled or statement.decision is Decision.REVIEW:
        return ()
    approvers = prediction.unblock.people
    text = f"could approve: {', '.join(approvers)}" if approvers else "nobody else could approve"
    return (line(f"  {text}", hang=4),)


def missing_text(prediction: Promotion) -> Sequence[str]:
    """What is still missing with the decision; empty where nothing is."""
    missing = [
        f"{requirement.kind} {requirement.condition}"
        for requirement in prediction.requirements
        if requirement.status != "met"
    ]
    return [f"; still missing: {', '.join(missing)}"] if missing else []
