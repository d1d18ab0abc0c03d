"""
Findings as Markdown, for a comment or a step's summary.

All that comes from a fleet stands in code spans, in which no renderer looks for mentions, links, HTML or other
marks. There is no table: a bar would end a cell.
"""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.finding import Finding
from fleetward.domain.validation import Validation
from fleetward.report.counts import count_text
from fleetward.report.markdown import code, render_list


def render(validation: Validation, next_command: str) -> str:
    """The counts, the findings worst first as far as there is room, and a command last."""
    items = ("\n".join(_item(finding)) + "\n" for finding in validation.unwaived)
    return render_list(_head(validation), items, len(validation.unwaived), "finding", next_command)


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
