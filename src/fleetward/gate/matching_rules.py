"""Which of the policy's rules speak about a change, and what they ask of it together."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from fleetward.domain.change import Comparison, Direction, Facet, Significance
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import ApprovalsAsked, Asked, Policy, Rule, SoakAsked, When

_NEVER_ONLY = frozenset({PromotionKind.CREATE, PromotionKind.RETIRE})


def asked(
    policy: Policy,
    *,
    to: str,
    tier: str,
    comparison: Comparison | None,
    kind: PromotionKind,
    agent: str | None = None,
) -> tuple[tuple[Rule, Asked], ...]:
    """What the policy's rules together would ask of this change, each with the rule that asks it."""
    rules = applying(policy, to=to, tier=tier, comparison=comparison, kind=kind, agent=agent)
    return merged(rules)


def applying(
    policy: Policy,
    *,
    to: str,
    tier: str,
    comparison: Comparison | None,
    kind: PromotionKind,
    agent: str | None = None,
) -> tuple[Rule, ...]:
    """
    The rules that apply, in the policy's order; those that replace all others alone, where one of them does.

    A tier that the policy does not know is taken for its highest. Where nothing is known of the change
    (*comparison* is None), rules about classes and directions apply and rules for harmless changes do not.
    """
    known = tier if tier in policy.tiers else policy.tiers[-1]
    name = agent or (comparison.row.agent if comparison else None)
    matching = tuple(
        rule
        for rule in policy.rules
        if _speaks(rule.when, to, known, kind, name) and _sees(rule, comparison, kind)
    )
    return tuple(rule for rule in matching if rule.replaces_all) or matching


def about(policy: Policy, *, to: str, tier: str, agent: str) -> tuple[Rule, ...]:
    """The rules that speak about this agent at this tier, whatever moves."""
    return tuple(
        rule for rule in policy.rules if _speaks(replace(rule.when, kinds=frozenset()), to, tier, None, agent)
    )


def merged(rules: tuple[Rule, ...]) -> tuple[tuple[Rule, Asked], ...]:
    """
    What these rules ask together: for the same teams the largest count, the shortest age, the longest soak.

    Each with the first rule that asks as much.
    """
    strictest: dict[object, tuple[Rule, Asked]] = {}
    for rule in rules:
        for one in rule.require:
            key = one.teams if isinstance(one, ApprovalsAsked) else type(one)
            if key not in strictest or _weight(one) > _weight(strictest[key][1]):
                strictest[key] = (rule, one)
    return tuple(strictest.values())


def _speaks(when: When, to: str, tier: str, kind: PromotionKind | None, agent: str | None) -> bool:
    return (
        (not when.to or to in when.to)
        and (not when.tiers or tier in when.tiers)
        and (not when.kinds or kind in when.kinds)
        and (not when.agents or agent is None or agent in when.agents)
    )


def _sees(rule: Rule, comparison: Comparison | None, kind: PromotionKind) -> bool:
    when = rule.when
    if when.only is not None and (kind in _NEVER_ONLY or comparison is None):
        return False
    if comparison is None:
        return not (rule.replaces_all and (when.classes or when.direction))
    if when.only is not None and not only(when.only, comparison.facets):
        return False
    if not when.classes and when.direction is None:
        return True
    return any(
        (not when.classes or cls in when.classes) and _goes(direction, when.direction)
        for cls, direction, _ in comparison.facets
    )


def _goes(direction: Direction, wanted: Direction | None) -> bool:
    """A change of which nobody can tell the way might be a looser one, and is asked for what that would be."""
    return wanted in (None, direction) or (wanted is Direction.LOOSER and direction is Direction.UNKNOWN)


def only(wanted: Direction, facets: frozenset[Facet]) -> bool:
    """Does something go this way, and all that matters?"""
    harmless = (Direction.NEUTRAL, Significance.NONE)
    return any(direction is wanted for _, direction, _ in facets) and all(
        direction is wanted or (direction, significance) == harmless for _, direction, significance in facets
    )


def _weight(one: Asked) -> float:
    """How much is asked, beside others of its kind."""
    if isinstance(one, ApprovalsAsked):
        return one.count
    if isinstance(one, SoakAsked):
        return one.span.total_seconds()
    return -inf if one.max_age is None else -one.max_age.total_seconds()
