"""
Verdicts as Markdown, for a comment on a pull request: what is missing first, and nothing in it can break out.

All that comes from a fleet stands in code spans, which no renderer looks into for mentions, links, HTML or further
marks. There is no table: a bar would end a cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.clock import format_instant
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import (
    NotCountedCause,
    Promotion,
    Requirement,
    RequirementStatus,
    Verdict,
    worst_verdict,
)
from fleetward.report.human import visible
from fleetward.report.markdown import COMMENT_LIMIT, code

_ORDER = (RequirementStatus.REFUSED, RequirementStatus.MISSING, RequirementStatus.MET)
_OMISSION_ROOM = 200
"""Kept for the words that count what found no room."""


def render(
    promotions: Sequence[Promotion],
    *,
    to: str,
    sources: Sequence[str],
    commit: str,
    policy: Policy,
    next_command: str,
    assumption: str = "",
    notice: str = "",
    verb: str = "promote",
) -> str:
    """
    The comment, marked by a hidden line with the digest of what it tells; the worst first, a command last.

    *assumption* says what of it only would be, *notice* what else is to be known first.
    """
    head = "".join(
        f"{text}\n\n" for text in _head(verb, promotions, to, sources, commit, policy, assumption, notice)
    )
    command = f"next:\n\n    {visible(next_command)}\n"
    marker = len(f"<!-- fleetward:{verb} sha256: -->\n") + 64
    room = COMMENT_LIMIT - marker - len(head) - min(len(command), COMMENT_LIMIT // 2) - _OMISSION_ROOM
    body = _body_within(
        sorted(promotions, key=lambda promotion: (-promotion.verdict.rank, promotion.agent)), room
    )
    body_text = f"{head}{body}{command}"
    digest = hashlib.sha256(body_text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"<!-- fleetward:{verb} sha256:{digest} -->\n{body_text}"


def _head(
    verb: str,
    promotions: Sequence[Promotion],
    to: str,
    sources: Sequence[str],
    commit: str,
    policy: Policy,
    assumption: str,
    notice: str,
) -> Iterator[str]:
    yield f"### fleet {verb}: {worst_verdict(promotion.verdict for promotion in promotions)}"
    start = f"{', '.join(map(code, sources))} to " if sources else "to "
    yield f"{start}{code(to)} at {code(commit)}, policy version {policy.version}."
    if assumption:
        yield f"**Only a question:** {code(assumption)}."
    if notice:
        yield f"**Note:** {code(notice)}."


def _body_within(promotions: Sequence[Promotion], room: int) -> str:
    """Lines in their order as long as there is room; what is left off is counted."""
    lines = [text for promotion in promotions for text in _agent_parts(promotion)]
    shown_count = 0
    for text in lines:
        room -= len(text)
        if room < 0:
            break
        shown_count += 1
    omitted = len(lines) - shown_count
    omission = f"\n{omitted} more lines, not shown here.\n\n" if omitted else ""
    return "".join(lines[:shown_count]) + omission


def _agent_parts(promotion: Promotion) -> Iterator[str]:
    tier = f", tier {code(promotion.tier)}" if promotion.tier else ""
    way = ", break-glass" if promotion.mode is PromotionMode.BREAK_GLASS else ""
    summary = (
        f"{promotion.kind}{tier}, generation {promotion.generation}{way}"
        if promotion.kind
        else "nothing to promote"
    )
    yield f"#### {code(promotion.agent)}: {promotion.verdict} ({summary})\n\n"
    if promotion.kind is not None:
        start = code(promotion.from_state) if promotion.from_state else "nothing"
        ending = ", no agent any more" if promotion.kind is PromotionKind.RETIRE else ""
        end = f"{code(promotion.to_state) if promotion.to_state else 'nothing'}{ending}"
        yield f"- from {start}  \n  to {end}\n"
    for status in _ORDER:
        yield from (
            _requirement_text(requirement)
            for requirement in promotion.requirements
            if requirement.status is status
        )
    for requirement in promotion.skipped:
        yield f"- **skipped** {requirement.kind} {code(requirement.condition)} ({code(requirement.rule)}): {code(requirement.detail)}\n"
    relevant = [
        approval for approval in promotion.not_counted if approval.cause is not NotCountedCause.ELSEWHERE
    ]
    for approval in relevant:
        yield f"- not counted: {code(approval.approver)}: {code(approval.reason)}\n"
    if others_count := sum(
        len(approval.files) or 1 for approval in promotion.not_counted if approval not in relevant
    ):
        yield f"- not counted: {others_count} given for other changes\n"
    yield from _unblock_lines(promotion)
    yield "\n"


def _requirement_text(requirement: Requirement) -> str:
    detail = f": {code(requirement.detail)}" if requirement.detail else ""
    parts = [
        f"- **{requirement.status}** {requirement.kind} {code(requirement.condition)} ({code(requirement.rule)}){detail}"
    ]
    if requirement.by and not all(person in requirement.detail for person in requirement.by):
        parts.append(f"by {', '.join(map(code, requirement.by))}")
    if requirement.eligible:
        label = "can lift it" if requirement.kind == "veto" else "could approve"
        parts.append(f"{label}: {', '.join(map(code, requirement.eligible))}")
    return "  \n  ".join(parts) + "\n"


def _unblock_lines(promotion: Promotion) -> Iterator[str]:
    if promotion.verdict in (Verdict.ALLOWED, Verdict.UNCHANGED):
        return
    approvers, ready = promotion.unblock.minimal_approvers, promotion.unblock.ready_at
    if approvers is None:
        yield "- the approvals cannot be completed: too few people are left who may give them\n"
    elif approvers:
        yield f"- fewest who could complete the approvals: {', '.join(map(code, approvers))}\n"
    if ready is not None:
        yield f"- earliest: {format_instant(ready)}\n"
