"""Whether everything that a policy asks of one promotion could be given, every seat by another person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, product

from fleetward.domain.path import Item, Step
from fleetward.domain.people import People
from fleetward.domain.policy import OWNER, ApprovalsAsked, Rule
from fleetward.store.fleet.governance.source import Notes

Asked = Mapping[frozenset[str], int]
"""Teams to how many different people out of them together."""


_MOST_RULES = 20_000
_MOST_ASKED = 200
_MOST_SEATS = 100
"""What is looked at; a policy past these is none that people wrote, and the gate refuses it all the same."""


def seats(rules: Sequence[Rule], tiers: Sequence[str], people: People, notes: Notes) -> None:
    """Note each rule with which the seats that a promotion asks for could not all be filled."""
    environments = sorted({*chain.from_iterable(rule.when.to for rule in rules), ""})
    if len(environments) * len(tiers) * len(rules) > _MOST_RULES:
        return
    told: set[str] = set()
    seen: set[frozenset[tuple[frozenset[str], int]]] = set()
    for to, tier in product(environments, tiers):
        for rule, asked in _promotions(rules, to, tier):
            key = frozenset(asked.items())
            if key in seen or rule.id in told or len(seen) == _MOST_ASKED:
                continue
            seen.add(key)
            if not _fills(asked, people):
                told.add(rule.id)
                _note(rule, asked, tier, people, notes)


def exits(rules: Sequence[Rule], people: People, notes: Notes) -> None:
    """Note each of these rules, asked alone and named for where it stands, of which not every seat could be filled."""
    for rule in rules:
        asked = _together([rule], {})
        if not _fills(asked, people):
            _wrong(asked, (rule.id, "require"), "", people, notes)


def _promotions(rules: Sequence[Rule], to: str, tier: str) -> Iterator[tuple[Rule, Asked]]:
    """
    What is asked together: by the rules about every change, and by these with one about some changes.

    A rule that replaces the others is asked alone.
    """
    speaking = [rule for rule in rules if (not rule.when.to or to in rule.when.to) and _of(rule, tier)]
    always = [rule for rule in speaking if not rule.replaces_all and not _sometimes(rule)]
    usual = _together(always, {})
    if always:
        yield always[-1], usual
    for rule in speaking:
        if rule.replaces_all or _sometimes(rule):
            yield rule, _together([rule], {} if rule.replaces_all else usual)


def _of(rule: Rule, tier: str) -> bool:
    return not rule.when.tiers or tier in rule.when.tiers


def _sometimes(rule: Rule) -> bool:
    when = rule.when
    return bool(when.classes or when.direction or when.only or when.kinds or when.agents)


def _together(rules: Sequence[Rule], others: Asked) -> Asked:
    """For the same teams the largest count, not the sum."""
    found = dict(others)
    for rule in rules:
        for one in rule.require:
            if isinstance(one, ApprovalsAsked) and one.teams:
                found[one.teams] = max(found.get(one.teams, 0), one.count)
    return found


def _fills(asked: Asked, people: People) -> bool:
    """
    Could a different person sit on every seat? Of owners alone a policy cannot tell: manifests name them.

    Source: augmenting paths (Berge 1957), seat by seat.
    """
    if all(OWNER in teams for teams in asked):
        return True
    could = {teams: _could(teams, people) for teams in asked}
    needed = sum(asked.values())
    if needed > len({person for some in could.values() for person in some}):
        return False
    if needed > _MOST_SEATS:
        return True
    holder: dict[str, tuple[frozenset[str], int]] = {}
    every = [(teams, number) for teams, count in asked.items() for number in range(count)]
    return all(_seated(seat, could, holder, set()) for seat in every)


def _seated(
    seat: tuple[frozenset[str], int],
    could: Mapping[frozenset[str], Sequence[str]],
    holder: dict[str, tuple[frozenset[str], int]],
    tried: set[str],
) -> bool:
    for person in could[seat[0]]:
        if person in tried:
            continue
        tried.add(person)
        if person not in holder or _seated(holder[person], could, holder, tried):
            holder[person] = seat
            return True
    return False


def _could(teams: frozenset[str], people: People) -> Sequence[str]:
    """Who an owner is, only a manifest says: it may be anybody."""
    if OWNER in teams:
        return sorted(people.people)
    return sorted({one.person for team in teams for one in people.teams[team].members})


def _note(rule: Rule, asked: Asked, tier: str, people: People, notes: Notes) -> None:
    _wrong(asked, ("rules", Item(rule.id), "require"), f"for tier {tier!r}, ", people, notes)


def _wrong(asked: Asked, at: tuple[Step, ...], where: str, people: People, notes: Notes) -> None:
    named = sorted(f"{count} of {' or '.join(sorted(teams))}" for teams, count in asked.items())
    there = len({person for teams in asked for person in _could(teams, people)})
    needed = sum(asked.values())
    message = f"{where}{', '.join(named)} would need {needed} different people, of whom there are {there}"
    if there >= needed:
        message = f"{where}{', '.join(named)} cannot be {needed} different people"
    hint = "ask for fewer, or add members in governance/people.yaml"
    notes.wrong(message, at, hint)
