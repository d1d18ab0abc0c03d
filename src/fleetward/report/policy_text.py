"""What is wrong with a policy, and how its cases came out, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from fleetward.domain.finding import Finding
from fleetward.domain.policy_test import Difference, Rehearsed
from fleetward.domain.verdict import Met, Requirement
from fleetward.report.findings_text import counted, told
from fleetward.report.page import Line, Page, line, page, span


def checked(
    findings: Sequence[Finding],
    text: Callable[[str], str],
    *,
    rules: int,
    agents: int,
    base: str | None,
    next_command: str,
) -> Page:
    """Each finding at its line of a file's *text*, and how much was looked at; the last line is *next_command*."""
    lines = told(findings, text, verbose=False)
    against = f", compared with {base}" if base else ""
    word = span("nothing wrong", "good") if not findings else span(counted(len(findings), "finding"), "error")
    lines.append(line(word, f" in {counted(rules, 'rule')} for {counted(agents, 'agent')}{against}"))
    return page([*lines, line(span(next_command, "code"))])


def tested(results: Sequence[Rehearsed], *, quiet: bool, verbose: bool, next_command: str) -> Page:
    """
    Each case by its name; of one that fails what differs, and the requirements that make the difference.

    Verbose shows every requirement of a case that fails.
    """
    lines: list[Line] = []
    for one in results:
        if one.differences:
            lines += _failed(one, verbose)
        elif not quiet:
            lines.append(line(span("ok    ", "good"), one.case.name, hang=6))
    failed = sum(bool(one.differences) for one in results)
    lines.append(line(f"{counted(len(results), 'case')}, {failed or 'none'} otherwise than expected"))
    return page([*lines, line(span(next_command, "code"))])


def _failed(one: Rehearsed, verbose: bool) -> Iterator[Line]:
    place = one.case.place
    yield line(span("NO    ", "error"), one.case.name, hang=6)
    yield line("      ", span(f"{place.file}:{place.line}", "place"), f", {one.case.agent}")
    for difference in one.differences:
        expected, got = (", ".join(some) or "nothing" for some in (difference.expected, difference.got))
        yield line(f"      {difference.what}: expected {expected}; got {got}", hang=8)
    differing = _differing(one.differences)
    for need in one.promotion.requirements:
        if verbose or _word(need) in differing or (not differing and need.status is not Met.MET):
            told = f": {need.detail}" if need.detail else ""
            yield line(f"        {need.status} {need.kind} {need.asked} ({need.rule}){told}", hang=10)
    for spare in one.promotion.not_counted:
        yield line(f"        not counted: {spare.approver}: {spare.reason}", hang=10)


def _differing(differences: Sequence[Difference]) -> frozenset[str]:
    """The words of what is missing on one side alone."""
    found = frozenset[str]()
    for one in differences:
        if one.what == "missing":
            found |= frozenset(one.expected) ^ frozenset(one.got)
    return found


def _word(need: Requirement) -> str:
    return need.asked if need.kind == "approvals" else need.kind
