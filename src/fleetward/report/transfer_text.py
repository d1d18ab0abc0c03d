"""Roles handed over, for people: what is edited, what comes later, what stays, what somebody has to look at."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward.domain.transfer import Fate, Role, Transfer
from fleetward.report.page import Line, Page, line, page, span

_HEADS = {
    Fate.EDIT: ("would edit", "edited"),
    Fate.PROPOSAL: ("would propose", "proposed"),
    Fate.PROMOTION: ("comes with the next promotion", "comes with the next promotion"),
    Fate.STAYS: ("stays as it is", "stays as it is"),
    Fate.OPEN: ("cannot be edited", "cannot be edited"),
}


def render(transfer: Transfer, *, next_command: str) -> Page:
    """The whole answer; its last line is *next_command*."""
    count = len(transfer.roles)
    where = len({one.place.file for one in transfer.roles})
    head = f"{transfer.giver} -> {transfer.taker}"
    lines = [
        line(span(head, "strong"), f": {count} {_s(count, 'role')} in {where} {_s(where, 'file')}"),
        line(),
    ]
    for fate, words in _HEADS.items():
        lines += _group(words[transfer.written], transfer.of(fate), fate)
    if transfer.problems:
        lines += [line(span("would be found then, and is not now", "error")), *_problems(transfer), line()]
    if count:
        lines += [line(f"keys and e-mail addresses stay with {transfer.giver}"), line()]
    return page([*lines, line(span(next_command, "code"))])


def _group(head: str, roles: tuple[Role, ...], fate: Fate) -> Iterator[Line]:
    if not roles:
        return
    yield line(span(head, "warning" if fate is Fate.OPEN else "strong"))
    file = ""
    for one in roles:
        if one.place.file != file:
            file = one.place.file
            yield line("  ", span(file, "place"))
        yield line("    ", ": ".join(filter(None, (str(one.place.line), one.place.path, one.note))), hang=6)
    yield line()


def _problems(transfer: Transfer) -> Iterator[Line]:
    for one in transfer.problems:
        yield line("  ", span(f"{one.place.file}:{one.place.line}", "place"))
        yield line(f"    {one.severity} {one.rule}: {one.message}", hang=6)


def _s(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
