"""Who may speak for a change: owners, members of teams, but nobody who had a hand in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import People, Robot
from fleetward.domain.policy import OWNER, ApprovalTerms
from fleetward.gate.request import Contributor, ContributorRole, PromotionRequest

_BY_ROBOT = "robot"


def manifest_with_owners(request: PromotionRequest) -> Manifest | None:
    """
    The manifest whose owners are asked as ``owner``.

    What runs has owners already, and a change that hands the agent to others is theirs to let go: the new
    owner alone cannot wave it through. So the running manifest speaks wherever there is one, the candidate
    for a new agent alone.
    """
    if request.kind is PromotionKind.CREATE or request.running is None:
        return request.candidate
    return request.running


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The people around one question."""

    people: People
    owned_manifest: Manifest | None

    def members(self, teams: Iterable[str], when: datetime) -> frozenset[str]:
        """The active humans of these teams at *when*; ``owner`` is one of them."""
        groups = (self._owners(when) if t == OWNER else self.people.members(t, when) for t in teams)
        return frozenset[str]().union(*groups)

    def _owners(self, when: datetime) -> frozenset[str]:
        if self.owned_manifest is None:
            return frozenset()
        names = {
            self.owned_manifest.get("spec.owner.accountable"),
            self.owned_manifest.get("spec.owner.backup"),
        }
        individuals = {name for name in names if isinstance(name, str) and self.people.is_active(name, when)}
        team = self.owned_manifest.get("spec.owner.team")
        return (
            self.people.members(team, when) | individuals if isinstance(team, str) else frozenset(individuals)
        )


def excluded_contributors(
    contributors: Iterable[Contributor], people: People, terms: ApprovalTerms
) -> Mapping[str, str]:
    """
    Who may not approve because they had a hand in the change, and which.

    A robot is nobody's approval, but what it writes counts as written by the person who operates it.
    """
    exclusions: dict[str, str] = {}
    for contributor in sorted(contributors, key=_sort_key):
        account = people.by_email(contributor.email)
        if isinstance(account, Robot):
            if account.operated_by and terms.exclude & {_BY_ROBOT, contributor.role}:
                reason = f"operates the robot {account.id!r}, {contributor.role} of the change (commit {contributor.commit[:12]})"
                exclusions.setdefault(account.operated_by, reason)
        elif account is not None and contributor.role in terms.exclude:
            exclusions.setdefault(
                account.id, f"{contributor.role} of the change (commit {contributor.commit[:12]})"
            )
    return exclusions


def unknown_contributors(contributors: Iterable[Contributor], people: People) -> tuple[Contributor, ...]:
    """The contributors whose address ``people.yaml`` does not know, each address once."""
    unknown: dict[str, Contributor] = {}
    for contributor in sorted(contributors, key=_sort_key):
        if people.by_email(contributor.email) is None:
            unknown.setdefault(contributor.email.casefold(), contributor)
    return tuple(unknown[email] for email in sorted(unknown))


def _sort_key(contributor: Contributor) -> tuple[int, str, str]:
    return (
        list(ContributorRole).index(ContributorRole(contributor.role)),
        contributor.commit,
        contributor.email,
    )
