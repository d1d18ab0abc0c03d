"""The commits that say of people that they left, joined or have no key."""

from __future__ import annotations

from dataclasses import replace

from fleetward.domain import layout
from fleetward.domain.people import Membership, People, Person
from fleetward.domain.verdict import ExcludedPerson, Promotion
from fleetward.store.git.repository import Id
from fleetward.workflows.load import load_fleet
from fleetward.workflows.promotion.context import PromotionContext

_MAX_VERSIONS = 32
"""How many versions of people.yaml are read; behind them, the oldest of these is named."""

_Record = tuple[Person | None, tuple[tuple[str, tuple[Membership, ...]], ...]]


def with_people_commits(context: PromotionContext, promotion: Promotion) -> Promotion:
    """*promotion*, each reason that people.yaml gives with the commit that wrote it; without one nothing is read."""
    by_person = {
        excluded.person: _people_commit(context, excluded.person)
        for requirement in promotion.requirements
        for excluded in requirement.excluded
        if excluded.from_people
    }
    if not by_person:
        return promotion

    def dated(excluded: ExcludedPerson) -> ExcludedPerson:
        return replace(excluded, commit=by_person[excluded.person]) if excluded.from_people else excluded

    requirements = tuple(
        replace(requirement, excluded=tuple(map(dated, requirement.excluded)))
        if requirement.excluded
        else requirement
        for requirement in promotion.requirements
    )
    return replace(promotion, requirements=requirements)


def _people_commit(context: PromotionContext, person: str) -> Id:
    """
    The newest commit that made people.yaml say what it says of *person*.

    A change that waits may take somebody away, so it is looked for before the governance in force.
    """
    root, present, written = context.root, _record(context.people, person), None
    for commit in root.history.commits_changing(context.base, [layout.PEOPLE])[:_MAX_VERSIONS]:
        fleet = load_fleet(root.commit_tree(commit), only=()).snapshot
        if fleet is not None and _record(fleet.people, person) == present:
            written = commit
        elif written is not None:
            break
    return written or context.policy_commit


def _record(people: People, person: str) -> _Record:
    teams = (
        (name, tuple(member for member in team.members if member.person == person))
        for name, team in sorted(people.teams.items())
    )
    return people.people.get(person), tuple((name, members) for name, members in teams if members)
