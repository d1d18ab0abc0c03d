"""The roles that one person holds, and what becomes of each when another takes them over."""

from __future__ import annotations

from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place


class TransferOutcome(StrEnum):
    """What becomes of a role."""

    EDIT = "edit"
    """Written where it stands."""
    PROPOSAL = "proposal"
    """A gated environment's own value: written as a proposal."""
    PROMOTION = "promotion"
    """A gated environment's folder: it comes with the next promotion of the release."""
    STAYS = "stays"
    """Of the past, and meant to stay."""
    OPEN = "open"
    """Cannot be edited: somebody has to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedRole:
    """One place at which the person is named; *note* says why it is treated so, where that is not plain."""

    place: Place
    outcome: TransferOutcome
    note: str = ""
    environment: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """All of them; *files* are written, or would be, and *problems* are what would be found that is not now."""

    giver: str
    taker: str
    roles: tuple[AssignedRole, ...]
    files: tuple[str, ...]
    problems: tuple[Finding, ...] = ()
    written: bool = False

    def roles_with(self, *fates: TransferOutcome) -> tuple[AssignedRole, ...]:
        """The roles that this becomes of."""
        return tuple(role for role in self.roles if role.outcome in fates)
