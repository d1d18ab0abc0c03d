"""Contributors to a change, as its commits name them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass


class ContributorRole(StrEnum):
    """How somebody contributed to a commit."""

    AUTHOR = "author"
    COMMITTER = "committer"
    CO_AUTHOR = "co-author"
    RECOMMITTER = "re-committer"
    """Committed again what another person wrote, by rebase or cherry-pick: no contributor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributor:
    """Somebody whom a commit of the change names as author, committer or co-author."""

    email: str
    role: ContributorRole
    commit: str
    committed: datetime | None = None
    """The commit's date; None where there is no commit yet."""
    is_compared: bool = True
    """Of a re-committer: an original of the commit is at hand, and its patch is the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorSignature:
    """A commit of the change, and why its author did not sign it; no fault where they did."""

    commit: str
    author: str
    fault: str | None = None
