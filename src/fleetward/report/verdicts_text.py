"""Verdicts for people: what was asked, who met it, what is missing, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.clock import format_duration, format_instant
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import NotCountedCause, Promotion, Requirement, RequirementStatus, Verdict
from fleetward.report.page import Line, Page, Role, line, page, span

_WORDS: dict[Verdict, tuple[str, Role]] = {
    Verdict.UNCHANGED: ("UNCHANGED", "dim"),
    Verdict.ALLOWED: ("ALLOWED", "good"),
    Verdict.PENDING: ("PENDING", "warning"),
    Verdict.BLOCKED: ("BLOCKED", "error"),
}
_MARKS: dict[RequirementStatus, Role] = {
    RequirementStatus.MET: "good",
    RequirementStatus.MISSING: "warning",
    RequirementStatus.REFUSED: "error",
}
TOO_FEW = "the approvals cannot be completed: too few people are left who may give them"
_MARK_WIDTH = max(len(status) for status in RequirementStatus)


def render(
    promotions: Sequence[Promotion],
    *,
    to: str,
    sources: Sequence[str],
    commit: str,
    policy: Policy,
    next_command: str,
    verbose: bool,
    now: datetime,
    notice: str = "",
) -> Page:
    """
    The whole answer; its last line is *next_command*, before it the *notice*.

    Verbose shows the ground of it besides: the instant, the policy's digest, each agent's release and the
    files that count.
    """
    lines = [_head_line(to, sources, commit, policy)]
    if verbose:
        lines += [
            line(span(f"policy {policy.sha256}", "dim")),
            line(span(f"at {format_instant(now)}", "dim")),
        ]
    lines.append(line())
    for promotion in promotions:
        lines += [*agent_lines(promotion, verbose, now), line()]
    if notice:
        lines.append(line(span(notice, "warning"), hang=2))
    return page([*lines, line(span(next_command, "code"))])


def _head_line(to: str, sources: Sequence[str], commit: str, policy: Policy) -> Line:
    start = f"{', '.join(sources)} -> " if sources else ""
    return line(span(f"{start}{to}", "strong"), f" at {commit}, policy version {policy.version}")


def agent_lines(promotion: Promotion, verbose: bool, now: datetime) -> Iterator[Line]:
    """One agent's verdict, and what is missing."""
    word, role = _WORDS[promotion.verdict]
    tier = f", tier {promotion.tier}" if promotion.tier else ""
    way = ", break-glass" if promotion.mode is PromotionMode.BREAK_GLASS else ""
    summary = (
        f" ({promotion.kind}{tier}, generation {promotion.generation}{way})"
        if promotion.kind
        else " (nothing to promote)"
    )
    yield line(span(word, role), " ", span(promotion.agent, "strong"), summary)
    if promotion.kind is not None:
        yield line(f"  from {promotion.from_state or 'nothing'}")
        ending = ", no agent any more" if promotion.kind is PromotionKind.RETIRE else ""
        yield line(f"    to {promotion.to_state or 'nothing'}{ending}")
    elif promotion.from_state:
        yield line(f"  runs {promotion.from_state}")
    if verbose and promotion.release:
        yield line(span(f"  release {promotion.release}", "dim"))
    for requirement in promotion.requirements:
        yield from _requirement_lines(requirement)
    for skipped in promotion.skipped:
        text = f" {skipped.kind} {skipped.condition} ({skipped.rule}): {skipped.detail}"
        yield line("  ", span(f"{'skipped':<{_MARK_WIDTH}}", "warning"), text, hang=_MARK_WIDTH + 3)
    for text in not_counted_lines(promotion, verbose):
        yield line(span(f"  {text}", "dim"), hang=15)
    if verbose:
        yield from (line(span(f"  counts: {file}", "dim")) for file in promotion.counted)
    yield from _unblock_lines(promotion, now)


def not_counted_lines(promotion: Promotion, verbose: bool) -> Iterator[str]:
    """What was said and does not count; of what is about other changes the number alone, unless *verbose*."""
    relevant = [
        approval
        for approval in promotion.not_counted
        if verbose or approval.cause is not NotCountedCause.ELSEWHERE
    ]
    yield from (f"not counted: {approval.approver}: {approval.reason}" for approval in relevant)
    others_count = sum(
        len(approval.files) or 1 for approval in promotion.not_counted if approval not in relevant
    )
    if others_count:
        yield f"not counted: {others_count} given for other changes, -v lists them"


def _requirement_lines(requirement: Requirement) -> Iterator[Line]:
    mark = span(f"{requirement.status:<{_MARK_WIDTH}}", _MARKS[requirement.status])
    detail = f": {requirement.detail}" if requirement.detail else ""
    by = (
        f" by {', '.join(requirement.by)}"
        if requirement.by and not all(person in requirement.detail for person in requirement.by)
        else ""
    )
    yield line(
        "  ",
        mark,
        f" {requirement.kind} {requirement.condition} ({requirement.rule}){detail}{by}",
        hang=_MARK_WIDTH + 3,
    )
    if requirement.eligible:
        yield line(
            " " * (_MARK_WIDTH + 3),
            f"{_ability_text(requirement)}: {', '.join(requirement.eligible)}",
            hang=_MARK_WIDTH + 5,
        )


def _ability_text(requirement: Requirement) -> str:
    return "can lift it" if requirement.kind == "veto" else "could approve"


def _unblock_lines(promotion: Promotion, now: datetime) -> Iterator[Line]:
    if promotion.verdict in (Verdict.ALLOWED, Verdict.UNCHANGED):
        return
    approvers, ready = promotion.unblock.minimal_approvers, promotion.unblock.ready_at
    if approvers is None:
        yield line(f"  {TOO_FEW}")
    elif approvers:
        yield line(f"  fewest who could complete the approvals: {', '.join(approvers)}", hang=4)
    if ready is not None:
        yield line(f"  earliest: {format_instant(ready)}, in {format_duration(ready - now)}")
