"""An audit for people: one line where all is well, else every break with its commit and file, worst first."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.audit import Audit, Break
from fleetward.domain.finding import Severity
from fleetward.report.page import Line, Page, Role, Span, line, page, span

_ROLES: dict[Severity, Role] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


def render(audit: Audit, *, next_command: str, quiet: bool = False) -> Page:
    """The verdict first, then what it rests on."""
    problems = [problem for problem in audit.breaks if not quiet or problem.severity is Severity.ERROR]
    lines = [line(*_verdict_parts(audit), hang=2), line(f"  {range_text(audit)}", hang=2)]
    if not quiet:
        lines += [_head_line(name, head.seq, head.line) for name, head in audit.heads.items()]
    for problem in problems:
        lines += [line(), *_break_lines(problem)]
    return page([*lines, line(), line(span(next_command, "code"))])


def scope_text(audit: Audit) -> str:
    """What was looked at: ``12 promotions, 1 adoption, 3 governance changes in 41 commits``."""
    parts = [
        _count_text(audit.promotions, "promotion"),
        *([_count_text(audit.adoptions, "adoption")] if audit.adoptions else []),
        _count_text(audit.governance, "governance change"),
    ]
    return f"{', '.join(parts)} in {_count_text(audit.commits, 'commit')}"


def range_text(audit: Audit) -> str:
    """From where to where."""
    return f"from {audit.first or 'the beginning'} to {audit.last}"


def break_counts(audit: Audit) -> str:
    """``2 breaks, 1 warning``; empty where nothing was found."""
    words = ((Severity.ERROR, "break"), (Severity.WARNING, "warning"), (Severity.NOTE, "note"))
    return ", ".join(_count_text(count, word) for weight, word in words if (count := audit.count(weight)))


def _verdict_parts(audit: Audit) -> Iterator[str | Span]:
    clean = span("clean", "good") if audit.clean else span("broken", "error")
    counts = break_counts(audit)
    yield clean
    yield f": {f'{counts}; ' if counts else ''}{scope_text(audit)}"


def _head_line(environment: str, seq: int, digest: str) -> Line:
    return line(
        f"  {environment}: {_count_text(seq, 'ledger entry', 'ledger entries')}, the last {digest}", hang=4
    )


def _break_lines(problem: Break) -> Iterator[Line]:
    yield line(
        span(problem.severity.value, _ROLES[problem.severity]),
        f" {problem.rule}  ",
        span(f"commit {problem.commit}", "dim"),
    )
    yield line("  ", span(f"{problem.file}:{problem.line}", "place"))
    yield line(f"  {problem.message}", hang=2)
    if problem.hint:
        yield line(span(f"  try: {problem.hint}", "dim"), hang=7)


def _count_text(number: int, word: str, many: str = "") -> str:
    return f"{number} {word if number == 1 else many or word + 's'}"
