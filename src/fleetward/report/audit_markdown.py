"""An audit as Markdown, for a comment or a step's summary; all that comes from a fleet stands in code spans."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.audit import Audit, Break
from fleetward.report.audit_text import told, weights
from fleetward.report.human import visible
from fleetward.report.markdown import ROOM, code, fitted


def render(audit: Audit, next_command: str) -> str:
    """As many breaks as there is room for, worst first, the counts before and after; a command last."""
    command = f"    {visible(next_command)}\n"
    items = ("\n".join(_item(one)) + "\n" for one in audit.breaks)
    told_of, shown = fitted(_head(audit), items, ROOM - min(len(command), ROOM // 2) - 100)
    rest = len(audit.breaks) - shown
    left_off = f"\n{rest} more, not shown here.\n" if rest else ""
    space = "\n" if shown else ""
    return f"{told_of}{left_off}{space}next:\n\n{command}"


def _head(audit: Audit) -> str:
    found = weights(audit)
    first = code(audit.first) if audit.first else "the beginning"
    return (
        f"### fleet audit: {'clean' if audit.clean else 'broken'}\n\n{f'{found}; ' if found else ''}{told(audit)}, "
        f"from {first} to {code(audit.last)}.\n\n"
    )


def _item(one: Break) -> Iterator[str]:
    yield f"- **{one.severity}** {code(one.rule)} in commit {code(one.commit)} at {code(f'{one.file}:{one.line}')}  "
    yield f"  wrong: {code(one.message)}" + ("  " if one.hint else "")
    if one.hint:
        yield f"  see: {code(one.hint)}"
