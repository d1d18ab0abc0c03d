"""What ``--as`` and ``--at`` ask: had these people approved, at that time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from fleetward.domain.clock import format_instant, parse_instant, suggested_instant
from fleetward.domain.errors import UsageError
from fleetward.domain.names import nearest_name
from fleetward.domain.people import People
from fleetward.report.page import Line, line, span
from fleetward.workflows.context import RunContext

As = Annotated[
    list[str] | None,
    typer.Option("--as", metavar="PERSON...", help="What if these people approved; writes nothing."),
]
At = Annotated[
    str | None, typer.Option("--at", metavar="INSTANT", help="What if it were this instant; writes nothing.")
]


def at_instant(run: RunContext, at: str | None) -> RunContext:
    """
    The run, with its clock set to *at*.

    Errors: UsageError for a time that is none.
    """
    if at is None:
        return run
    try:
        return replace(run, now=parse_instant(at), now_given=True)
    except ValueError as error:
        raise UsageError(f"--at: {error}", hint=f"--at {suggested_instant(at)}") from None


def checked_approvers(names: Sequence[str] | None, people: People) -> tuple[str, ...]:
    """
    The people who are supposed to approve, each once.

    Errors: UsageError where ``people.yaml`` has nobody of that name; of a robot the gate itself says why not.
    """
    for name in names or ():
        if name not in people.people and name not in people.robots:
            close = nearest_name(name, people.people)
            hint = f"did you mean {close!r}?" if close else "a name of governance/people.yaml"
            raise UsageError(f"--as: nobody is called {name!r}", hint=hint)
    return tuple(dict.fromkeys(names or ()))


def assumption_lines(run: RunContext, names: Sequence[str], at: str | None) -> tuple[Line, ...]:
    """The line that says that all of it is supposed; none where nothing is."""
    text = assumption_text(run, names, at)
    return (line(span(text, "warning")),) if text else ()


def assumption_text(run: RunContext, names: Sequence[str], at: str | None) -> str:
    """What is supposed, in words; empty where nothing is."""
    who = f"{', '.join(names)} approved" if names else ""
    when = f"it is {format_instant(run.now)}" if at else ""
    return f"supposing that {' and '.join(part for part in (who, when) if part)}" if who or when else ""


def assumption_data(run: RunContext, names: Sequence[str], at: str | None) -> dict[str, Any] | None:
    """What is supposed, for programs; None where nothing is."""
    return {"people": list(names), "at": format_instant(run.now)} if names or at else None
