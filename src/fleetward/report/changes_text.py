"""Changes for people: agents worst first, each change with its direction, significance and place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from fleetward.domain.change import (
    AgentStatus,
    Change,
    ChangeKind,
    Direction,
    Significance,
)
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet_diff import FleetDiff, Revision
from fleetward.report.caps import MAX_ITEMS, Block, fit_blocks, omission_line
from fleetward.report.changes_groups import (
    NAMED_USERS,
    AgentSection,
    ChangeGroup,
    group_changes,
    subject_name,
    tier_text,
    users_text,
)
from fleetward.report.counts import significance_counts
from fleetward.report.page import Line, Page, Role, line, page, span

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
_FEW_LINES, _LONG_VALUE, _UNREADABLE = 12, 200, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Detail:
    """How much is shown."""

    verbose: bool
    whole_values: bool


def render(fleet_diff: FleetDiff, *, verbose: bool, next_command: str, cut: bool = False) -> Page:
    """
    The report of ``fleet diff``; *next_command* is its last line.

    A change that many agents share stands there once. Without *verbose*, long texts are shortened and changes without
    significance are only counted; *cut* shortens long values, too.
    """
    groups, sections = group_changes(fleet_diff.agents)
    detail = _Detail(verbose=verbose, whole_values=verbose or not cut)
    base, head = (_revision(side, whole=verbose) for side in (fleet_diff.base, fleet_diff.head))
    lines, omitted = fit_blocks(
        [
            *_governance_blocks(sorted(fleet_diff.governance, key=lambda change: change.sort_key), detail),
            *(block for group in groups for block in _group_blocks(group, detail)),
            *(
                block
                for section in sections
                if verbose or not _is_told_by_groups(section)
                for block in _agent_blocks(section, detail)
            ),
        ]
    )
    return page(
        [
            line(span("compared ", "dim"), base, span(" with ", "dim"), head),
            line(),
            *lines,
            *([omission_line(omitted, "change"), line()] if omitted else []),
            *_formatting_lines(fleet_diff.governance_formatting),
            *_unreadable_lines(fleet_diff),
            line(_summary(fleet_diff)),
            line(span(next_command, "code")),
        ]
    )


def _revision(revision: Revision, *, whole: bool) -> str:
    name, commit = revision
    return name if not commit or name == commit else f"{name} ({commit if whole else commit[:12]})"


def _governance_blocks(changes: Sequence[Change], detail: _Detail) -> Iterator[Block]:
    if changes:
        worst = changes[0].significance
        yield Block((line(span("governance", "strong"), "  ", span(worst.value, _ROLES[worst])),), 0)
        yield from (Block(tuple(_change_lines(change, detail))) for change in changes)
        yield Block((*_requirement_lines(changes), line()), 0)


def _group_blocks(group: ChangeGroup, detail: _Detail) -> Iterator[Block]:
    if not _is_trivial(group.change) or detail.verbose:
        yield Block(tuple(_group_lines(group, detail)), len(group.agents))


def _formatting_lines(files: Sequence[str]) -> Iterator[Line]:
    if files:
        yield line(span("governance", "strong"), "  formatting only")
        yield line(
            f"  {', '.join(files)}: the digest of governance is another all the same, so that an approval "
            "will be asked for",
            hang=2,
        )
        yield line()


def _group_lines(group: ChangeGroup, detail: _Detail) -> Iterator[Line]:
    change = group.change
    yield line(
        span(f"the same in {len(group.agents)} agents", "strong"),
        "  ",
        span(change.significance.value, _ROLES[change.significance]),
    )
    # the place of one agent would be wrong for the others
    yield from _change_lines(replace(change, place=None), detail)
    yield line(span(f"      {change.rule}", "dim"))
    parts = group.by_requirements
    for part in parts:
        yield from _requirement_lines([part.change])
        omitted = f" and {len(part.agents) - MAX_ITEMS} more" if len(part.agents) > MAX_ITEMS else ""
        indent = "    " if len(parts) > 1 else "  "
        yield line(f"{indent}{', '.join(part.agents[:MAX_ITEMS])}{omitted}", hang=4)
    yield line()


def _is_told_by_groups(section: AgentSection) -> bool:
    """Whether all that changed in the agent stands above, in groups that name it."""
    comparison = section.comparison
    is_told = section.shared > 0 and not comparison.changes and not comparison.note
    return is_told and comparison.row.significance is not Significance.NONE


def _agent_blocks(section: AgentSection, detail: _Detail) -> Iterator[Block]:
    comparison = section.comparison
    row = comparison.row
    status = "formatting only" if comparison.formatting_only else row.status.value
    tier = tier_text(comparison, "->")
    head = line(
        span(f"{row.environment}/{row.agent}", "strong"),
        f"  {status}  {tier}  " if tier else f"  {status}  ",
        span(row.significance.value, _ROLES[row.significance]),
    )
    changes = [change for change in comparison.changes if detail.verbose or not _is_trivial(change)]
    yield Block((head,), 0)
    yield from (Block(tuple(_change_lines(change, detail))) for change in changes)
    yield Block(tuple(_section_end(section, changes)), 0)


def _section_end(section: AgentSection, changes: Sequence[Change]) -> Iterator[Line]:
    comparison = section.comparison
    yield from _requirement_lines(changes)
    if comparison.note:
        yield line(f"  {comparison.note}", hang=2)
    if section.shared:
        yield line(span(f"  {section.shared} more, listed above: other agents share them", "dim"))
    if len(changes) < len(comparison.changes):
        hidden = len(comparison.changes) - len(changes)
        yield line(span(f"  {hidden} more without significance (-v shows all)", "dim"))
    yield line()


def _requirement_lines(changes: Sequence[Change]) -> Iterator[Line]:
    requirements = dict.fromkeys(requirement for change in changes for requirement in change.requires)
    if requirements:
        text = "; ".join(f"{requirement.kind} {requirement.detail}" for requirement in requirements)
        yield line(span("  will require  ", "dim"), span(text, "note"), hang=16)


def _is_trivial(change: Change) -> bool:
    return change.significance is Significance.NONE


def _change_lines(change: Change, detail: _Detail) -> Iterator[Line]:
    yield line(
        f"  {_SIGNS[change.direction]:<10}  ",
        span(f"{change.significance:<8}", _ROLES[change.significance]),
        f"  {change.path or change.rule}{_values_text(change, detail)}",
        span("  proposed" if change.proposed else "", "note"),
        hang=24,
    )
    yield line(f"      {change.reason}", hang=6)
    if change.used_by is not None:
        yield line(f"      {users_text(change.used_by, None if detail.verbose else NAMED_USERS)}", hang=6)
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
    return (
        text
        if detail.whole_values or len(text) <= _LONG_VALUE
        else f"{text[:_LONG_VALUE]}… (-v shows it whole)"
    )


def _diff_lines(change: Change, detail: _Detail) -> Iterator[Line]:
    lines = change.lines if detail.verbose else change.lines[:_FEW_LINES]
    for text in lines:
        yield line(span(f"        {text}", _MARKS.get(text[:1], "")), hang=10)
    if len(lines) < len(change.lines):
        yield line(span(f"        {len(change.lines) - len(lines)} more lines (-v shows all)", "dim"))


def _unreadable_lines(fleet_diff: FleetDiff) -> Iterator[Line]:
    if not fleet_diff.unreadable:
        return
    yield line(span("could not be read, and was not compared:", "error"))
    for entry in sorted(fleet_diff.unreadable, key=lambda entry: entry.sort_key)[:_UNREADABLE]:
        place = entry.finding.place
        others_text = f", and {entry.further_findings} more" if entry.further_findings else ""
        yield line(f"  {subject_name(entry)}  at the {entry.side}")
        yield line(
            span(f"      {place.file}:{place.line}:{place.column}", "place"),
            f"  {entry.finding.message}{others_text}",
        )
        if entry.finding.hint:
            yield line(span(f"      {entry.finding.hint}", "dim"), hang=6)
    if len(fleet_diff.unreadable) > _UNREADABLE:
        yield line(f"  and {len(fleet_diff.unreadable) - _UNREADABLE} more: use -o json to see all")
    yield line()


def _summary(fleet_diff: FleetDiff) -> str:
    statuses = fleet_diff.statuses
    counts = [f"{statuses[status]} {status}" for status in AgentStatus]
    if fleet_diff.formatting_only:
        counts.append(f"{fleet_diff.formatting_only} formatting only")
    if fleet_diff.unreadable:
        counts.append(f"{len(fleet_diff.unreadable)} unreadable")
    return f"agents: {', '.join(counts)}; changes: {significance_counts(fleet_diff.significances)}"
