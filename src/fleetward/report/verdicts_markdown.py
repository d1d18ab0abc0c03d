"""
Verdicts as Markdown, for a comment on a pull request: what is missing first.

All that comes from a fleet stands in code spans, in which no renderer looks for mentions, links, HTML or other
marks. There is no table: a bar would end a cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from fleetward.domain.batch_verdict import BatchVerdict
from fleetward.domain.clock import format_instant
from fleetward.domain.next_step import NextStep
from fleetward.domain.verdict import (
    Promotion,
    Requirement,
    RequirementStatus,
    Verdict,
)
from fleetward.report import verdict_words
from fleetward.report.counts import count_text
from fleetward.report.exclusions import exclusions
from fleetward.report.human import visible
from fleetward.report.markdown import COMMENT_LIMIT, code, fit_items

_ORDER = (RequirementStatus.REFUSED, RequirementStatus.MISSING, RequirementStatus.MET)
_OMISSION_ROOM = 200
"""Characters that are kept free for the line that counts what was left out."""


def render(
    batch: BatchVerdict,
    *,
    next_step: NextStep,
    assumption: str = "",
    notice: str = "",
    verb: str = "promote",
) -> str:
    """
    The comment, the worst verdict first, a command last; a hidden first line holds its digest.

    *assumption* is what the verdicts assume (``--as``, ``--at``), *notice* a note that stands before them.
    """
    head = "".join(f"{text}\n\n" for text in _head(verb, batch, assumption, notice))
    command = f"next: {next_step.reason}:\n\n    {visible(next_step.command)}\n"
    marker = len(f"<!-- fleetward:{verb} sha256: -->\n") + 64
    # the marker's length is fixed, so the room is known before the digest
    room = COMMENT_LIMIT - marker - len(head) - min(len(command), COMMENT_LIMIT // 2) - _OMISSION_ROOM
    body = _body_within(sorted(batch.promotions, key=lambda p: (-p.verdict.rank, p.agent)), room)
    comment = f"{head}{body}{command}"
    # a path may hold surrogates, which UTF-8 refuses
    digest = hashlib.sha256(comment.encode("utf-8", "backslashreplace")).hexdigest()
    return f"<!-- fleetward:{verb} sha256:{digest} -->\n{comment}"


def _head(verb: str, batch: BatchVerdict, assumption: str, notice: str) -> Iterator[str]:
    yield f"### fleet {verb}: {batch.verdict}"
    start = f"{', '.join(map(code, batch.sources))} to " if batch.sources else "to "
    yield f"{start}{code(batch.target)} at {code(batch.commit)}, {verdict_words.governance(batch)}."
    for change in batch.pending:
        yield f"**Waits for agreement:** governance of commit {code(change.commit[:12])}: {code(change.lacks)}."
    if assumption:
        yield f"**What-if:** {code(assumption)}."
    if notice:
        yield f"**Note:** {code(notice)}."


def _body_within(promotions: Sequence[Promotion], room: int) -> str:
    """The lines that *room* characters hold; the others are counted."""
    lines = [text for promotion in promotions for text in _agent_parts(promotion)]
    fitting = fit_items(lines, room)
    omitted = len(lines) - len(fitting)
    omission = f"\n{omitted} more lines, not shown here: `-o json` lists all.\n\n" if omitted else ""
    return "".join(fitting) + omission


def _agent_parts(promotion: Promotion) -> Iterator[str]:
    summary = verdict_words.summary(promotion, code(promotion.tier or ""))
    yield f"#### {code(promotion.agent)}: {promotion.verdict} ({summary})\n\n"
    if promotion.kind is not None:
        start = code(promotion.from_state) if promotion.from_state else "nothing"
        end = code(promotion.to_state) if promotion.to_state else "nothing"
        yield f"- from {start}  \n  to {end}{verdict_words.ending(promotion)}\n"
    yield from map(_requirement_text, sorted(promotion.requirements, key=lambda r: _ORDER.index(r.status)))
    for skipped in promotion.skipped:
        yield f"- {_requirement_head('skipped', skipped)}: {code(skipped.detail)}\n"
    for item in verdict_words.about_this_change(promotion):
        yield f"- not counted: {code(item.approver)}: {code(item.reason)}\n"
    if elsewhere := verdict_words.about_other_changes(promotion):
        yield f"- not counted: {count_text(elsewhere, 'statement')} on other changes\n"
    yield from _unblock_lines(promotion)
    yield "\n"


def _requirement_text(requirement: Requirement) -> str:
    detail = f": {code(requirement.detail)}" if requirement.detail else ""
    parts = [f"- {_requirement_head(requirement.status, requirement)}{detail}"]
    if people := verdict_words.unnamed_people(requirement):
        parts.append(f"by {', '.join(map(code, people))}")
    if requirement.eligible:
        eligible = ", ".join(map(code, requirement.eligible))
        parts.append(f"{verdict_words.eligible_label(requirement)}: {eligible}")
    for exclusion in exclusions(requirement):
        names = ", ".join(map(code, exclusion.people))
        parts.append(f"not counted: {names}: {code(exclusion.reason)}; would help: {code(exclusion.remedy)}")
    return "  \n  ".join(parts) + "\n"


def _requirement_head(status: str, requirement: Requirement) -> str:
    return f"**{status}** {requirement.kind} {code(requirement.condition)} ({code(requirement.rule)})"


def _unblock_lines(promotion: Promotion) -> Iterator[str]:
    if promotion.verdict in (Verdict.ALLOWED, Verdict.UNCHANGED):
        return
    approvers, ready = promotion.unblock.minimal_approvers, promotion.unblock.ready_at
    if approvers is None:
        yield f"- {verdict_words.TOO_FEW}\n"
    elif approvers:
        yield f"- {verdict_words.MINIMAL_APPROVERS}: {', '.join(map(code, approvers))}\n"
    if promotion.unblock.ways:
        ways = (f"  - {code(way.text)}: {code(way.command)}\n" for way in promotion.unblock.ways)
        yield "- ways on:\n" + "".join(ways)
    if ready is not None:
        yield f"- earliest: {format_instant(ready)}\n"
