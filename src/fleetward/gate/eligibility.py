"""Who may approve a change: owners and members of teams, but no contributor to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from fleetward.domain.contributor import Contributor, ContributorRole
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Manifest
from fleetward.domain.ownership import owners
from fleetward.domain.people import People, Person, Robot
from fleetward.domain.policy import FORMER_OWNER, OWNER, ApprovalTerms, PolicyRule, RequiredApprovals
from fleetward.gate.request import PromotionRequest

_BY_ROBOT = "robot"


def manifest_with_owners(request: PromotionRequest) -> Manifest | None:
    """
    The manifest whose owners count as ``owner``: the running one, or the candidate of a new agent.

    A change of ownership needs the approval of the present owners. The new owner alone cannot approve it.
    """
    if request.kind is PromotionKind.CREATE or request.running is None:
        return request.candidate
    return request.running


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The people who may approve, given the manifest of an agent."""

    people: People
    manifest: Manifest | None
    """Whose owners are ``owner``."""
    former: Manifest | None = None
    """Whose owners are ``former-owner``."""

    def members(self, teams: Iterable[str], when: datetime) -> frozenset[str]:
        """The active people in any of these teams at *when*; the words for owners count as teams."""
        return frozenset[str]().union(*(self._members(team, when) for team in teams))

    def _members(self, team: str, when: datetime) -> frozenset[str]:
        if team == OWNER:
            return owners(self.manifest, self.people, when)
        if team == FORMER_OWNER:
            return owners(self.former, self.people, when)
        return self.people.members(team, when)


def eligibility_for(
    request: PromotionRequest, rules: Iterable[PolicyRule], people: People, now: datetime
) -> Eligibility:
    """
    Who may approve *request* by these rules.

    A rule about handovers asks for the owner that the candidate names, and for the former one by that name. Under
    other rules a change cannot name its own approvers: the running owners count, unless nobody of them is left.
    """
    running, candidate = request.running, request.candidate
    if running is None or candidate is None or request.kind is PromotionKind.CREATE:
        present = manifest_with_owners(request)
        return Eligibility(people, present, former=present)
    if any(_speaks_of_handovers(rule) for rule in rules):
        return Eligibility(people, candidate, former=running)
    present = running if owners(running, people, now) else candidate
    return Eligibility(people, present, former=running)


def _speaks_of_handovers(rule: PolicyRule) -> bool:
    teams = (required.teams for required in rule.require if isinstance(required, RequiredApprovals))
    return rule.when.only_ownership or FORMER_OWNER in frozenset[str]().union(*teams)


def excluded_contributors(
    contributors: Iterable[Contributor], people: People, terms: ApprovalTerms
) -> Mapping[str, str]:
    """
    By person the reason why they may not approve: their contribution to the change.

    What a robot writes counts as written by the person who operates it.
    """
    exclusions: dict[str, str] = {}
    # sorted by role: of several contributions the weightiest is given as the reason
    for contributor in sorted(contributors, key=_sort_key):
        if contributor.role is ContributorRole.RECOMMITTER:
            continue
        account = people.by_email(contributor.email)
        role = f"{contributor.role} of the change (commit {contributor.commit[:12]})"
        if isinstance(account, Robot):
            # the operator counts as author of what the robot writes (SPEC 1.3)
            if account.operated_by and terms.exclude & {_BY_ROBOT, contributor.role}:
                exclusions.setdefault(account.operated_by, f"operates the robot {account.id!r}, {role}")
        elif account is not None and contributor.role in terms.exclude:
            exclusions.setdefault(account.id, role)
    return exclusions


def unknown_contributors(
    contributors: Iterable[Contributor], people: People
) -> tuple[tuple[Contributor, str], ...]:
    """The contributors for whom nobody of ``people.yaml`` answers, each address once, and why."""
    unknown: dict[str, tuple[Contributor, str]] = {}
    for contributor in sorted(contributors, key=_sort_key):
        if reason := _unknown_reason(contributor, people):
            # git keeps the case of addresses, mail does not: one address is reported once
            unknown.setdefault(contributor.email.casefold(), (contributor, reason))
    return tuple(unknown[email] for email in sorted(unknown))


def _unknown_reason(contributor: Contributor, people: People) -> str | None:
    account = people.by_email(contributor.email)
    if account is None:
        return "is not listed in people.yaml"
    # a forge commits for others, and others are its authors
    if contributor.role in (ContributorRole.COMMITTER, ContributorRole.RECOMMITTER):
        return None
    if isinstance(account, Robot):
        if account.operated_by is None:
            return f"is the robot {account.id!r}, which nobody operates"
        operator = people.people.get(account.operated_by)
        if operator is None or _was_active(operator, contributor):
            return None
        return f"is the robot {account.id!r}, whose operator {operator.id} was not active then"
    return None if _was_active(account, contributor) else f"is {account.id}, who was not active then"


def _was_active(person: Person, contributor: Contributor) -> bool:
    return contributor.committed is None or person.is_active(contributor.committed)


def _sort_key(contributor: Contributor) -> tuple[int, str, str]:
    return (
        list(ContributorRole).index(ContributorRole(contributor.role)),
        contributor.commit,
        contributor.email,
    )
