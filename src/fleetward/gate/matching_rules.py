"""Which rules of the policy apply to a change, and what they require together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fleetward.domain.change import Comparison, Direction, Facet, Significance
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Manifest
from fleetward.domain.ownership import is_ownership
from fleetward.domain.policy import (
    Policy,
    PolicyRule,
    RequiredApprovals,
    RequiredAttestation,
    RequiredEvals,
    RequiredSoak,
    RuleCondition,
    RuleRequirement,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTraits:
    """What rules may ask of an agent besides its tier: first of the candidate, then of what runs."""

    lifecycles: tuple[str | None, ...] = ()
    becomes: tuple[str | None, ...] = ()
    """The candidate's lifecycle where it differs from the running one."""
    classes: tuple[str | None, ...] = ()
    autonomies: tuple[str | None, ...] = ()


def agent_traits(running: Manifest | None, candidate: Manifest | None) -> AgentTraits:
    """The traits of a promotion from *running* to *candidate*; None where there is none."""
    manifests = [manifest for manifest in (candidate, running) if manifest is not None]
    before = running.lifecycle if running else None
    after = candidate.lifecycle if candidate else None
    return AgentTraits(
        lifecycles=tuple(manifest.lifecycle for manifest in manifests),
        becomes=(after,) if after is not None and after != before else (),
        classes=tuple(manifest.get("spec.class") for manifest in manifests),
        autonomies=tuple(manifest.get("spec.risk.factors.autonomy") for manifest in manifests),
    )


_NEVER_ONLY = frozenset({PromotionKind.CREATE, PromotionKind.RETIRE})


def policy_requirements(
    policy: Policy,
    *,
    to: str,
    tier: str,
    comparison: Comparison | None,
    kind: PromotionKind,
    agent: str | None = None,
    tier_moved: bool = False,
    traits: AgentTraits | None = None,
) -> tuple[tuple[PolicyRule, RuleRequirement], ...]:
    """What the policy requires of this change; each requirement with its rule."""
    rules = applicable_rules(
        policy,
        to=to,
        tier=tier,
        comparison=comparison,
        kind=kind,
        agent=agent,
        tier_moved=tier_moved,
        traits=traits,
    )
    return strictest_requirements(rules)


def applicable_rules(
    policy: Policy,
    *,
    to: str,
    tier: str,
    comparison: Comparison | None,
    kind: PromotionKind,
    agent: str | None = None,
    tier_moved: bool = False,
    traits: AgentTraits | None = None,
) -> tuple[PolicyRule, ...]:
    """
    The rules that apply, in the policy's order; where one of them replaces all others, only those that do.

    A tier that the policy does not define counts as its highest. Where the change was not compared
    (*comparison* is None), rules about classes and directions apply, and rules for harmless changes do not. The
    same holds for rules about lifecycle, class and autonomy where *traits* are unknown.
    *tier_moved*: the candidate's own tier, or the floor of its factors and tools, is another one than before.
    """
    # rules for the highest tier apply: a misspelt tier must not escape them
    known_tier = tier if tier in policy.tiers else policy.tiers[-1]
    name = agent or (comparison.row.agent if comparison else None)
    matching = tuple(
        rule
        for rule in policy.rules
        if _matches_target(rule.when, to, known_tier, kind, name)
        and _matches_change(rule, comparison, kind)
        and not (_is_shortcut(rule) and (tier_moved or not is_pure_tightening(comparison)))
        and _matches_traits(rule, traits)
    )
    # `replaces: all` is never mixed with others, its assurance neither (SPEC 6.1)
    return tuple(rule for rule in matching if rule.replaces_all) or matching


def rules_for_agent(policy: Policy, *, to: str, tier: str, agent: str) -> tuple[PolicyRule, ...]:
    """The rules about this agent at this tier, for any kind of promotion and change."""
    return tuple(
        rule
        for rule in policy.rules
        # kinds are dropped: a review concerns the agent, whatever changed
        if _matches_target(replace(rule.when, kinds=frozenset()), to, tier, None, agent)
    )


def strictest_requirements(rules: tuple[PolicyRule, ...]) -> tuple[tuple[PolicyRule, RuleRequirement], ...]:
    """
    What these rules require together, without what another requirement includes: for the same teams the largest count.

    Each with the first rule that requires as much.
    """
    pairs = [(rule, requirement) for rule in rules for requirement in rule.require]
    # by teams as a set: the order of `from` in the policy means nothing
    subjects = [_key(requirement) for _, requirement in pairs]
    strictest = [
        (subjects.index(subjects[position]), position)
        for position, (_, requirement) in enumerate(pairs)
        if not any(
            # of two that ask the same, the first is kept
            _covers(other, requirement) and (index < position or not _covers(requirement, other))
            for index, (_, other) in enumerate(pairs)
            if index != position and subjects[index] == subjects[position]
        )
    ]
    return tuple(pairs[position] for _, position in sorted(strictest))


