"""Verdicts for people: the requirements, who met them, what is missing, and the next command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from fleetward.domain.batch_verdict import BatchVerdict, PendingGovernance
from fleetward.domain.clock import format_duration, format_instant
from fleetward.domain.next_step import NextStep
from fleetward.domain.verdict import Promotion, Requirement, RequirementStatus, Verdict
from fleetward.report import verdict_words
from fleetward.report.counts import count_text
from fleetward.report.exclusions import requirement_lines, way_lines
from fleetward.report.next_step import lines as next_step_lines
from fleetward.report.page import Line, Page, line, page, span
from fleetward.report.severity_roles import STATUS_ROLES, VERDICT_ROLES
from fleetward.report.verdict_table import verdict_table

_MARK_WIDTH = max(len(status) for status in RequirementStatus)


def render(
    batch: BatchVerdict,
    *,
    next_step: NextStep,
    verbose: bool,
    now: datetime,
    notes: Page = (),
) -> Page:
    """
    The whole answer; its last line is the command of *next_step*, before it come the *notes*.

    Verbose adds the time, the policy's digest, each agent's release and the files that count.
    """
    lines = [_head_line(batch), *(_pending_line(change) for change in batch.pending)]
    if verbose:
        lines += [
            line(span(f"policy {batch.policy.sha256}", "dim")),
            line(span(f"at {format_instant(now)}", "dim")),
        ]
    lines.append(line())
    several = len(batch.promotions) > 1
    if several:
        lines += [*verdict_table(batch.promotions), line()]
    if several and not verbose:
        lines += _shared_lines(batch.promotions, now)
    else:
        for promotion in batch.promotions:
            lines += [*agent_lines(promotion, verbose, now), line()]
    return page([*lines, *notes, *next_step_lines(next_step)])


def _shared_lines(promotions: Sequence[Promotion], now: datetime) -> Iterator[Line]:
    """What is missing; agents that miss the same stand together."""
    groups: dict[tuple[str, ...], list[Promotion]] = {}
    for promotion in promotions:
        key = tuple(row.text for row in _missing_lines(promotion, now))
        groups.setdefault(key, []).append(promotion)
    for key, members in groups.items():
        if key:
            yield line(span(", ".join(promotion.agent for promotion in members), "strong"), hang=2)
            yield from _missing_lines(members[0], now)
            yield line()


def _missing_lines(promotion: Promotion, now: datetime) -> Iterator[Line]:
    """What stands between an agent and its promotion, and whatever else its readers must know."""
    if promotion.suspended:
        yield line("  ", span("suspended", "warning"), ": what runs there is stopped")
    for requirement in promotion.requirements:
        if requirement.status is not RequirementStatus.MET:
            yield from _requirement_lines(requirement)
    if promotion.skipped or promotion.verdict not in (Verdict.ALLOWED, Verdict.UNCHANGED):
        yield from _remaining_lines(promotion, False, now)


def _head_line(batch: BatchVerdict) -> Line:
    start = f"{', '.join(batch.sources)} -> " if batch.sources else ""
    return line(
        span(f"{start}{batch.target}", "strong"), f" at {batch.commit}, {verdict_words.governance(batch)}"
    )


def _pending_line(change: PendingGovernance) -> Line:
    """A change of governance that nobody agreed to yet: it decides nothing."""
    message = f": governance of commit {change.commit[:12]}: {change.lacks}"
    return line(span("waits for agreement", "warning"), message, hang=2)


def agent_lines(promotion: Promotion, verbose: bool, now: datetime) -> Iterator[Line]:
    """One agent's verdict, and what is missing."""
    summary = verdict_words.summary(promotion, promotion.tier or "")
    word = span(promotion.verdict.upper(), VERDICT_ROLES[promotion.verdict])
    yield line(word, " ", span(promotion.agent, "strong"), f" ({summary})")
    if promotion.kind is not None:
        yield line(f"  from {promotion.from_state or 'nothing'}")
        yield line(f"    to {promotion.to_state or 'nothing'}{verdict_words.ending(promotion)}")
    elif promotion.from_state:
        yield line(f"  running {promotion.from_state}")
    if promotion.renamed_from:
        text = ": the same content, whose evidence and soak time count"
        yield line(f"  renamed from {promotion.renamed_from}{text}", hang=4)
    if promotion.suspended:
        yield line("  ", span("suspended", "warning"), ": what runs there is stopped")
    if verbose and promotion.release:
        yield line(span(f"  release {promotion.release}", "dim"))
    for requirement in promotion.requirements:
        yield from _requirement_lines(requirement)
    yield from _remaining_lines(promotion, verbose, now)


def _remaining_lines(promotion: Promotion, verbose: bool, now: datetime) -> Iterator[Line]:
    for skipped in promotion.skipped:
        text = f" {skipped.kind} {skipped.condition} ({skipped.rule}): {skipped.detail}"
        yield line("  ", span(f"{'skipped':<{_MARK_WIDTH}}", "warning"), text, hang=_MARK_WIDTH + 3)
    for text in _not_counted_lines(promotion, verbose):
        yield line(span(f"  {text}", "dim"), hang=15)
    if verbose:
        yield from (line(span(f"  counted: {file}", "dim")) for file in promotion.counted)
    yield from _unblock_lines(promotion, now)


def _not_counted_lines(promotion: Promotion, verbose: bool) -> Iterator[str]:
    """The statements that do not count; those on other changes are only counted unless *verbose*."""
    listed = verdict_words.unlisted(promotion) if verbose else verdict_words.about_this_change(promotion)
    yield from (f"not counted: {item.approver}: {item.reason}" for item in listed)
    if not verbose and (elsewhere := verdict_words.about_other_changes(promotion)):
        yield f"not counted: {count_text(elsewhere, 'statement')} on other changes (-v lists them)"


def _requirement_lines(requirement: Requirement) -> Iterator[Line]:
    mark = span(f"{requirement.status:<{_MARK_WIDTH}}", STATUS_ROLES[requirement.status])
    detail = f": {requirement.detail}" if requirement.detail else ""
    people = verdict_words.unnamed_people(requirement)
    by = f" by {', '.join(people)}" if people else ""
    yield line(
        "  ",
        mark,
        f" {requirement.kind} {requirement.condition} ({requirement.rule}){detail}{by}",
        hang=_MARK_WIDTH + 3,
    )
    if requirement.eligible:
        yield line(
            " " * (_MARK_WIDTH + 3),
            f"{verdict_words.eligible_label(requirement)}: {', '.join(requirement.eligible)}",
            hang=_MARK_WIDTH + 5,
        )
    yield from requirement_lines(requirement, _MARK_WIDTH + 3)


def _unblock_lines(promotion: Promotion, now: datetime) -> Iterator[Line]:
    if promotion.verdict in (Verdict.ALLOWED, Verdict.UNCHANGED):
        return
    approvers, ready = promotion.unblock.minimal_approvers, promotion.unblock.ready_at
    if approvers is None:
        yield line(f"  {verdict_words.TOO_FEW}")
    elif approvers:
        yield line(f"  {verdict_words.MINIMAL_APPROVERS}: {', '.join(approvers)}", hang=4)
    yield from way_lines(promotion)
    if ready is not None:
        yield line(f"  earliest: {format_instant(ready)}, in {format_duration(ready - now)}")
