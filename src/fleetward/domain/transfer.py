"""The roles of a person, and what happens to each when another person takes over."""

from __future__ import annotations

from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place


class TransferOutcome(StrEnum):
    """What happens to a role."""

    EDIT = "edit"
    """Edited in place."""
    PROPOSAL = "proposal"
    """An override of a gated environment: written as a proposal."""
    PROMOTION = "promotion"
    """In a gated environment: changed by the next promotion of the release."""
    STAYS = "stays"
    """A record of the past: not changed."""
    OPEN = "open"
    """Cannot be edited automatically."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedRole:
    """A place that names the person; *note* explains the outcome where that is not plain."""

    place: Place
    outcome: TransferOutcome
    note: str = ""
    environment: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """All roles; *files* are written when applied, and *problems* are the findings that the change would add."""

    giver: str
    taker: str
    roles: tuple[AssignedRole, ...]
    files: tuple[str, ...]
    problems: tuple[Finding, ...] = ()
    written: bool = False

    def roles_with(self, *fates: TransferOutcome) -> tuple[AssignedRole, ...]:
        """The roles with one of these outcomes."""
        return tuple(role for role in self.roles if role.outcome in fates)
