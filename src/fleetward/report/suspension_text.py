"""The emergency brake for people: the file, and what the gate says to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.suspension import Brake
from fleetward.report.page import Line, Page, line, page, span
from fleetward.report.verdicts_text import one_agent


def render(
    brake: Brake, *, next_command: str, again: str, author: str | None, verbose: bool, now: datetime
) -> Page:
    """
    The whole answer; its last line is *next_command*.

    *again* is the command that does it once nothing is missing. *author* is who writes the proposal, where that
    is known: it is the one person who cannot approve it.
    """
    head = line(
        span(f"{brake.verb} {brake.agent}", "strong"), f" in {brake.environment}: {brake.reason}", hang=2
    )
    lines = [head, *_file(brake), line()]
    if brake.outlook is not None:
        lines += [*one_agent(brake.outlook, verbose, now), line()]
        if author is not None and brake.promoted is None:
            lines += [line(f"{author} writes the proposal, and cannot approve it"), line()]
    if brake.waits:
        still = "still runs as before" if brake.suspended else "is still suspended"
        told = f": {brake.agent} {still}. Once nothing is missing any more: {again}"
        lines += [line(span("not done yet", "warning"), told, hang=2), line()]
    if brake.promoted is not None:
        lines += [line(span("promoted", "good"), f", commit {brake.promoted}"), line()]
    return page([*lines, line(span(next_command, "code"))])


def _file(brake: Brake) -> Iterator[Line]:
    if not brake.moves:
        state = "suspended already" if brake.suspended else "not suspended"
        yield line(f"{brake.agent} is {state}: nothing to do")
        if brake.against:
            yield line(span("but ", "warning"), f"{brake.file} would change that")
        return
    yield line(*_done(brake), span(brake.file, "place"))
    for text in (brake.content or b"").decode("utf-8", "replace").splitlines():
        yield line(f"  {text}", hang=4)


def _done(brake: Brake) -> tuple[str, ...]:
    gone = brake.content is None
    if brake.standing:
        return ("proposed already: ",)
    if brake.committed is not None:
        return (f"committed as {brake.committed}: ",)
    if brake.written:
        return ("took away " if gone else "wrote ",)
    return ("would take away " if gone else "would write ",)
