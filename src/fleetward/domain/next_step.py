"""What to do after a report."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The command to type next, and what it is for."""

    command: str
    reason: str
