"""The transfer of a person's roles, for people: what is edited now, later, not at all, or by hand."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.transfer import AssignedRole, Transfer, TransferOutcome
from fleetward.report.counts import count_text
from fleetward.report.page import Line, Page, line, page, span

_HEADS = {
    TransferOutcome.EDIT: ("would edit", "edited"),
    TransferOutcome.PROPOSAL: ("would propose", "proposed"),
    TransferOutcome.PROMOTION: ("changes with the next promotion", "changes with the next promotion"),
    TransferOutcome.STAYS: ("stays as it is", "stays as it is"),
    TransferOutcome.OPEN: ("cannot be edited", "cannot be edited"),
}


def render(transfer: Transfer, *, next_command: str) -> Page:
    """The whole answer; its last line is *next_command*."""
    roles = count_text(len(transfer.roles), "role")
    files = count_text(len({role.place.file for role in transfer.roles}), "file")
    head = f"{transfer.giver} -> {transfer.taker}"
    lines = [
        line(span(head, "strong"), f": {roles} in {files}"),
        line(),
    ]
    for fate, words in _HEADS.items():
        lines += _group_lines(words[transfer.written], transfer.roles_with(fate), fate)
    if transfer.problems:
        lines += [
            line(span("new findings after the transfer", "error")),
            *_problem_lines(transfer),
            line(),
        ]
    if transfer.roles:
        lines += [line(f"keys and e-mail addresses stay with {transfer.giver}"), line()]
    return page([*lines, line(span(next_command, "code"))])


def _group_lines(head: str, roles: tuple[AssignedRole, ...], fate: TransferOutcome) -> Iterator[Line]:
    if not roles:
        return
    yield line(span(head, "warning" if fate is TransferOutcome.OPEN else "strong"))
    file = ""
    for role in roles:
        if role.place.file != file:
            file = role.place.file
            yield line("  ", span(file, "place"))
        yield line(
            "    ", ": ".join(filter(None, (str(role.place.line), role.place.path, role.note))), hang=6
        )
    yield line()


def _problem_lines(transfer: Transfer) -> Iterator[Line]:
    for problem in transfer.problems:
        yield line("  ", span(f"{problem.place.file}:{problem.place.line}", "place"))
        yield line(f"    {problem.severity} {problem.rule}: {problem.message}", hang=6)
