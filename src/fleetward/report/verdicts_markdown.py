"""
Verdicts as Markdown, for a comment on a pull request: what is missing first, and nothing in it can break out.

All that comes from a fleet stands in code spans, which no renderer looks into for mentions, links, HTML or further
marks. There is no table: a bar would end a cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from fleetward.domain.break_glass import Way
from fleetward.domain.clock import written
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import Cause, Met, Promotion, Requirement, Verdict, worst
from fleetward.report.human import visible
from fleetward.report.markdown import ROOM, code

_ORDER = (Met.REFUSED, Met.MISSING, Met.MET)
_LEFT_OFF = 200
"""Kept for the words that count what found no room."""


def render(
    promotions: Sequence[Promotion],
    *,
    to: str,
    sources: Sequence[str],
    commit: str,
    policy: Policy,
    next_command: str,
    supposed: str = "",
    notice: str = "",
    verb: str = "promote",
) -> str:
    """
    The comment, marked by a hidden line with the digest of what it tells; the worst first, a command last.

    *supposed* says what of it only would be, *notice* what else is to be known first.
    """
    head = "".join(
        f"{text}\n\n" for text in _head(verb, promotions, to, sources, commit, policy, supposed, notice)
    )
    command = f"next:\n\n    {visible(next_command)}\n"
    marker = len(f"<!-- fleetward:{verb} sha256: -->\n") + 64
    room = ROOM - marker - len(head) - min(len(command), ROOM // 2) - _LEFT_OFF
    body = _fitting(sorted(promotions, key=lambda one: (-one.verdict.rank, one.agent)), room)
    told = f"{head}{body}{command}"
    digest = hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()
    return f"<!-- fleetward:{verb} sha256:{digest} -->\n{told}"


def _head(
    verb: str,
    promotions: Sequence[Promotion],
    to: str,
    sources: Sequence[str],
    commit: str,
    policy: Policy,
    supposed: str,
    notice: str,
) -> Iterator[str]:
    yield f"### fleet {verb}: {worst(one.verdict for one in promotions)}"
    start = f"{', '.join(map(code, sources))} to " if sources else "to "
    yield f"{start}{code(to)} at {code(commit)}, policy version {policy.version}."
    if supposed:
        yield f"**Only a question:** {code(supposed)}."
    if notice:
        yield f"**Note:** {code(notice)}."


def _fitting(promotions: Sequence[Promotion], room: int) -> str:
    """Lines in their order as long as there is room; what is left off is counted."""
    lines = [text for one in promotions for text in _agent(one)]
    shown = 0
    for text in lines:
        room -= len(text)
        if room < 0:
            break
        shown += 1
    rest = len(lines) - shown
    left_off = f"\n{rest} more lines, not shown here.\n\n" if rest else ""
    return "".join(lines[:shown]) + left_off


def _agent(one: Promotion) -> Iterator[str]:
    tier = f", tier {code(one.tier)}" if one.tier else ""
    way = ", break-glass" if one.way is Way.BREAK_GLASS else ""
    what = f"{one.kind}{tier}, generation {one.generation}{way}" if one.kind else "nothing to promote"
    yield f"#### {code(one.agent)}: {one.verdict} ({what})\n\n"
    if one.kind is not None:
        start = code(one.from_state) if one.from_state else "nothing"
        gone = ", no agent any more" if one.kind is PromotionKind.RETIRE else ""
        end = f"{code(one.to_state) if one.to_state else 'nothing'}{gone}"
        yield f"- from {start}  \n  to {end}\n"
    for status in _ORDER:
        yield from (_requirement(need) for need in one.requirements if need.status is status)
    for need in one.skipped:
        yield f"- **skipped** {need.kind} {code(need.asked)} ({code(need.rule)}): {code(need.detail)}\n"
    about = [spare for spare in one.not_counted if spare.cause is not Cause.ELSEWHERE]
    for spare in about:
        yield f"- not counted: {code(spare.approver)}: {code(spare.reason)}\n"
    if rest := sum(len(spare.files) or 1 for spare in one.not_counted if spare not in about):
        yield f"- not counted: {rest} given for other changes\n"
    yield from _unblock(one)
    yield "\n"


def _requirement(one: Requirement) -> str:
    told = f": {code(one.detail)}" if one.detail else ""
    parts = [f"- **{one.status}** {one.kind} {code(one.asked)} ({code(one.rule)}){told}"]
    if one.by and not all(person in one.detail for person in one.by):
        parts.append(f"by {', '.join(map(code, one.by))}")
    if one.could:
        able = "can lift it" if one.kind == "veto" else "could approve"
        parts.append(f"{able}: {', '.join(map(code, one.could))}")
    return "  \n  ".join(parts) + "\n"


def _unblock(one: Promotion) -> Iterator[str]:
    if one.verdict in (Verdict.ALLOWED, Verdict.UNCHANGED):
        return
    fewest, ready = one.unblock.fewest, one.unblock.ready_at
    if fewest is None:
        yield "- the approvals cannot be completed: too few people are left who may give them\n"
    elif fewest:
        yield f"- fewest who could complete the approvals: {', '.join(map(code, fewest))}\n"
    if ready is not None:
        yield f"- earliest: {written(ready)}\n"
