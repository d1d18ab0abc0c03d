"""Who may speak for a change: owners, members of teams, but nobody who had a hand in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import People, Robot
from fleetward.domain.policy import OWNER, ApprovalTerms
from fleetward.gate.request import Contributor, Question, Role

_BY_ROBOT = "robot"


def answerable(question: Question) -> Manifest | None:
    """
    The manifest whose owners are asked as ``owner``.

    What runs has owners already, and a change that hands the agent to others is theirs to let go: the new
    owner alone cannot wave it through. So the running manifest speaks wherever there is one, the candidate
    for a new agent alone.
    """
    if question.kind is PromotionKind.CREATE or question.running is None:
        return question.candidate
    return question.running


@dataclass(frozen=True, slots=True)
class Circle:
    """The people around one question."""

    people: People
    owned: Manifest | None

    def members(self, teams: Iterable[str], when: datetime) -> frozenset[str]:
        """The active humans of these teams at *when*; ``owner`` is one of them."""
        groups = (self._owners(when) if t == OWNER else self.people.members(t, when) for t in teams)
        return frozenset[str]().union(*groups)

    def _owners(self, when: datetime) -> frozenset[str]:
        if self.owned is None:
            return frozenset()
        named = {self.owned.get("spec.owner.accountable"), self.owned.get("spec.owner.backup")}
        alone = {one for one in named if isinstance(one, str) and self.people.is_active(one, when)}
        team = self.owned.get("spec.owner.team")
        return self.people.members(team, when) | alone if isinstance(team, str) else frozenset(alone)


def excluded(contributors: Iterable[Contributor], people: People, terms: ApprovalTerms) -> Mapping[str, str]:
    """
    Who may not approve because they had a hand in the change, and which.

    A robot is nobody's approval, but what it writes counts as written by the person who operates it.
    """
    found: dict[str, str] = {}
    for one in sorted(contributors, key=_weight):
        known = people.of_email(one.email)
        if isinstance(known, Robot):
            if known.operated_by and terms.exclude & {_BY_ROBOT, one.role}:
                reason = (
                    f"operates the robot {known.id!r}, {one.role} of the change (commit {one.commit[:12]})"
                )
                found.setdefault(known.operated_by, reason)
        elif known is not None and one.role in terms.exclude:
            found.setdefault(known.id, f"{one.role} of the change (commit {one.commit[:12]})")
    return found


def strangers(contributors: Iterable[Contributor], people: People) -> tuple[Contributor, ...]:
    """The contributors whose address ``people.yaml`` does not know, each address once."""
    found: dict[str, Contributor] = {}
    for one in sorted(contributors, key=_weight):
        if people.of_email(one.email) is None:
            found.setdefault(one.email.casefold(), one)
    return tuple(found[email] for email in sorted(found))


def _weight(one: Contributor) -> tuple[int, str, str]:
    return (list(Role).index(Role(one.role)), one.commit, one.email)
