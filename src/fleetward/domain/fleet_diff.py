"""The difference between two revisions of a fleet, or between two of its environments."""

from __future__ import annotations

from collections import Counter

from fleetward.domain.change import AgentStatus, Change, Comparison, Significance, Unreadable
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Environment

Revision = tuple[str, str]
"""What was asked for (a branch, an environment, a digest), and the commit; equal or empty if it has no commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetDiff:
    """Every change from *base* to *head*, and what could not be read."""

    base: Revision
    head: Revision
    agents: tuple[Comparison, ...] = ()
    governance: tuple[Change, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    governance_formatting: tuple[str, ...] = ()
    """The governance files that changed in formatting only: an approval is asked all the same."""
    environments: tuple[Environment, ...] = ()
    """The environments of the fleet's configuration."""

    @property
    def all_changes(self) -> tuple[Change, ...]:
        """The changes of governance, then those of agents."""
        return (*self.governance, *(change for comparison in self.agents for change in comparison.changes))

    @property
    def significances(self) -> Counter[Significance]:
        """How many changes have each significance."""
        return Counter(change.significance for change in self.all_changes)

    @property
    def statuses(self) -> Counter[AgentStatus]:
        """How many agents were added, retired or changed in meaning."""
        return Counter(comparison.row.status for comparison in self.agents if not comparison.formatting_only)

    @property
    def formatting_only(self) -> int:
        """How many agents changed in formatting only."""
        return sum(comparison.formatting_only for comparison in self.agents)
