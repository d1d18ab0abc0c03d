"""The errors of every verb for an unknown agent or environment, with the nearest name."""

from __future__ import annotations

from collections.abc import Iterable

from fleetward.domain.errors import UsageError
from fleetward.domain.names import nearest_name

_MAX_NAMES = 12
_NO_NAMES = "fleet status; a new agent has to be committed first"


def unknown_agent(name: str, where: str, names: Iterable[str]) -> UsageError:
    """The error for an agent that *where* does not have; it has *names*."""
    return UsageError(f"no agent {name!r} in {where}", hint=_suggestion(name, sorted(names)))


def unknown_environment(name: str, names: Iterable[str]) -> UsageError:
    """The error for an environment that the fleet does not have; it has *names*, in this order."""
    return UsageError(f"no environment {name!r}", hint=_suggestion(name, list(names)))


def _suggestion(name: str, names: list[str]) -> str:
    close = nearest_name(name, names)
    if close:
        return f"did you mean {close!r}?"
    remainder = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return f"one of: {', '.join(names[:_MAX_NAMES])}{remainder}" if names else _NO_NAMES
