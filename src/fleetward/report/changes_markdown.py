"""Changes as one comment on a pull request, worst first; all that comes from a fleet stands in code spans."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from fleetward.domain.change import AgentStatus, Change, ChangeKind, Significance
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet_diff import FleetDiff, Revision
from fleetward.report.changes_groups import (
    NAMED_USERS,
    AgentSection,
    ChangeGroup,
    group_changes,
    subject_name,
    tier_text,
    users_text,
)
from fleetward.report.counts import count_text, significance_counts
from fleetward.report.human import visible
from fleetward.report.markdown import COMMENT_LIMIT, code, longest_run, shorten

_OMISSION_ROOM = 1_200
"""Bytes that are kept free for the last lines."""
_VALUE, _REASON, _LINE, _LINES, _NAMES = 300, 600, 240, 12, 40
"""The largest value, reason and line, and how many lines and names are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One change, and the heading that it belongs to."""

    head: str
    text: str
    order: tuple[Any, ...]
    weight: Significance
    count: int = 1
    """The agents that have this change."""


def render(fleet_diff: FleetDiff) -> str:
    """
    The comment; its first line is hidden and holds a digest of the changes.

    The worst changes come first; the totals are exact, and changes without room are counted.
    """
    top = [
        f"<!-- fleetward:diff sha256:{_digest(fleet_diff)} -->",
        "### fleet diff",
        "",
        f"{_revision(fleet_diff.base)} with {_revision(fleet_diff.head)}",
        "",
        f"**{_totals(fleet_diff)}**",
        "",
        *_unreadable_lines(fleet_diff),
    ]
    text = "\n".join(top) + "\n"
    blocks = sorted(_blocks(fleet_diff), key=lambda block: block.order)
    fitting = _fit_blocks(blocks, COMMENT_LIMIT - _OMISSION_ROOM - len(text.encode()))
    parts = [text, *_section_texts(fitting), _omission(blocks[len(fitting) :])]
    parts += _formatting_texts(fleet_diff)
    return "".join(parts)


def _formatting_texts(fleet_diff: FleetDiff) -> Iterator[str]:
    if number := fleet_diff.formatting_only:
        yield (
            f"\n{number} of the agents changed in formatting only: their digest is another all the same, "
            "so that a promotion will be asked for.\n"
        )
    if files := fleet_diff.governance_formatting:
        yield (
            f"\n{', '.join(map(code, files))} changed in formatting only: the digest of governance is another "
            "all the same, so that an approval will be asked for.\n"
        )


def _digest(fleet_diff: FleetDiff) -> str:
    changes = [change.fingerprint for change in fleet_diff.all_changes]
    # unreadable agents count too: the comment is updated when one appears
    unread = [entry.finding.fingerprint for entry in fleet_diff.unreadable]
    return hashlib.sha256("\n".join(sorted(changes + unread)).encode()).hexdigest()


def _revision(revision: Revision) -> str:
    name, commit = revision
    return code(name) if name == commit else f"{code(name)} ({code(commit)})"


def _totals(fleet_diff: FleetDiff) -> str:
    statuses = fleet_diff.statuses
    agents = ", ".join(f"{statuses[status]} {status}" for status in AgentStatus)
    unread = f"; could not be read: {len(fleet_diff.unreadable)}" if fleet_diff.unreadable else ""
    return f"agents: {agents}; changes: {significance_counts(fleet_diff.significances)}{unread}"


def _omission(blocks: Sequence[Block]) -> str:
    omitted = Counter[Significance]()
    for block in blocks:
        omitted[block.weight] += block.count
    if not omitted:
        return ""
    number = count_text(omitted.total(), "change")
    counts = significance_counts(omitted)
    return f"\nNot shown, for lack of space: {number} ({counts}). `fleet diff -o json` lists them all.\n"


def _unreadable_lines(fleet_diff: FleetDiff) -> Iterator[str]:
    if not fleet_diff.unreadable:
        return
    yield "#### Could not be read, and was not compared\n"
    ordered = sorted(fleet_diff.unreadable, key=lambda entry: entry.sort_key)
    # listed first and bounded: it must not push the changes out
    for entry in ordered[:_NAMES]:
        place = entry.finding.place
        agent = code(subject_name(entry)) if entry.agent else "governance"
        where = code(f"{place.file}:{place.line}:{place.column}")
        yield f"- {agent} at the {entry.side}: {where} {code(entry.finding.message, _VALUE)}"
    if len(ordered) > _NAMES:
        yield f"- and {len(ordered) - _NAMES} more"
    yield "\n"


def _blocks(fleet_diff: FleetDiff) -> Iterator[Block]:
    head = f"#### Governance{_requirements_text(fleet_diff.governance)}"
    for change in fleet_diff.governance:
        yield _block(head, change, ("",))
    groups, sections = group_changes(fleet_diff.agents)
    yield from map(_group_block, groups)
    for section in sections:
        yield from _agent_blocks(section)


def _group_block(group: ChangeGroup) -> Block:
    number = len(group.agents)
    parts = group.by_requirements
    common = _requirements_text([group.change]) if len(parts) == 1 else ""
    agents = "".join(
        f"\n  in {_names_text(part.agents)}"
        + ("" if common else _requirements_text([part.change]).replace("\n\n", ", "))
        for part in parts
    )
    head = f"#### The same in {number} agents{common}"
    return _block(head, group.change, (str(-number), *group.agents[:1]), agents, number)


def _names_text(names: Sequence[str]) -> str:
    listed = ", ".join(map(code, names[:_NAMES]))
    return listed + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")


def _agent_blocks(section: AgentSection) -> Iterator[Block]:
    row, changes = section.comparison.row, section.comparison.changes
    agent = code(f"{row.environment}/{row.agent}")
    tier = tier_text(section.comparison, "to") or "no tier"
    head = f"#### {agent} {row.status}, {code(tier)}{_requirements_text(changes)}"
    for change in changes:
        yield _block(head, change, ("~", row.environment, row.agent))


def _block(head: str, change: Change, where: tuple[str, ...], agents: str = "", count: int = 1) -> Block:
    order = (change.significance.rank, where, change.sort_key)
    text = f"{_item(change)}{agents}\n"
    return Block(head=head, text=text, order=order, weight=change.significance, count=count)


def _fit_blocks(blocks: Sequence[Block], room: int) -> list[Block]:
    """The first blocks, as many as *room* bytes hold."""
    fitting: list[Block] = []
    heads: set[str] = set()
    for block in blocks:
        size = len(block.text.encode()) + (0 if block.head in heads else len(block.head.encode()) + 3)
        if size > room:
            # the order is by weight: a smaller block behind a large one would look like all there
            # is
            break
        room -= size
        heads.add(block.head)
        fitting.append(block)
    return fitting


def _section_texts(blocks: Sequence[Block]) -> Iterator[str]:
    """Each block under its heading; the heading of the worst block first."""
    by_head: dict[str, list[Block]] = {}
    for block in blocks:
        by_head.setdefault(block.head, []).append(block)
    for head, section in by_head.items():
        yield f"{head}\n\n"
        yield from (block.text for block in section)
        yield "\n"


def _item(change: Change) -> str:
    path = f" {code(change.path)}" if change.path else ""
    proposed = ", proposed" if change.proposed else ""
    place = f" {code(f'{change.place.file}:{change.place.line}')}" if change.place else ""
    parts = [f"- **{change.significance}**, {change.direction}{proposed}:{path}{_values_text(change)}"]
    parts.append(f"  {code(change.reason, _REASON)}{place}")
    if change.used_by is not None:
        parts.append(f"  {code(users_text(change.used_by, NAMED_USERS), _REASON)}")
    return "\\\n".join(parts) + _fenced_lines(change.lines)


def _requirements_text(changes: Sequence[Change]) -> str:
    requirements = dict.fromkeys(
        f"{requirement.kind} {requirement.detail}" for change in changes for requirement in change.requires
    )
    return f"\n\nwill require {code('; '.join(requirements), _REASON)}" if requirements else ""


def _values_text(change: Change) -> str:
    if change.lines or change.kind in (ChangeKind.TEXT, ChangeKind.REORDERED) or not change.path:
        return f" {change.kind}"
    before, after = code(_json(change.before), _VALUE), code(_json(change.after), _VALUE)
    if change.kind is ChangeKind.ADDED:
        return f" added {after}"
    return f" removed {before}" if change.kind is ChangeKind.REMOVED else f" {before} → {after}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _fenced_lines(lines: Sequence[str]) -> str:
    """The lines in a fence that is longer than any run of backticks in them."""
    if not lines:
        return ""
    rows = [shorten(visible(text), _LINE) for text in lines[:_LINES]]
    if len(lines) > _LINES:
        rows.append(f"~ and {len(lines) - _LINES} more lines")
    # a fence of three would end at a run of three in a prompt
    fence = "`" * max(3, 1 + max(map(longest_run, rows)))
    return "\n\n" + "\n".join(f"  {text}" for text in (f"{fence}diff", *rows, fence))
