"""An audit as Markdown, for a comment or a step's summary; all that comes from a fleet stands in code spans."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.audit import Audit, Break
from fleetward.report.audit_text import break_counts, scope_text
from fleetward.report.human import visible
from fleetward.report.markdown import COMMENT_LIMIT, code, fit_items


def render(audit: Audit, next_command: str) -> str:
    """As many breaks as there is room for, worst first, the counts before and after; a command last."""
    command = f"    {visible(next_command)}\n"
    items = ("\n".join(_item(problem)) + "\n" for problem in audit.breaks)
    text, shown_count = fit_items(
        _head(audit), items, COMMENT_LIMIT - min(len(command), COMMENT_LIMIT // 2) - 100
    )
    omitted = len(audit.breaks) - shown_count
    omission = f"\n{omitted} more, not shown here.\n" if omitted else ""
    space = "\n" if shown_count else ""
    return f"{text}{omission}{space}next:\n\n{command}"


def _head(audit: Audit) -> str:
    counts = break_counts(audit)
    first = code(audit.first) if audit.first else "the beginning"
    return (
        f"### fleet audit: {'clean' if audit.clean else 'broken'}\n\n{f'{counts}; ' if counts else ''}{scope_text(audit)}, "
        f"from {first} to {code(audit.last)}.\n\n"
    )


def _item(problem: Break) -> Iterator[str]:
    yield f"- **{problem.severity}** {code(problem.rule)} in commit {code(problem.commit)} at {code(f'{problem.file}:{problem.line}')}  "
    yield f"  wrong: {code(problem.message)}" + ("  " if problem.hint else "")
    if problem.hint:
        yield f"  see: {code(problem.hint)}"
