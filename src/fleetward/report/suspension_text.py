"""A suspension or its end, for people: the file, and the verdict of the gate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.next_step import NextStep
from fleetward.domain.suspension import Suspension
from fleetward.report.next_step import lines as next_step_lines
from fleetward.report.page import Line, Page, line, page, span
from fleetward.report.verdicts_text import agent_lines


def render(
    suspension: Suspension,
    *,
    next_step: NextStep,
    repeat: str,
    author: str | None,
    verbose: bool,
    now: datetime,
) -> Page:
    """
    The whole answer; its last line is the command of *next_step*.

    *repeat* is the command to run once all requirements are met. *author* is who writes the proposal, if known: the one
    person who cannot approve it.
    """
    head = line(
        span(f"{suspension.verb} {suspension.agent}", "strong"),
        f" in {suspension.environment}: {suspension.reason}",
        hang=2,
    )
    lines = [head, *_file_lines(suspension), line()]
    if suspension.predicted is not None:
        lines += [*agent_lines(suspension.predicted, verbose, now), line()]
        if author is not None and suspension.promoted is None:
            lines += [line(f"{author} is the author of the proposal, and cannot approve it"), line()]
    if suspension.suspended and suspension.has_changes:
        lines += [*_contact_lines(suspension), line()]
    if suspension.is_pending:
        state = "still runs" if suspension.suspended else "is still suspended"
        text = f": {suspension.agent} {state}. When all requirements are met: {repeat}"
        lines += [line(span("not done yet", "warning"), text, hang=2), line()]
    if suspension.promoted is not None:
        word = "suspended" if suspension.review_seq is not None else "promoted"
        lines += [line(span(word, "good"), f", commit {suspension.promoted}"), line()]
    return page([*lines, *next_step_lines(next_step)])


def _contact_lines(suspension: Suspension) -> Iterator[Line]:
    yield line(f"call: {', '.join(suspension.contacts) or 'the manifest names nobody'}", hang=6)
    yield line(f"kill switch: {suspension.kill_switch or 'the manifest names none'}", hang=13)
    yield line(f"depends on it: {', '.join(suspension.dependents) or 'no agent'}", hang=15)


def _file_lines(suspension: Suspension) -> Iterator[Line]:
    if not suspension.has_changes:
        state = "already suspended" if suspension.suspended else "not suspended"
        yield line(f"{suspension.agent} is {state}: nothing to do")
        if suspension.contradicting_proposal:
            yield line(span("but ", "warning"), f"{suspension.file} would change that")
        return
    yield line(*_action_text(suspension), span(suspension.file, "place"))
    for text in (suspension.content or b"").decode("utf-8", "replace").splitlines():
        yield line(f"  {text}", hang=4)


def _action_text(suspension: Suspension) -> tuple[str, ...]:
    removed = suspension.content is None
    if suspension.already_proposed:
        return ("already proposed: ",)
    if suspension.committed is not None:
        return (f"committed as {suspension.committed}: ",)
    if suspension.written or suspension.promoted is not None:
        return ("removed " if removed else "wrote ",)
    return ("would remove " if removed else "would write ",)
