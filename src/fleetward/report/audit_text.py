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
    shown = [one for one in audit.breaks if not quiet or one.severity is Severity.ERROR]
    lines = [line(*_verdict(audit), hang=2), line(f"  {reach(audit)}", hang=2)]
    if not quiet:
        lines += [_head(name, seen.seq, seen.line) for name, seen in audit.heads.items()]
    for one in shown:
        lines += [line(), *_break(one)]
    return page([*lines, line(), line(span(next_command, "code"))])


def told(audit: Audit) -> str:
    """What was looked at: ``12 promotions, 1 adoption, 3 governance changes in 41 commits``."""
    parts = [
        _count(audit.promotions, "promotion"),
        *([_count(audit.adoptions, "adoption")] if audit.adoptions else []),
        _count(audit.governance, "governance change"),
    ]
    return f"{', '.join(parts)} in {_count(audit.commits, 'commit')}"


def reach(audit: Audit) -> str:
    """From where to where."""
    return f"from {audit.first or 'the beginning'} to {audit.last}"


def weights(audit: Audit) -> str:
    """``2 breaks, 1 warning``; empty where nothing was found."""
    words = ((Severity.ERROR, "break"), (Severity.WARNING, "warning"), (Severity.NOTE, "note"))
    return ", ".join(_count(count, word) for weight, word in words if (count := audit.count(weight)))


def _verdict(audit: Audit) -> Iterator[str | Span]:
    clean = span("clean", "good") if audit.clean else span("broken", "error")
    found = weights(audit)
    yield clean
    yield f": {f'{found}; ' if found else ''}{told(audit)}"


def _head(environment: str, seq: int, digest: str) -> Line:
    return line(
        f"  {environment}: {_count(seq, 'ledger entry', 'ledger entries')}, the last {digest}", hang=4
    )


def _break(one: Break) -> Iterator[Line]:
    yield line(
        span(one.severity.value, _ROLES[one.severity]), f" {one.rule}  ", span(f"commit {one.commit}", "dim")
    )
    yield line("  ", span(f"{one.file}:{one.line}", "place"))
    yield line(f"  {one.message}", hang=2)
    if one.hint:
        yield line(span(f"  try: {one.hint}", "dim"), hang=7)


def _count(number: int, word: str, many: str = "") -> str:
    return f"{number} {word if number == 1 else many or word + 's'}"