def _key(requirement: RuleRequirement) -> object:
    """Equal for requirements of which one can include the other."""
    if isinstance(requirement, RequiredApprovals):
        return requirement.teams
    # "kept" and "expanded" ask for different things: neither includes the other, and a count not an age
    return requirement if isinstance(requirement, RequiredAttestation) else type(requirement)


def _matches_traits(rule: PolicyRule, traits: AgentTraits | None) -> bool:
    when = rule.when
    wanted_traits = (
        (when.lifecycles, traits.lifecycles if traits else ()),
        (when.becomes, traits.becomes if traits else ()),
        (when.agent_classes, traits.classes if traits else ()),
        (when.autonomies, traits.autonomies if traits else ()),
    )
    return all(
        not words or (not rule.replaces_all if traits is None else _has(words, values, rule))
        for words, values in wanted_traits
    )


def _has(words: frozenset[str], values: Iterable[str | None], rule: PolicyRule) -> bool:
    """A rule that relaxes has to fit what runs and the candidate: nobody declares themselves into it."""
    fits = [value in words for value in values]
    return bool(fits) and all(fits) if rule.replaces_all else any(fits)


def _matches_target(
    when: RuleCondition, to: str, tier: str, kind: PromotionKind | None, agent: str | None
) -> bool:
    return (
        (not when.to or to in when.to)
        and (not when.tiers or tier in when.tiers)
        and (not when.kinds or kind in when.kinds)
        # no name is known for a whole-policy check: such a rule then counts as matching
        and (not when.agents or agent is None or agent in when.agents)
    )


def _matches_change(rule: PolicyRule, comparison: Comparison | None, kind: PromotionKind) -> bool:
    when = rule.when
    # create and retire have no earlier state that could be stricter or looser
    is_only = when.only is not None or when.only_ownership
    if is_only and (kind in _NEVER_ONLY or comparison is None):
        return False
    if comparison is None:
        # not compared: assume the worst, so only a rule that would relax is left out
        return not (rule.replaces_all and (when.classes or when.direction))
    if when.only_ownership and not is_handover(comparison, when.only):
        return False
    if when.only is not None and not when.only_ownership and not goes_only(when.only, comparison.facets):
        return False
    if not when.classes and when.direction is None:
        return True
    # one change has to match both: a class of one and a direction of another must not combine
    return any(
        (not when.classes or cls in when.classes) and _matches_direction(direction, when.direction)
        for cls, direction, _ in comparison.facets
    )


def _matches_direction(direction: Direction, required: Direction | None) -> bool:
    """A change of unknown direction might be looser, so rules about looser changes apply to it."""
    return required in (None, direction) or (required is Direction.LOOSER and direction is Direction.UNKNOWN)


def goes_only(target: Direction, facets: frozenset[Facet]) -> bool:
    """Does at least one facet go in the *target* direction, and no facet of any significance in another?"""
    # a harmless change may travel along: a new description does not end `only: stricter`
    harmless = (Direction.NEUTRAL, Significance.NONE)
    # an unknown direction is no harmless one: it ends `only`
    return any(direction is target for _, direction, _ in facets) and all(
        direction is target or (direction, significance) == harmless for _, direction, significance in facets
    )


def is_pure_tightening(comparison: Comparison | None) -> bool:
    """
    Does every change tighten, with nothing in the free space beside it and the same tier?

    A raised tier is stricter, but it must not lead past what that tier requires. The free space (labels, annotations,
    descriptions) has no direction, and an agent may read it as instructions.
    """
    return (
        comparison is not None
        and comparison.row.tier_before == comparison.row.tier_after
        and bool(comparison.facets)
        and all(direction is Direction.STRICTER for _, direction, _ in comparison.facets)
    )


def _is_shortcut(rule: PolicyRule) -> bool:
    return rule.replaces_all and rule.when.only is Direction.STRICTER


def is_handover(comparison: Comparison, beside: Direction | None = None) -> bool:
    """Does the change touch nothing but people and teams in the fields for them, and what goes *beside*?"""
    # every change, also one of no significance: nothing travels with a handover
    return any(is_ownership(change) for change in comparison.changes) and all(
        is_ownership(change) or (beside is not None and change.direction is beside)
        for change in comparison.changes
    )


def _covers(requirement: RuleRequirement, other: RuleRequirement) -> bool:
    """Does whatever meets *requirement* meet *other*, of the same key, too?"""
    if isinstance(requirement, RequiredApprovals) and isinstance(other, RequiredApprovals):
        # the largest count, not the sum (SPEC 6.1)
        return requirement.count >= other.count
    if isinstance(requirement, RequiredSoak) and isinstance(other, RequiredSoak):
        return requirement.covers(other)
    if isinstance(requirement, RequiredEvals) and isinstance(other, RequiredEvals):
        return requirement.covers(other)
    return True
