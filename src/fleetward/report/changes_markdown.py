"""What moved, as one comment on a pull request: worst first, within its limit, and nothing can break out of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from fleetward.domain.change import Change, Comparison, Kind, Significance, Status, Unreadable
from fleetward.domain.fast_dataclass import dataclass
from fleetward.report.changes_groups import grouped
from fleetward.report.human import visible

LIMIT = 60_000
"""Characters and bytes; a comment on GitHub holds 65,536."""
_ROOM = 1_200
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
    changes = [*governance, *(change for one in comparisons for change in one.changes)]
    top = [
        f"<!-- fleetward:diff sha256:{_digest(changes, unreadable)} -->",
        "### fleet diff",
        "",
        f"{_revision(base)} with {_revision(head)}",
        "",
        f"**{_totals(comparisons, changes, unreadable)}**",
        "",
    ]
    unread = [*_unread(unreadable)]
    text = "\n".join([*top, *unread]) + "\n"
    blocks = sorted(_blocks(comparisons, governance), key=lambda block: block.order)
    shown = _fitting(blocks, LIMIT - _ROOM - len(text.encode()))
    parts = [text, *_told(shown)]
    left = Counter[Significance]()
    for block in blocks[len(shown) :]:
        left[block.weight] += block.count
    if left:
        named = ", ".join(f"{left[each]} {each}" for each in Significance if left[each])
        parts.append(f"\nNot shown for want of room: {named}. `fleet diff` in a checkout shows them all.\n")
    formatting = sum(one.formatting_only for one in comparisons)
    if formatting:
        parts.append(f"\n{formatting} of the agents changed in formatting only.\n")
    return "".join(parts)


def _digest(changes: Sequence[Change], unreadable: Sequence[Unreadable]) -> str:
    told = sorted([one.fingerprint for one in changes] + [one.finding.fingerprint for one in unreadable])
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _revision(revision: Revision) -> str:
    asked, commit = revision
    return code(asked) if asked == commit else f"{code(asked)} ({code(commit)})"


def _totals(
    comparisons: Sequence[Comparison], changes: Sequence[Change], unreadable: Sequence[Unreadable]
) -> str:
    status = Counter(one.row.status for one in comparisons if not one.formatting_only)
    weights = Counter(change.significance for change in changes)
    weighed = ", ".join(f"{weights[each]} {each}" for each in Significance if weights[each]) or "0"
    unseen = f"; could not be read: {len(unreadable)}" if unreadable else ""
    return f"agents: {', '.join(f'{status[each]} {each}' for each in Status)}; changes: {weighed}{unseen}"


def _unread(unreadable: Sequence[Unreadable]) -> Iterator[str]:
    if not unreadable:
        return
    yield "#### Could not be read, and was not compared\n"
    ordered = sorted(unreadable, key=lambda one: one.order)
    for one in ordered[:_NAMES]:
        place = one.finding.place
        named = code(f"{one.environment}/{one.agent}") if one.agent else "governance"
        where = code(f"{place.file}:{place.line}:{place.column}")
        yield f"- {named} at the {one.side}: {where} {code(one.finding.message, _VALUE)}"
    if len(ordered) > _NAMES:
        yield f"- and {len(ordered) - _NAMES} more"
    yield "\n"


# The changes, and which of them find room


def _blocks(comparisons: Sequence[Comparison], governance: Sequence[Change]) -> Iterator[Block]:
    head = f"#### Governance{_needs(governance)}"
    for change in governance:
        yield _block(head, change, ("",))
    groups, rest = grouped(comparisons)
    for group in groups:
        named = ", ".join(map(code, group.agents[:_NAMES]))
        more = len(group.agents) - _NAMES
        agents = f"\n  in {named}" + (f" and {more} more" if more > 0 else "")
        head = f"#### The same in {len(group.agents)} agents{_needs([group.change])}"
        yield _block(
            head, group.change, (str(-len(group.agents)), *group.agents[:1]), agents, len(group.agents)
        )
    for told in rest:
        row = told.comparison.row
        tiers = (
            f"tier {row.tier_after or row.tier_before}" if row.tier_after or row.tier_before else "no tier"
        )
        if row.status is Status.CHANGED and row.tier_before != row.tier_after:
            tiers = f"tier {row.tier_before or 'none'} to {row.tier_after or 'none'}"
        head = f"#### {code(f'{row.environment}/{row.agent}')} {row.status}, {code(tiers)}"
        head += _needs(told.comparison.changes)
        for change in told.comparison.changes:
            yield _block(head, change, ("~", row.environment, row.agent))


def _block(head: str, change: Change, where: tuple[str, ...], agents: str = "", count: int = 1) -> Block:
    order = (change.significance.rank, where, change.order)
    text = f"{_item(change)}{agents}\n"
    return Block(head=head, text=text, order=order, weight=change.significance, count=count)


def _fitting(blocks: Sequence[Block], room: int) -> list[Block]:
    """As many of the worst as there is room for."""
    shown: list[Block] = []
    heads: set[str] = set()
    for block in blocks:
        size = len(block.text.encode()) + (0 if block.head in heads else len(block.head.encode()) + 3)
        if size > room:
            break
        room -= size
        heads.add(block.head)
        shown.append(block)
    return shown


def _told(blocks: Sequence[Block]) -> Iterator[str]:
    """Each under its head; heads in the order of the worst that stands under them."""
    by_head: dict[str, list[Block]] = {}
    for block in blocks:
        by_head.setdefault(block.head, []).append(block)
    for head, under in by_head.items():
        yield f"{head}\n\n"
        yield from (block.text for block in under)
        yield "\n"


# One change


def _item(change: Change) -> str:
    path = f" {code(change.path)}" if change.path else ""
    proposed = ", proposed" if change.proposed else ""
    place = f" {code(f'{change.place.file}:{change.place.line}')}" if change.place else ""
    parts = [f"- **{change.significance}**, {change.direction}{proposed}:{path}{_values(change)}"]
    parts.append(f"  {code(change.reason, _REASON)}{place}")
    return "\\\n".join(parts) + _lines(change.lines)


def _needs(changes: Sequence[Change]) -> str:
    needs = dict.fromkeys(f"{need.kind} {need.detail}" for change in changes for need in change.requires)
    return f"\n\nwill require {code('; '.join(needs), _REASON)}" if needs else ""


def _values(change: Change) -> str:
    if change.lines or change.kind in (Kind.TEXT, Kind.REORDERED) or not change.path:
        return f" {change.kind}"
    before, after = code(_json(change.before), _VALUE), code(_json(change.after), _VALUE)
    if change.kind is Kind.ADDED:
        return f" added {after}"
    return f" removed {before}" if change.kind is Kind.REMOVED else f" {before} → {after}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _lines(lines: Sequence[str]) -> str:
    """The lines of a text in a fence that is longer than any in them."""
    if not lines:
        return ""
    shown = [_clipped(visible(text), _LINE) for text in lines[:_LINES]]
    if len(lines) > _LINES:
        shown.append(f"~ and {len(lines) - _LINES} lines more")
    fence = "`" * max(3, 1 + max((len(run) for text in shown for run in re.findall("`+", text)), default=0))
    return "\n\n" + "\n".join(f"  {text}" for text in (f"{fence}diff", *shown, fence))


def code(text: str, longest: int = 1_000) -> str:
    """
    Text as a code span: nothing in it is markup, a link, a mention or a command.

    Source: CommonMark 6.1; GitHub and GitLab look for mentions and references outside of code alone.
    """
    shown = _clipped(visible(text), longest)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    # a space within each fence is taken off again, and keeps a backtick at the edge apart from it
    pad = " " if not shown.strip() or shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown or ' '}{pad}{fence}"


def _clipped(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
