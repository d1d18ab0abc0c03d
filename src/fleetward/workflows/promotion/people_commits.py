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
    """The commit that made people.yaml say what it says of *person*: a change that waits, or one that is in force."""
    root, in_force = context.root, context.governance.in_force
    agreed = _record(in_force.people, person)
    # a change that waits may take somebody away, by a day of its own
    if _record(context.people, person) != agreed:
        waiting = [change.commit for change in context.governance.pending]
        return next((c for c in waiting if _record_at(context, c, person) != agreed), in_force.commit)
    newest = in_force.commit
    for commit in root.history.commits_changing(in_force.commit, [layout.PEOPLE])[:_MAX_VERSIONS]:
        if _record_at(context, commit, person) != agreed:
            break
        newest = commit
    return newest


def _record_at(context: PromotionContext, commit: Id, person: str) -> _Record | None:
    """None where the fleet of *commit* cannot be read."""
    fleet = load_fleet(context.root.commit_tree(commit), only=()).snapshot
    return _record(fleet.people, person) if fleet is not None else None


def _record(people: People, person: str) -> _Record:
    teams = (
        (name, tuple(member for member in team.members if member.person == person))
        for name, team in sorted(people.teams.items())
    )
    return people.people.get(person), tuple((name, members) for name, members in teams if members)
