"""
Findings as Markdown, for a comment or a step's summary.

All that comes from a fleet stands in code spans, which no renderer looks into for mentions, links, HTML or further
marks; they are fenced by more backticks than they hold. There is no table: a bar would end a cell.
"""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.finding import Finding
from fleetward.domain.validation import Validation
from fleetward.report.findings_text import count_text
from fleetward.report.human import visible
from fleetward.report.markdown import COMMENT_LIMIT, code, fit_items


def render(validation: Validation, next_command: str) -> str:
    """As many findings as there is room for, worst first, the exact counts before and after; a command last."""
    command = f"    {visible(next_command)}\n"
    items = ("\n".join(_item(finding)) + "\n" for finding in validation.unwaived)
    text, shown_count = fit_items(
        _head(validation), items, COMMENT_LIMIT - min(len(command), COMMENT_LIMIT // 2) - 100
    )
    omitted = len(validation.unwaived) - shown_count
    omission = f"\n{count_text(omitted, 'more finding')}, not shown here.\n" if omitted else ""
    # the words end the list: without them the command would be a paragraph of its last item
    return f"{text}{omission}\nnext:\n\n{command}"


def _head(validation: Validation) -> str:
    word = "not valid" if validation.errors else "valid"
    counts = ", ".join(
        (
            count_text(validation.errors, "error"),
            count_text(validation.warnings, "warning"),
            count_text(validation.notes, "note"),
            f"{validation.waived} waived",
        )
    )
    scope = f"{count_text(validation.agents, 'agent')} in {count_text(validation.files, 'file')}"
    return f"### fleet validate: {word}\n\n{counts}; {scope}.\n\n"


def _item(finding: Finding) -> Iterator[str]:
    place = finding.place
    where = code(f"{place.file}:{place.line}:{place.column}")
    yield f"- **{finding.severity}** {code(finding.rule)} at {where}  "
    yield f"  wrong: {code(finding.message)}" + ("  " if finding.hint else "")
    if finding.hint:
        yield f"  fix: {code(finding.hint)}"
