"""The findings of a policy check and the results of policy tests, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from fleetward.domain.finding import Finding
from fleetward.domain.policy_test import Difference, PolicyTestResult
from fleetward.domain.practice import Practice
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.report.counts import count_text
from fleetward.report.findings_text import finding_lines
from fleetward.report.page import Line, Page, line, page, span


def render_check(
    findings: Sequence[Finding],
    text: Callable[[str], str],
    *,
    rules: int,
    agents: int,
    base: str | None,
    next_command: str,
    practices: Sequence[Practice] | None = None,
) -> Page:
    """Each finding with its source line, and what was checked; *text* returns a file's text, *next_command* is last."""
    lines = [*_practice_lines(practices or ()), *finding_lines(findings, text, verbose=False)]
    against = f", compared with {base}" if base else ""
    verdict = (
        span("no findings", "good") if not findings else span(count_text(len(findings), "finding"), "error")
    )
    lines.append(line(verdict, f" in {count_text(rules, 'rule')} for {count_text(agents, 'agent')}{against}"))
    return page([*lines, line(span(next_command, "code"))])


def _practice_lines(practices: Sequence[Practice]) -> Iterator[Line]:
    """Each practice with the tier that asks it, those that are left open at the end."""
    if not practices:
        return
    width = max(len(practice.tier or "open") for practice in practices)
    longest = max(len(practice.path) for practice in practices)
    for practice in practices:
        tier = span(f"{practice.tier or 'open':{width}}", "good" if practice.tier else "warning")
        rule = f"  found by {practice.rule}" if practice.rule else ""
        path = practice.path.ljust(longest) if rule else practice.path
        yield line(tier, f"  {path}{rule}")
    left_open = sum(practice.tier is None for practice in practices)
    asked = count_text(len(practices) - left_open, "practice")
    yield line(f"the policy asks {asked}, each from its tier on, and leaves {left_open} open")
    yield line("")


def render_tests(
    results: Sequence[PolicyTestResult], *, quiet: bool, verbose: bool, next_command: str
) -> Page:
    """
    The result of each test; for a failed one, what differs and the requirements that differ.

    Verbose shows all requirements of a failed test.
    """
    lines: list[Line] = []
    for result in results:
        if result.differences:
            lines += _failure_lines(result, verbose)
        elif not quiet:
            lines.append(line(span("ok    ", "good"), " ", result.case.name, hang=7))
    failed = sum(bool(result.differences) for result in results)
    lines.append(line(f"{count_text(len(results), 'test')}: {len(results) - failed} passed, {failed} failed"))
    return page([*lines, line(span(next_command, "code"))])


def _failure_lines(result: PolicyTestResult, verbose: bool) -> Iterator[Line]:
    place = result.case.place
    yield line(span("FAILED", "error"), " ", result.case.name, hang=6)
    yield line("      ", span(f"{place.file}:{place.line}", "place"), f", {result.case.agent}")
    for difference in result.differences:
        expected, got = (
            ", ".join(values) or "nothing" for values in (difference.expected, difference.actual)
        )
        yield line(f"      {difference.aspect}: expected {expected}; got {got}", hang=8)
    different = _differing_requirements(result.differences)
    for requirement in result.promotion.requirements:
        if (
            verbose
            or _requirement_text(requirement) in different
            or (not different and requirement.status is not RequirementStatus.MET)
        ):
            detail = f": {requirement.detail}" if requirement.detail else ""
            yield line(
                f"        {requirement.status} {requirement.kind} {requirement.condition} ({requirement.rule}){detail}",
                hang=10,
            )
    for approval in result.promotion.not_counted:
        yield line(f"        not counted: {approval.approver}: {approval.reason}", hang=10)


def _differing_requirements(differences: Sequence[Difference]) -> frozenset[str]:
    """The requirements that are missing on one side only."""
    different = frozenset[str]()
    for difference in differences:
        if difference.aspect == "missing":
            different |= frozenset(difference.expected) ^ frozenset(difference.actual)
    return different


def _requirement_text(requirement: Requirement) -> str:
    return requirement.condition if requirement.kind == "approvals" else requirement.kind
