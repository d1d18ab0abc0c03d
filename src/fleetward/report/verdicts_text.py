"""Verdicts for people: what was asked, who met it, what is missing, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from fleetward.domain.break_glass import Way
from fleetward.domain.clock import spoken, written
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import Cause, Met, Promotion, Requirement, Verdict
from fleetward.report.page import Line, Page, Role, line, page, span

_WORDS: dict[Verdict, tuple[str, Role]] = {
    Verdict.UNCHANGED: ("UNCHANGED", "dim"),
    Verdict.ALLOWED: ("ALLOWED", "good"),
    Verdict.PENDING: ("PENDING", "warning"),
    Verdict.BLOCKED: ("BLOCKED", "error"),
}
_MARKS: dict[Met, Role] = {Met.MET: "good", Met.MISSING: "warning", Met.REFUSED: "error"}
TOO_FEW = "the approvals cannot be completed: too few people are left who may give them"
_MARK_WIDTH = max(len(status) for status in Met)


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
    lines = [_head(to, sources, commit, policy)]
    if verbose:
        lines += [line(span(f"policy {policy.sha256}", "dim")), line(span(f"at {written(now)}", "dim"))]
    lines.append(line())
    for one in promotions:
        lines += [*one_agent(one, verbose, now), line()]
    if notice:
        lines.append(line(span(notice, "warning"), hang=2))
    return page([*lines, line(span(next_command, "code"))])


def _head(to: str, sources: Sequence[str], commit: str, policy: Policy) -> Line:
    start = f"{', '.join(sources)} -> " if sources else ""
    return line(span(f"{start}{to}", "strong"), f" at {commit}, policy version {policy.version}")


def one_agent(one: Promotion, verbose: bool, now: datetime) -> Iterator[Line]:
    """One agent's verdict, and what is missing."""
    word, role = _WORDS[one.verdict]
    tier = f", tier {one.tier}" if one.tier else ""
    way = ", break-glass" if one.way is Way.BREAK_GLASS else ""
    what = f" ({one.kind}{tier}, generation {one.generation}{way})" if one.kind else " (nothing to promote)"
    yield line(span(word, role), " ", span(one.agent, "strong"), what)
    if one.kind is not None:
        yield line(f"  from {one.from_state or 'nothing'}")
        gone = ", no agent any more" if one.kind is PromotionKind.RETIRE else ""
        yield line(f"    to {one.to_state or 'nothing'}{gone}")
    elif one.from_state:
        yield line(f"  runs {one.from_state}")
    if verbose and one.release:
        yield line(span(f"  release {one.release}", "dim"))
    for requirement in one.requirements:
        yield from _requirement(requirement)
    for need in one.skipped:
        told = f" {need.kind} {need.asked} ({need.rule}): {need.detail}"
        yield line("  ", span(f"{'skipped':<{_MARK_WIDTH}}", "warning"), told, hang=_MARK_WIDTH + 3)
    for told in uncounted(one, verbose):
        yield line(span(f"  {told}", "dim"), hang=15)
    if verbose:
        yield from (line(span(f"  counts: {file}", "dim")) for file in one.counted)
    yield from _unblock(one, now)


def uncounted(one: Promotion, verbose: bool) -> Iterator[str]:
    """What was said and does not count; of what is about other changes the number alone, unless *verbose*."""
    about = [spare for spare in one.not_counted if verbose or spare.cause is not Cause.ELSEWHERE]
    yield from (f"not counted: {spare.approver}: {spare.reason}" for spare in about)
    rest = sum(len(spare.files) or 1 for spare in one.not_counted if spare not in about)
    if rest:
        yield f"not counted: {rest} given for other changes, -v lists them"


def _requirement(one: Requirement) -> Iterator[Line]:
    mark = span(f"{one.status:<{_MARK_WIDTH}}", _MARKS[one.status])
    told = f": {one.detail}" if one.detail else ""
    by = f" by {', '.join(one.by)}" if one.by and not all(person in one.detail for person in one.by) else ""
    yield line("  ", mark, f" {one.kind} {one.asked} ({one.rule}){told}{by}", hang=_MARK_WIDTH + 3)
    if one.could:
        yield line(" " * (_MARK_WIDTH + 3), f"{_ability(one)}: {', '.join(one.could)}", hang=_MARK_WIDTH + 5)


def _ability(one: Requirement) -> str:
    return "can lift it" if one.kind == "veto" else "could approve"


def _unblock(one: Promotion, now: datetime) -> Iterator[Line]:
    if one.verdict in (Verdict.ALLOWED, Verdict.UNCHANGED):
        return
    fewest, ready = one.unblock.fewest, one.unblock.ready_at
    if fewest is None:
        yield line(f"  {TOO_FEW}")
    elif fewest:
        yield line(f"  fewest who could complete the approvals: {', '.join(fewest)}", hang=4)
    if ready is not None:
        yield line(f"  earliest: {written(ready)}, in {spoken(ready - now)}")
