"""What a ledger entry brought to its branch."""

from __future__ import annotations

from collections.abc import Mapping

from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedChange:
    """The commit with the entry's line, and what it changed in the folders of the agents."""

    commit: str | None
    """None where history has no commit with the line, as after a rewrite."""
    agents: Mapping[str, tuple[str, ...]]
    """By agent what changed in its folder: values of the manifest by their paths, then files."""
    resumed: frozenset[str] = frozenset()
    """Agents that were suspended and run again."""
