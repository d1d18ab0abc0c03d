"""What moved, as one comment on a pull request: worst first, within its limit, and nothing can break out of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from fleetward.domain.change import AgentStatus, Change, ChangeKind, Comparison, Significance, Unreadable
from fleetward.domain.fast_dataclass import dataclass
from fleetward.report.changes_groups import group_changes
from fleetward.report.human import visible

LIMIT = 60_000
"""Characters and bytes; a comment on GitHub holds 65,536."""
_OMISSION_ROOM = 1_200
"""Kept for what is said at the end."""
_VALUE, _REASON, _LINE, _LINES, _NAMES = 300, 600, 240, 12, 40
Revision = tuple[str, str]
"""As asked for, and the commit that it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One change with the head that it stands under."""

    head: str
    text: str
    order: tuple[Any, ...]
    weight: Significance
    count: int = 1
    """For how many agents it speaks."""


def render(
    comparisons: Sequence[Comparison],
    governance: Sequence[Change],
    *,
    base: Revision,
    head: Revision,
    unreadable: Sequence[Unreadable],
) -> str:
    """
    The comment, marked by a hidden line with the digest of what it tells.

    Room is spent on the worst first; totals are always exact, and what found no room is counted.
    """
    changes = [*governance, *(change for comparison in comparisons for change in comparison.changes)]
    top = [
        f"<!-- fleetward:diff sha256:{_digest(changes, unreadable)} -->",
        "### fleet diff",
        "",
        f"{_revision(base)} with {_revision(head)}",
        "",
        f"**{_totals(comparisons, changes, unreadable)}**",
        "",
    ]
    unread = [*_unreadable_lines(unreadable)]
    text = "\n".join([*top, *unread]) + "\n"
    blocks = sorted(_blocks(comparisons, governance), key=lambda block: block.order)
    blocks_shown = _blocks_within(blocks, LIMIT - _OMISSION_ROOM - len(text.encode()))
    parts = [text, *_section_texts(blocks_shown)]
    omitted = Counter[Significance]()
    for block in blocks[len(blocks_shown) :]:
        omitted[block.weight] += block.count
    if omitted:
        counts = ", ".join(f"{omitted[level]} {level}" for level in Significance if omitted[level])
        parts.append(f"\nNot shown for want of room: {counts}. `fleet diff` in a checkout shows them all.\n")
    formatting = sum(comparison.formatting_only for comparison in comparisons)
    if formatting:
        parts.append(f"\n{formatting} of the agents changed in formatting only.\n")
    return "".join(parts)


def _digest(changes: Sequence[Change], unreadable: Sequence[Unreadable]) -> str:
    fingerprints = sorted(
        [item.fingerprint for item in changes] + [item.finding.fingerprint for item in unreadable]
    )
    return hashlib.sha256("\n".join(fingerprints).encode()).hexdigest()


def _revision(revision: Revision) -> str:
    name, commit = revision
    return code(name) if name == commit else f"{code(name)} ({code(commit)})"


def _totals(
    comparisons: Sequence[Comparison], changes: Sequence[Change], unreadable: Sequence[Unreadable]
) -> str:
    status = Counter(comparison.row.status for comparison in comparisons if not comparison.formatting_only)
    weights = Counter(change.significance for change in changes)
    counts = ", ".join(f"{weights[level]} {level}" for level in Significance if weights[level]) or "0"
    unreadable_text = f"; could not be read: {len(unreadable)}" if unreadable else ""
    return f"agents: {', '.join(f'{status[level]} {level}' for level in AgentStatus)}; changes: {counts}{unreadable_text}"


def _unreadable_lines(unreadable: Sequence[Unreadable]) -> Iterator[str]:
    if not unreadable:
        return
    yield "#### Could not be read, and was not compared\n"
    ordered = sorted(unreadable, key=lambda entry: entry.sort_key)
    for entry in ordered[:_NAMES]:
        place = entry.finding.place
        agent = code(f"{entry.environment}/{entry.agent}") if entry.agent else "governance"
        where = code(f"{place.file}:{place.line}:{place.column}")
        yield f"- {agent} at the {entry.side}: {where} {code(entry.finding.message, _VALUE)}"
    if len(ordered) > _NAMES:
        yield f"- and {len(ordered) - _NAMES} more"
    yield "\n"


# The changes, and which of them find room


def _blocks(comparisons: Sequence[Comparison], governance: Sequence[Change]) -> Iterator[Block]:
    head = f"#### Governance{_requirements_text(governance)}"
    for change in governance:
        yield _block(head, change, ("",))
    groups, sections = group_changes(comparisons)
    for group in groups:
        names = ", ".join(map(code, group.agents[:_NAMES]))
        omitted = len(group.agents) - _NAMES
        agents = f"\n  in {names}" + (f" and {omitted} more" if omitted > 0 else "")
        head = f"#### The same in {len(group.agents)} agents{_requirements_text([group.change])}"
        yield _block(
            head, group.change, (str(-len(group.agents)), *group.agents[:1]), agents, len(group.agents)
        )
    for section in sections:
        row = section.comparison.row
        tiers = (
            f"tier {row.tier_after or row.tier_before}" if row.tier_after or row.tier_before else "no tier"
        )
        if row.status is AgentStatus.CHANGED and row.tier_before != row.tier_after:
            tiers = f"tier {row.tier_before or 'none'} to {row.tier_after or 'none'}"
        head = f"#### {code(f'{row.environment}/{row.agent}')} {row.status}, {code(tiers)}"
        head += _requirements_text(section.comparison.changes)
        for change in section.comparison.changes:
            yield _block(head, change, ("~", row.environment, row.agent))


def _block(head: str, change: Change, where: tuple[str, ...], agents: str = "", count: int = 1) -> Block:
    order = (change.significance.rank, where, change.sort_key)
    text = f"{_item(change)}{agents}\n"
    return Block(head=head, text=text, order=order, weight=change.significance, count=count)


def _blocks_within(blocks: Sequence[Block], room: int) -> list[Block]:
    """As many of the worst as there is room for."""
    chosen: list[Block] = []
    heads: set[str] = set()
    for block in blocks:
        size = len(block.text.encode()) + (0 if block.head in heads else len(block.head.encode()) + 3)
        if size > room:
            break
        room -= size
        heads.add(block.head)
        chosen.append(block)
    return chosen


def _section_texts(blocks: Sequence[Block]) -> Iterator[str]:
    """Each under its head; heads in the order of the worst that stands under them."""
    by_head: dict[str, list[Block]] = {}
    for block in blocks:
        by_head.setdefault(block.head, []).append(block)
    for head, section in by_head.items():
        yield f"{head}\n\n"
        yield from (block.text for block in section)
        yield "\n"


# One change


def _item(change: Change) -> str:
    path = f" {code(change.path)}" if change.path else ""
    proposed = ", proposed" if change.proposed else ""
    place = f" {code(f'{change.place.file}:{change.place.line}')}" if change.place else ""
    parts = [f"- **{change.significance}**, {change.direction}{proposed}:{path}{_values_text(change)}"]
    parts.append(f"  {code(change.reason, _REASON)}{place}")
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
    """The lines of a text in a fence that is longer than any in them."""
    if not lines:
        return ""
    rows = [_shorten(visible(text), _LINE) for text in lines[:_LINES]]
    if len(lines) > _LINES:
        rows.append(f"~ and {len(lines) - _LINES} lines more")
    fence = "`" * max(3, 1 + max((len(run) for text in rows for run in re.findall("`+", text)), default=0))
    return "\n\n" + "\n".join(f"  {text}" for text in (f"{fence}diff", *rows, fence))


def code(text: str, longest: int = 1_000) -> str:
    """
    Text as a code span: nothing in it is markup, a link, a mention or a command.

    Source: CommonMark 6.1; GitHub and GitLab look for mentions and references outside of code alone.
    """
    printable = _shorten(visible(text), longest)
    fence = "`" * (1 + max(map(len, re.findall("`+", printable)), default=0))
    # a space within each fence is taken off again, and keeps a backtick at the edge apart from it
    pad = " " if not printable.strip() or printable[0] in "` " or printable[-1] in "` " else ""
    return f"{fence}{pad}{printable or ' '}{pad}{fence}"


def _shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
