"""Seats of a policy that nobody can fill, asked before the day comes: from teams and keys alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.manifest import Manifest
from fleetward.domain.people import People
from fleetward.domain.policy import OWNERS, Assurance, Policy, PolicyRule, RequiredApprovals
from fleetward.gate.assignment import assign_seats
from fleetward.gate.eligibility import Eligibility
from fleetward.gate.excluded_people import has_valid_key
from fleetward.gate.matching_rules import rules_for_agent, strictest_requirements

_AUTHOR = frozenset({"author", "committer", "co-author"})
Rules = tuple[PolicyRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatShortage:
    """Seats of *rule* that stay empty once one of *authors* writes the change; always where there are none."""

    rule: PolicyRule
    requirement: RequiredApprovals
    authors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShortage:
    """Seats of *requirement* that *rule* wants signed, though *people* of its teams have no valid key."""

    rule: PolicyRule
    requirement: RequiredApprovals
    people: tuple[str, ...]
    fillable: bool


def rule_combinations(policy: Policy, *, to: str, tier: str, agent: str) -> tuple[Rules, ...]:
    """
    The rules that can decide together on *agent*: those for every change, with one for some changes at a time.

    A rule that replaces all stands alone.
    """
    rules = rules_for_agent(policy, to=to, tier=tier, agent=agent)
    usual = tuple(rule for rule in rules if not rule.replaces_all and not _is_conditional(rule))
    conditional = (rule for rule in rules if _is_conditional(rule) or rule.replaces_all)
    combined = ((rule,) if rule.replaces_all else (*usual, rule) for rule in conditional)
    return tuple(dict.fromkeys((usual, *combined)))


def seat_shortages(
    combinations: Iterable[Rules], policy: Policy, people: People, manifest: Manifest | None, now: datetime
) -> tuple[SeatShortage, ...]:
    """The shortages of all *combinations*; without a *manifest* no seat of owners is judged."""
    # a policy that lets authors approve is never short of them
    excludes_authors = bool(policy.approvals.exclude & _AUTHOR)
    authors_by_seat: dict[tuple[str, RequiredApprovals], tuple[PolicyRule, set[str]]] = {}
    for rules in combinations:
        for shortage in _shortages(
            rules, Eligibility(people, manifest, former=manifest), now, excludes_authors
        ):
            key = (shortage.rule.id, shortage.requirement)
            authors_by_seat.setdefault(key, (shortage.rule, set()))[1].update(shortage.authors)
    return tuple(
        SeatShortage(rule=rule, requirement=requirement, authors=tuple(sorted(authors)))
        for (_, requirement), (rule, authors) in authors_by_seat.items()
    )


def key_shortages(
    combinations: Iterable[Rules], people: People, manifest: Manifest | None, now: datetime
) -> tuple[KeyShortage, ...]:
    """The seats that have to be signed and belong to people who cannot sign."""
    eligibility = Eligibility(people, manifest, former=manifest)
    shortages: dict[tuple[str, RequiredApprovals], KeyShortage] = {}
    for rules in combinations:
        strictest = max(rules, key=lambda rule: rule.assurance, default=None)
        if strictest is None or strictest.assurance is Assurance.RECORDED:
            continue
        for _, requirement in _seats(rules, manifest):
            members = eligibility.members(requirement.teams, now)
            keyless = {person for person in members if not has_valid_key(people.people[person], now)}
            if keyless:
                shortages.setdefault(
                    (strictest.id, requirement),
                    KeyShortage(
                        rule=strictest,
                        requirement=requirement,
                        people=tuple(sorted(keyless)),
                        fillable=len(members - keyless) >= requirement.count,
                    ),
                )
    return tuple(shortages.values())


def _is_conditional(rule: PolicyRule) -> bool:
    """Does the rule apply to some changes only?"""
    when = rule.when
    about_change = when.classes or when.kinds or when.direction or when.only or when.only_ownership
    about_agent = when.lifecycles or when.becomes or when.agent_classes or when.autonomies
    return bool(about_change or about_agent)


def _seats(rules: Rules, manifest: Manifest | None) -> list[tuple[PolicyRule, RequiredApprovals]]:
    return [
        (rule, requirement)
        for rule, requirement in strictest_requirements(rules)
        if isinstance(requirement, RequiredApprovals) and (manifest or not OWNERS & requirement.teams)
    ]


def _shortages(
    rules: Rules, eligibility: Eligibility, now: datetime, excludes_authors: bool
) -> Iterator[SeatShortage]:
    seats = _seats(rules, eligibility.manifest)
    counts = [requirement.count for _, requirement in seats]
    groups = [eligibility.members(requirement.teams, now) for _, requirement in seats]

    def short(without: frozenset[str]) -> list[int]:
        people = frozenset[str]().union(*groups) - without
        options = {who: frozenset(n for n, group in enumerate(groups) if who in group) for who in people}
        assignment = assign_seats(counts, options)
        return [n for n, count in enumerate(counts) if len(assignment.people_in(n)) < count]

    # a group with more people than there are seats can lose one and still be seated last
    small = [group for group in groups if len(group) <= sum(counts)]
    never = short(frozenset()) if small else []
    for number in never:
        yield SeatShortage(rule=seats[number][0], requirement=seats[number][1], authors=())
    if never or not excludes_authors:
        return
    for author in sorted(frozenset[str]().union(*small)):
        for number in short(frozenset({author})):
            yield SeatShortage(rule=seats[number][0], requirement=seats[number][1], authors=(author,))
