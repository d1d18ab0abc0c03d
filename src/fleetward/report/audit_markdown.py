"""An audit as Markdown, for a comment or a step's summary; all that comes from a fleet stands in code spans."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.audit import Audit, Break
from fleetward.report.audit_text import break_counts, scope_text
from fleetward.report.markdown import code, render_list


def render(audit: Audit, next_command: str) -> str:
    """The verdict, the breaks worst first as far as there is room, and a command last."""
    items = ("\n".join(_item(problem)) + "\n" for problem in audit.breaks)
    return render_list(_head(audit), items, len(audit.breaks), "finding", next_command)


def _head(audit: Audit) -> str:
    counts = f"{break_counts(audit)}; " if audit.breaks else ""
    first = code(audit.first) if audit.first else "the beginning"
    scope = f"{scope_text(audit)}, from {first} to {code(audit.last)}"
    return f"### fleet audit: {'clean' if audit.clean else 'broken'}\n\n{counts}{scope}.\n\n"


def _item(problem: Break) -> Iterator[str]:
    place = code(f"{problem.file}:{problem.line}")
    yield f"- **{problem.severity}** {code(problem.rule)} in commit {code(problem.commit)} at {place}  "
    yield f"  wrong: {code(problem.message)}" + ("  " if problem.hint else "")
    if problem.hint:
        yield f"  try: {code(problem.hint)}"
