"""An audit for people: the verdict, then every break with its commit and file, worst first."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.audit import Audit, Break
from fleetward.domain.finding import Severity
from fleetward.report.caps import Block, fit_blocks, omission_line
from fleetward.report.counts import count_text
from fleetward.report.page import Line, Page, Span, line, page, span
from fleetward.report.severity_roles import SEVERITY_ROLES


def render(audit: Audit, *, next_command: str, quiet: bool = False) -> Page:
    """The verdict, the commits that were audited, the ledgers and the breaks; *next_command* last."""
    problems = [problem for problem in audit.breaks if not quiet or problem.severity is Severity.ERROR]
    lines = [line(*_verdict_parts(audit), hang=2), line(f"  {range_text(audit)}", hang=2)]
    if not quiet:
        lines += [_head_line(name, head.seq, head.line) for name, head in audit.heads.items()]
    rows, omitted = fit_blocks(Block((line(), *_break_lines(problem))) for problem in problems)
    if omitted:
        rows += [line(), omission_line(omitted, "finding")]
    return page([*lines, *rows, line(), line(span(next_command, "code"))])


def scope_text(audit: Audit) -> str:
    """What was audited: ``12 promotions, 1 adoption, 3 governance changes in 41 commits``."""
    parts = [
        count_text(audit.promotions, "promotion"),
        *([count_text(audit.adoptions, "adoption")] if audit.adoptions else []),
        count_text(audit.governance, "governance change"),
    ]
    return f"{', '.join(parts)} in {count_text(audit.commits, 'commit')}"


def range_text(audit: Audit) -> str:
    """The range of commits: ``from the beginning to 3f2a...``."""
    return f"from {audit.first or 'the beginning'} to {audit.last}"


def break_counts(audit: Audit) -> str:
    """``2 breaks, 1 warning``; empty if nothing was found."""
    words = ((Severity.ERROR, "break"), (Severity.WARNING, "warning"), (Severity.NOTE, "note"))
    return ", ".join(count_text(count, word) for weight, word in words if (count := audit.count(weight)))


def _verdict_parts(audit: Audit) -> Iterator[str | Span]:
    clean = span("clean", "good") if audit.clean else span("broken", "error")
    counts = break_counts(audit)
    yield clean
    yield f": {f'{counts}; ' if counts else ''}{scope_text(audit)}"


def _head_line(environment: str, seq: int, digest: str) -> Line:
    return line(
        f"  {environment}: {count_text(seq, 'ledger entry', 'ledger entries')}, last line {digest}", hang=4
    )


def _break_lines(problem: Break) -> Iterator[Line]:
    yield line(
        span(problem.severity.value, SEVERITY_ROLES[problem.severity]),
        f" {problem.rule}  ",
        span(f"commit {problem.commit}", "dim"),
    )
    yield line("  ", span(f"{problem.file}:{problem.line}", "place"))
    yield line(f"  {problem.message}", hang=2)
    if problem.hint:
        yield line(span(f"  try: {problem.hint}", "dim"), hang=7)
