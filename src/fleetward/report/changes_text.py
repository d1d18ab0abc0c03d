"""What moved, for people: agents worst first, each change with its way, its weight and its place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from fleetward.domain.change import (
    AgentStatus,
    Change,
    ChangeKind,
    Comparison,
    Direction,
    Significance,
    Unreadable,
)
from fleetward.domain.fast_dataclass import dataclass
from fleetward.report.changes_groups import AgentSection, ChangeGroup, group_changes
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
class _Detail:
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
    groups, sections = group_changes(comparisons)
    detail = _Detail(verbose=verbose, whole=verbose or not cut)
    return page(
        [
            line(span("compared ", "dim"), _revision(base), span(" with ", "dim"), _revision(head)),
            line(),
            *_governance_lines(sorted(governance, key=lambda change: change.sort_key), detail),
            *(row for group in groups for row in _group_lines(group, detail)),
            *(row for section in sections for row in _agent_lines(section, detail)),
            *_unreadable_lines(unreadable),
            line(_summary(comparisons, governance, len(unreadable))),
            line(span(next_command, "code")),
        ]
    )


def _revision(revision: Revision) -> str:
    name, commit = revision
    return name if not commit or name == commit else f"{name} ({commit})"


def _governance_lines(changes: Sequence[Change], detail: _Detail) -> Iterator[Line]:
    if changes:
        worst = changes[0].significance
        yield line(span("governance", "strong"), "  ", span(worst.value, _ROLES[worst]))
        for change in changes:
            yield from _change_lines(change, detail)
        yield from _requirement_lines(changes)
        yield line()


def _group_lines(group: ChangeGroup, detail: _Detail) -> Iterator[Line]:
    change = group.change
    if _is_trivial(change) and not detail.verbose:
        return
    yield line(
        span(f"the same in {len(group.agents)} agents", "strong"),
        "  ",
        span(change.significance.value, _ROLES[change.significance]),
    )
    yield from _change_lines(replace(change, place=None), detail)
    yield line(span(f"      {change.rule}", "dim"))
    yield from _requirement_lines([change])
    yield line(f"  {', '.join(group.agents)}", hang=2)
    yield line()


def _agent_lines(section: AgentSection, detail: _Detail) -> Iterator[Line]:
    comparison = section.comparison
    row = comparison.row
    status = "formatting only" if comparison.formatting_only else row.status.value
    yield line(
        span(f"{row.environment}/{row.agent}", "strong"),
        f"  {status}{_tiers(comparison)}  ",
        span(row.significance.value, _ROLES[row.significance]),
    )
    changes = [change for change in comparison.changes if detail.verbose or not _is_trivial(change)]
    for change in changes:
        yield from _change_lines(change, detail)
    yield from _requirement_lines(changes)
    if section.shared:
        yield line(span(f"  {section.shared} more that others share, told above", "dim"))
    if len(changes) < len(comparison.changes):
        hidden = len(comparison.changes) - len(changes)
        yield line(
            span(f"  {hidden} without significance; -v shows {'it' if hidden == 1 else 'them'}", "dim")
        )
    yield line()


def _requirement_lines(changes: Sequence[Change]) -> Iterator[Line]:
    requirements = dict.fromkeys(requirement for change in changes for requirement in change.requires)
    if requirements:
        text = "; ".join(f"{requirement.kind} {requirement.detail}" for requirement in requirements)
        yield line(span("  will require  ", "dim"), span(text, "note"), hang=16)


def _is_trivial(change: Change) -> bool:
    return change.significance is Significance.NONE


def _tiers(comparison: Comparison) -> str:
    row = comparison.row
    if row.status is AgentStatus.CHANGED and row.tier_before != row.tier_after:
        return f"  tier {row.tier_before or 'none'} -> {row.tier_after or 'none'}"
    tier = row.tier_after or row.tier_before
    return f"  tier {tier}" if tier else ""


def _change_lines(change: Change, detail: _Detail) -> Iterator[Line]:
    yield line(
        f"  {_SIGNS[change.direction]:<10}  ",
        span(f"{change.significance:<8}", _ROLES[change.significance]),
        f"  {change.path or change.rule}{_values_text(change, detail)}",
        span("  proposed" if change.proposed else "", "note"),
        hang=24,
    )
    yield line(f"      {change.reason}", hang=6)
    yield from _diff_lines(change, detail)
    if change.place is not None:
        yield line(
            span(f"      {change.place.file}:{change.place.line}", "place"), span(f"  {change.rule}", "dim")
        )


def _values_text(change: Change, detail: _Detail) -> str:
    if change.lines or change.kind in (ChangeKind.TEXT, ChangeKind.REORDERED) or not change.path:
        return f"  {change.kind}" if change.path else ""
    before, after = _value_text(change.before, detail), _value_text(change.after, detail)
    if change.kind is ChangeKind.ADDED:
        return f"  added {after}"
    return f"  removed {before}" if change.kind is ChangeKind.REMOVED else f"  {before} -> {after}"


def _value_text(value: Any, detail: _Detail) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if detail.whole or len(text) <= _LONG_VALUE else f"{text[:_LONG_VALUE]}… (-v shows it whole)"


def _diff_lines(change: Change, detail: _Detail) -> Iterator[Line]:
    lines = change.lines if detail.verbose else change.lines[:_FEW_LINES]
    for text in lines:
        yield line(span(f"        {text}", _MARKS.get(text[:1], "")), hang=10)
    if len(lines) < len(change.lines):
        yield line(span(f"        {len(change.lines) - len(lines)} lines more; -v shows them", "dim"))


def _unreadable_lines(unreadable: Sequence[Unreadable]) -> Iterator[Line]:
    if not unreadable:
        return
    yield line(span("could not be read, and was not compared:", "error"))
    for entry in sorted(unreadable, key=lambda entry: entry.sort_key):
        place = entry.finding.place
        others_text = f", and {entry.further_findings} more" if entry.further_findings else ""
        agent = f"{entry.environment}/{entry.agent}" if entry.agent else "governance"
        yield line(f"  {agent}  at the {entry.side}")
        yield line(
            span(f"      {place.file}:{place.line}:{place.column}", "place"),
            f"  {entry.finding.message}{others_text}",
        )
        if entry.finding.hint:
            yield line(span(f"      {entry.finding.hint}", "dim"), hang=6)
    yield line()


def _summary(comparisons: Sequence[Comparison], governance: Sequence[Change], unreadable: int) -> str:
    changed = [c for c in comparisons if not c.formatting_only]
    status = Counter(c.row.status for c in changed)
    counts = [f"{status[level]} {level}" for level in AgentStatus]
    formatting = len(comparisons) - len(changed)
    counts += [f"{formatting} formatting only"] if formatting else []
    counts += [f"{unreadable} unreadable"] if unreadable else []
    weights = Counter(change.significance for c in comparisons for change in c.changes)
    weights.update(change.significance for change in governance)
    significances = [f"{weights[level]} {level}" for level in Significance if weights[level]]
    return f"agents: {', '.join(counts)}; changes: {', '.join(significances) or '0'}"
