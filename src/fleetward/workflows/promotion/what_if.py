"""What ``--as`` and ``--at`` assume: these people have approved, at that time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fleetward.domain.assumption import Assumption
from fleetward.domain.clock import parse_instant, suggested_instant
from fleetward.domain.errors import UsageError
from fleetward.domain.names import nearest_name
from fleetward.domain.people import People
from fleetward.workflows.context import RunContext


def at_instant(run: RunContext, at: str | None) -> RunContext:
    """
    The same run with its clock set to *at*.

    Errors: UsageError where *at* is no instant.
    """
    if at is None:
        return run
    try:
        return replace(run, now=parse_instant(at), now_given=True)
    except ValueError as error:
        raise UsageError(f"--at: {error}", hint=f"--at {suggested_instant(at)}") from None


def checked_approvers(names: Sequence[str] | None, people: People) -> tuple[str, ...]:
    """
    The people who are assumed to have approved, each once.

    Errors: UsageError where ``people.yaml`` has nobody of that name. Why a robot cannot approve, the gate says.
    """
    # robots pass here: the gate refuses them with its own reason
    for name in names or ():
        if name not in people.people and name not in people.robots:
            close = nearest_name(name, people.people)
            hint = f"did you mean {close!r}?" if close else "a name of governance/people.yaml"
            raise UsageError(f"--as: nobody is called {name!r}", hint=hint)
    return tuple(dict.fromkeys(names or ()))


def assumption(run: RunContext, approvers: Sequence[str], at: str | None) -> Assumption:
    """What is assumed in *run*, whose clock ``--at`` has set already."""
    return Assumption(approvers=tuple(approvers), at=run.now if at else None, now=run.now)
