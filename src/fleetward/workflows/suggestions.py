"""The same words from every verb for a name that is none: what is not there, and what was meant."""

from __future__ import annotations

from collections.abc import Iterable

from fleetward.domain.errors import UsageError
from fleetward.domain.names import nearest

_SHOWN = 12


def no_agent(name: str, where: str, known: Iterable[str]) -> UsageError:
    """There is no agent *name* in *where*, which has those that are *known*."""
    return UsageError(f"no agent {name!r} in {where}", hint=_meant(name, sorted(known)))


def no_environment(name: str, known: Iterable[str]) -> UsageError:
    """There is no such environment; those that are *known* come in their order."""
    return UsageError(f"no environment {name!r}", hint=_meant(name, list(known)))


def _meant(name: str, known: list[str]) -> str:
    close = nearest(name, known)
    if close:
        return f"did you mean {close!r}?"
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"one of: {', '.join(known[:_SHOWN])}{more}" if known else "git add and commit it first"
