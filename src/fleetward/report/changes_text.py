"""What moved, for people: agents worst first, each change with its way, its weight and its place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from fleetward.domain.change import (
    Change,
    Comparison,
    Direction,
    Kind,
    Significance,
    Status,
    Unreadable,
)
from fleetward.domain.fast_dataclass import dataclass
from fleetward.report.changes_groups import Group, Told, grouped
from fleetward.report.page import Line, Page, Role, line, page, span

Revision = tuple[str, str]
"""As asked for, and the commit that it was."""

_SIGNS = {
    Direction.LOOSER: "- looser",
    Direction.STRICTER: "+ stricter",
    Direction.NEUTRAL: "~ neutral",
    Direction.UNKNOWN: "? unknown",
}
_ROLES: dict[Significance, Role] = {
    Significance.CRITICAL: "error",
    Significance.HIGH: "warning",
    Significance.MEDIUM: "note",
    Significance.LOW: "",
    Significance.NONE: "dim",
}
_MARKS: dict[str, Role] = {"+": "added", "-": "removed", "~": "dim"}
_FEW_LINES, _LONG_VALUE = 12, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """How much is told."""

    verbose: bool
    whole: bool


def render(
    comparisons: Sequence[Comparison],
    governance: Sequence[Change],
    *,
    base: Revision,
    head: Revision,
    unreadable: Sequence[Unreadable],
    verbose: bool,
    next_command: str,
    cut: bool = False,
) -> Page:
    """
    The report of ``fleet diff``; *next_command* is its last line.

    What many agents share is told once. Without *verbose*, long texts are cut and what has no significance is only
    counted; values are whole unless *cut* says that somebody is looking at a terminal.
    """
    groups, ordered = grouped(comparisons)
    how = _How(verbose=verbose, whole=verbose or not cut)
    return page(
        [
            line(span("compared ", "dim"), _revision(base), span(" with ", "dim"), _revision(head)),
            line(),
            *_governance(sorted(governance, key=lambda change: change.order), how),
            *(shown for group in groups for shown in _group(group, how)),
            *(shown for told in ordered for shown in _agent(told, how)),
            *_unreadable(unreadable),
            line(_summary(comparisons, governance, len(unreadable))),
            line(span(next_command, "code")),
        ]
    )


def _revision(revision: Revision) -> str:
    asked, commit = revision
    return asked if not commit or asked == commit else f"{asked} ({commit})"


def _governance(changes: Sequence[Change], how: _How) -> Iterator[Line]:
    if changes:
        worst = changes[0].significance
        yield line(span("governance", "strong"), "  ", span(worst.value, _ROLES[worst]))
        for change in changes:
            yield from _change(change, how)
        yield from _needs(changes)
        yield line()


def _group(group: Group, how: _How) -> Iterator[Line]:
    change = group.change
    if _trivial(change) and not how.verbose:
        return
    yield line(
        span(f"the same in {len(group.agents)} agents", "strong"),
        "  ",
        span(change.significance.value, _ROLES[change.significance]),
    )
    yield from _change(replace(change, place=None), how)
    yield line(span(f"      {change.rule}", "dim"))
    yield from _needs([change])
    yield line(f"  {', '.join(group.agents)}", hang=2)
    yield line()


def _agent(told: Told, how: _How) -> Iterator[Line]:
    comparison = told.comparison
    row = comparison.row
    status = "formatting only" if comparison.formatting_only else row.status.value
    yield line(
        span(f"{row.environment}/{row.agent}", "strong"),
        f"  {status}{_tiers(comparison)}  ",
        span(row.significance.value, _ROLES[row.significance]),
    )
    shown = [change for change in comparison.changes if how.verbose or not _trivial(change)]
    for change in shown:
        yield from _change(change, how)
    yield from _needs(shown)
    if told.shared:
        yield line(span(f"  {told.shared} more that others share, told above", "dim"))
    if len(shown) < len(comparison.changes):
        hidden = len(comparison.changes) - len(shown)
        yield line(
            span(f"  {hidden} without significance; -v shows {'it' if hidden == 1 else 'them'}", "dim")
        )
    yield line()


def _needs(changes: Sequence[Change]) -> Iterator[Line]:
    needs = dict.fromkeys(need for change in changes for need in change.requires)
    if needs:
        told = "; ".join(f"{need.kind} {need.detail}" for need in needs)
        yield line(span("  will require  ", "dim"), span(told, "note"), hang=16)


def _trivial(change: Change) -> bool:
    return change.significance is Significance.NONE


def _tiers(comparison: Comparison) -> str:
    row = comparison.row
    if row.status is Status.CHANGED and row.tier_before != row.tier_after:
        return f"  tier {row.tier_before or 'none'} -> {row.tier_after or 'none'}"
    tier = row.tier_after or row.tier_before
    return f"  tier {tier}" if tier else ""


def _change(change: Change, how: _How) -> Iterator[Line]:
    yield line(
        f"  {_SIGNS[change.direction]:<10}  ",
        span(f"{change.significance:<8}", _ROLES[change.significance]),
        f"  {change.path or change.rule}{_values(change, how)}",
        span("  proposed" if change.proposed else "", "note"),
        hang=24,
    )
    yield line(f"      {change.reason}", hang=6)
    yield from _lines(change, how)
    if change.place is not None:
        yield line(
            span(f"      {change.place.file}:{change.place.line}", "place"), span(f"  {change.rule}", "dim")
        )


def _values(change: Change, how: _How) -> str:
    if change.lines or change.kind in (Kind.TEXT, Kind.REORDERED) or not change.path:
        return f"  {change.kind}" if change.path else ""
    before, after = _told(change.before, how), _told(change.after, how)
    if change.kind is Kind.ADDED:
        return f"  added {after}"
    return f"  removed {before}" if change.kind is Kind.REMOVED else f"  {before} -> {after}"


def _told(value: Any, how: _How) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if how.whole or len(text) <= _LONG_VALUE else f"{text[:_LONG_VALUE]}… (-v shows it whole)"


def _lines(change: Change, how: _How) -> Iterator[Line]:
    shown = change.lines if how.verbose else change.lines[:_FEW_LINES]
    for text in shown:
        yield line(span(f"        {text}", _MARKS.get(text[:1], "")), hang=10)
    if len(shown) < len(change.lines):
        yield line(span(f"        {len(change.lines) - len(shown)} lines more; -v shows them", "dim"))


def _unreadable(unreadable: Sequence[Unreadable]) -> Iterator[Line]:
    if not unreadable:
        return
    yield line(span("could not be read, and was not compared:", "error"))
    for one in sorted(unreadable, key=lambda each: each.order):
        place = one.finding.place
        more = f", and {one.more} more" if one.more else ""
        named = f"{one.environment}/{one.agent}" if one.agent else "governance"
        yield line(f"  {named}  at the {one.side}")
        yield line(
            span(f"      {place.file}:{place.line}:{place.column}", "place"), f"  {one.finding.message}{more}"
        )
        if one.finding.hint:
            yield line(span(f"      {one.finding.hint}", "dim"), hang=6)
    yield line()


def _summary(comparisons: Sequence[Comparison], governance: Sequence[Change], unreadable: int) -> str:
    moved = [c for c in comparisons if not c.formatting_only]
    status = Counter(c.row.status for c in moved)
    counts = [f"{status[each]} {each}" for each in Status]
    formatting = len(comparisons) - len(moved)
    counts += [f"{formatting} formatting only"] if formatting else []
    counts += [f"{unreadable} unreadable"] if unreadable else []
    weights = Counter(change.significance for c in comparisons for change in c.changes)
    weights.update(change.significance for change in governance)
    weighed = [f"{weights[each]} {each}" for each in Significance if weights[each]]
    return f"agents: {', '.join(counts)}; changes: {', '.join(weighed) or '0'}"
