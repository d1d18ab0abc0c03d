"""What is wrong with a policy as a whole: promotions no rule speaks about, and what it asks no longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from fleetward.domain.change import AgentChange, AgentStatus, ChangeClass, Comparison, Direction, Significance
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Policy
from fleetward.domain.risk import SCALES
from fleetward.gate.matching_rules import applicable_rules

RULED_KINDS = (PromotionKind.CREATE, PromotionKind.UPDATE, PromotionKind.OVERRIDE, PromotionKind.RETIRE)
"""The kinds of promotion that a policy's rules decide; going back has a part of its own."""


def uncovered_kinds(policy: Policy, *, to: str, tier: str, agent: str) -> tuple[PromotionKind, ...]:
    """The kinds of promotion of *agent* that no rule speaks about, where the change is nothing special."""
    ordinary = Comparison(
        row=AgentChange(
            environment=to,
            agent=agent,
            status=AgentStatus.CHANGED,
            tier_before=tier,
            tier_after=tier,
            significance=Significance.MEDIUM,
        ),
        changes=(),
        facets=frozenset({(ChangeClass.BEHAVIOUR, Direction.NEUTRAL, Significance.MEDIUM)}),
    )
    return tuple(
        kind
        for kind in RULED_KINDS
        if not applicable_rules(policy, to=to, tier=tier, comparison=ordinary, kind=kind, agent=agent)
    )


def lowered_floors(before: Policy, after: Policy) -> Iterator[tuple[str, Mapping[str, str], str | None]]:
    """
    Lines of the floors *before* that do not hold *after*: the tier that each asked, the line, the tier it has now.

    A floor only rises with what an agent could do, so the least that fits each line tells of all that fit it.
    """
    for tier in before.tiers:
        for line in before.floors.get(tier, ()):
            reached = _floor(line, after)
            if reached is None or after.tier_rank(reached) < after.tier_rank(tier):
                yield tier, line, reached


def dropped_fields(before: Policy, after: Policy) -> Iterator[tuple[str, str]]:
    """What manifests of a tier had to fill in *before* and need not *after*: tier and path."""
    reported: set[str] = set()
    for tier in before.tiers:
        now = _required(after, tier)
        for path in sorted(_required(before, tier) - now - reported):
            reported.add(path)
            yield tier, path


def removed_rules(before: Policy, after: Policy) -> tuple[str, ...]:
    """The rules *before* that asked beside others and are no more; one with another id only is still there."""
    remaining_ids = {rule.id for rule in after.rules}
    remaining = [replace(rule, id="", place=None) for rule in after.rules]
    return tuple(
        rule.id
        for rule in before.rules
        if rule.id not in remaining_ids
        and not rule.replaces_all
        and replace(rule, id="", place=None) not in remaining
    )


def _floor(line: Mapping[str, str], policy: Policy) -> str | None:
    """The tier asked of an agent that has what *line* names, and of everything else the least."""
    tiers = [
        tier
        for tier, lines in policy.floors.items()
        if any(
            all(_reaches(line, factor, minimum) for factor, minimum in condition.items())
            for condition in lines
        )
    ]
    return max(tiers, key=policy.tier_rank, default=None)


def _reaches(line: Mapping[str, str], factor: str, minimum: str) -> bool:
    scale = SCALES[factor]
    return scale.index(line.get(factor, scale[0])) >= scale.index(minimum)


def _required(policy: Policy, tier: str) -> frozenset[str]:
    """Added up from the lowest tier; a tier that is no more asks nothing."""
    if tier not in policy.tiers:
        return frozenset()
    upto = policy.tiers[: policy.tiers.index(tier) + 1]
    return frozenset(path for level in upto for path in policy.required.get(level, ()))
