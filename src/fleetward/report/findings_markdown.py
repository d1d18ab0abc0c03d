"""
Findings as Markdown, for a comment or a step's summary.

All that comes from a fleet stands in code spans, which no renderer looks into for mentions, links, HTML or further
marks; they are fenced by more backticks than they hold. There is no table: a bar would end a cell.
"""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.finding import Finding
from fleetward.domain.validation import Validation
from fleetward.report.findings_text import counted
from fleetward.report.human import visible
from fleetward.report.markdown import ROOM, code, fitted


def render(validation: Validation, next_command: str) -> str:
    """As many findings as there is room for, worst first, the exact counts before and after; a command last."""
    command = f"    {visible(next_command)}\n"
    items = ("\n".join(_item(finding)) + "\n" for finding in validation.counting)
    told_of, shown = fitted(_head(validation), items, ROOM - min(len(command), ROOM // 2) - 100)
    rest = len(validation.counting) - shown
    left_off = f"\n{counted(rest, 'more finding')}, not shown here.\n" if rest else ""
    # the words end the list: without them the command would be a paragraph of its last item
    return f"{told_of}{left_off}\nnext:\n\n{command}"


def _head(validation: Validation) -> str:
    word = "not valid" if validation.errors else "valid"
    counts = ", ".join(
        (
            counted(validation.errors, "error"),
            counted(validation.warnings, "warning"),
            counted(validation.notes, "note"),
            f"{validation.waived} waived",
        )
    )
    looked_at = f"{counted(validation.agents, 'agent')} in {counted(validation.files, 'file')}"
    return f"### fleet validate: {word}\n\n{counts}; {looked_at}.\n\n"


def _item(finding: Finding) -> Iterator[str]:
    place = finding.place
    where = code(f"{place.file}:{place.line}:{place.column}")
    yield f"- **{finding.severity}** {code(finding.rule)} at {where}  "
    yield f"  wrong: {code(finding.message)}" + ("  " if finding.hint else "")
    if finding.hint:
        yield f"  fix: {code(finding.hint)}"
