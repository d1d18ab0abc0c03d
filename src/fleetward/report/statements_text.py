"""A decision that was written down: on what exactly, what it comes to, and how it is committed."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain.approval import Approval, Decision
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.report.page import Line, Page, Role, line, page, span

_DONE: dict[Decision, tuple[str, Role]] = {
    Decision.APPROVE: ("approved", "good"),
    Decision.REJECT: ("rejected", "error"),
    Decision.WITHDRAW: ("withdrawn", "warning"),
    Decision.REVIEW: ("reviewed", "good"),
}


def render(
    statement: Approval, outlook: Promotion, *, change: Page, files: Sequence[str], next_command: str
) -> Page:
    """
    The *change*, the decision on it, and the verdict that it leads to; *files* were written for it.

    None were where it could never count.
    """
    binding = statement.binding
    word, role = _DONE[statement.decision] if files else (f"not {_DONE[statement.decision][0]}", "error")
    about = binding.subject + (f", generation {binding.generation}" if binding.environment else "")
    lines: list[Line] = [*change, line()]
    lines.append(line(span(word, role), f" by {statement.approver}: {about}"))
    lines.append(line(f"  from {binding.from_state or 'nothing'}"))
    lines.append(line(f"    to {binding.to_state}"))
    lines.extend(
        line("  ", span("does not count", "warning"), f": {one.reason}", hang=4)
        for one in outlook.not_counted
        if statement.file in one.files
    )
    lines += _able(statement, outlook)
    if not files:
        return page([*lines, line("nothing was written"), line(span(next_command, "code"))])
    review = statement.decision is Decision.REVIEW
    with_it = f"review {outlook.requirements[0].status}" if review else outlook.verdict
    lines.append(line(f"  with it: {with_it}", *_missing(outlook)))
    when = "it counts once you commit it:"
    if len(files) > 1:
        when = "signed, it counts once it is committed, by whomever:"
    lines.append(line("wrote ", span(" and ".join(files), "place"), f"; {when}"))
    lines.append(line(span(next_command, "code")))
    return page(lines)


def _able(statement: Approval, outlook: Promotion) -> Sequence[Line]:
    """Who could give what this one does not."""
    spare = any(statement.file in one.files for one in outlook.not_counted)
    settled = outlook.verdict in (Verdict.ALLOWED, Verdict.UNCHANGED)
    if not spare or settled or statement.decision is Decision.REVIEW:
        return ()
    able = outlook.unblock.people
    told = f"could approve: {', '.join(able)}" if able else "nobody is left who could approve"
    return (line(f"  {told}", hang=4),)


def _missing(outlook: Promotion) -> Sequence[str]:
    still = [f"{one.kind} {one.asked}" for one in outlook.requirements if one.status != "met"]
    return [f"; still asked: {', '.join(still)}"] if still else []
