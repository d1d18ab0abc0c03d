"""Who had a hand in a change, as its commits name them."""

from __future__ import annotations

from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass


class ContributorRole(StrEnum):
    """The hand that somebody had in a commit."""

    AUTHOR = "author"
    COMMITTER = "committer"
    CO_AUTHOR = "co-author"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributor:
    """Somebody who wrote a part of the change, as the commit names them."""

    email: str
    role: ContributorRole
    commit: str
