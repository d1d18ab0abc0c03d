"""A practice of well-kept agents, and what a policy asks of it."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """A field that well-kept agents have."""

    path: str
    """In the manifest; ``[]`` stands for every item of a list."""
    tier: str | None
    """The lowest tier at which the policy asks for it; None where it leaves it open."""
    rule: str | None
    """The rule that speaks of its absence whatever the policy asks."""
