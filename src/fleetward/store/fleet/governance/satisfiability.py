"""Are there enough people for all approvals that a policy can require of one promotion?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, product

from fleetward.domain.path import ItemKey, Step
from fleetward.domain.people import People
from fleetward.domain.policy import OWNERS, PolicyRule, RequiredApprovals, RuleCondition
from fleetward.store.fleet.governance.source import Notes

SeatCounts = Mapping[frozenset[str], int]
"""Teams, and how many different people of them together have to approve: the seats."""


_MAX_RULES = 20_000
_MAX_COMBINATIONS = 200
_MAX_SEATS = 100
"""Limits of the check; a larger policy passes it, and its promotions are refused by the gate."""


def check_rules(rules: Sequence[PolicyRule], tiers: Sequence[str], people: People, notes: Notes) -> None:
    """An error for each rule with which the seats of a promotion cannot all be filled."""
    environments = sorted({*chain.from_iterable(rule.when.to for rule in rules), ""})
    if len(environments) * len(tiers) * len(rules) > _MAX_RULES:
        return
    reported: set[str] = set()
    checked: set[frozenset[tuple[frozenset[str], int]]] = set()
    for to, tier in product(environments, tiers):
        for rule, seat_counts in _rule_combinations(rules, to, tier):
            key = frozenset(seat_counts.items())
            if key in checked or rule.id in reported or len(checked) == _MAX_COMBINATIONS:
                continue
            checked.add(key)
            if not _can_fill(seat_counts, people):
                reported.add(rule.id)
                _report_rule(rule, seat_counts, tier, people, notes)


def check_special_rules(rules: Sequence[PolicyRule], people: People, notes: Notes) -> None:
    """The same for ``rollback``, ``breakGlass`` and ``governance``, each rule alone."""
    for rule in rules:
        seat_counts = _combined_seats([rule], {})
        if not _can_fill(seat_counts, people):
            _report(seat_counts, (rule.id, "require"), "", people, notes)


def _rule_combinations(
    rules: Sequence[PolicyRule], to: str, tier: str
) -> Iterator[tuple[PolicyRule, SeatCounts]]:
    """
    The seats that apply together: of all unconditional rules, and of these with each conditional rule.

    A rule that replaces the others applies alone.
    """
    applicable = [
        rule for rule in rules if (not rule.when.to or to in rule.when.to) and _applies_to(rule, tier)
    ]
    unconditional = [rule for rule in applicable if not rule.replaces_all and not _is_conditional(rule)]
    common = _combined_seats(unconditional, {})
    if unconditional:
        yield unconditional[-1], common
    for rule in applicable:
        if rule.replaces_all or _is_conditional(rule):
            yield rule, _combined_seats([rule], {} if rule.replaces_all else common)


def _applies_to(rule: PolicyRule, tier: str) -> bool:
    return not rule.when.tiers or tier in rule.when.tiers


def _is_conditional(rule: PolicyRule) -> bool:
    when = rule.when
    return when != RuleCondition(to=when.to, tiers=when.tiers)


def _combined_seats(rules: Sequence[PolicyRule], base: SeatCounts) -> SeatCounts:
    """The seats of *rules* added to *base*; for the same teams the largest count counts."""
    combined = dict(base)
    for rule in rules:
        for requirement in rule.require:
            if isinstance(requirement, RequiredApprovals) and requirement.teams:
                combined[requirement.teams] = max(combined.get(requirement.teams, 0), requirement.count)
    return combined


def _can_fill(seat_counts: SeatCounts, people: People) -> bool:
    """
    Can every seat be filled by another person? True for owners alone: manifests name them, not the policy.

    Source: augmenting paths (Berge 1957), seat by seat.
    """
    if all(teams & OWNERS for teams in seat_counts):
        return True
    eligible = {teams: _eligible(teams, people) for teams in seat_counts}
    needed = sum(seat_counts.values())
    if needed > len({person for persons in eligible.values() for person in persons}):
        return False
    if needed > _MAX_SEATS:
        return True
    holder: dict[str, tuple[frozenset[str], int]] = {}
    all_seats = [(teams, number) for teams, count in seat_counts.items() for number in range(count)]
    return all(_assign_seat(seat, eligible, holder, set()) for seat in all_seats)


def _assign_seat(
    seat: tuple[frozenset[str], int],
    eligible: Mapping[frozenset[str], Sequence[str]],
    holder: dict[str, tuple[frozenset[str], int]],
    tried: set[str],
) -> bool:
    for person in eligible[seat[0]]:
        if person in tried:
            continue
        tried.add(person)
        if person not in holder or _assign_seat(holder[person], eligible, holder, tried):
            holder[person] = seat
            return True
    return False


def _eligible(teams: frozenset[str], people: People) -> Sequence[str]:
    """The people for a seat; an owner can be anybody, because manifests name the owners."""
    if teams & OWNERS:
        return sorted(people.people)
    return sorted({member.person for team in teams for member in people.teams[team].members})


def _report_rule(rule: PolicyRule, seat_counts: SeatCounts, tier: str, people: People, notes: Notes) -> None:
    _report(seat_counts, ("rules", ItemKey(rule.id), "require"), f"for tier {tier!r}, ", people, notes)


def _report(seat_counts: SeatCounts, at: tuple[Step, ...], where: str, people: People, notes: Notes) -> None:
    seat_texts = sorted(f"{count} of {' or '.join(sorted(teams))}" for teams, count in seat_counts.items())
    person_count = len({person for teams in seat_counts for person in _eligible(teams, people)})
    needed = sum(seat_counts.values())
    message = f"{where}{', '.join(seat_texts)} would need {needed} different people, of whom there are {person_count}"
    if person_count >= needed:
        message = f"{where}{', '.join(seat_texts)} cannot be {needed} different people"
    hint = "ask for fewer, or add members in governance/people.yaml"
    notes.error(message, at, hint)
