"""Checks of a whole policy: promotions without a rule, and requirements that were dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from fleetward.domain.change import AgentChange, AgentStatus, ChangeClass, Comparison, Direction, Significance
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Policy
from fleetward.domain.risk import SCALES
from fleetward.gate.matching_rules import applicable_rules

RULED_KINDS = (PromotionKind.CREATE, PromotionKind.UPDATE, PromotionKind.OVERRIDE, PromotionKind.RETIRE)
"""The kinds of promotion that rules decide; rollbacks have their own part of the policy."""


def uncovered_kinds(policy: Policy, *, to: str, tier: str, agent: str) -> tuple[PromotionKind, ...]:
    """The kinds of promotion of *agent* that no rule covers, given an ordinary change."""
    # an ordinary change: a policy may well leave exotic ones uncovered
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
    Lines of ``floors`` that require a lower tier *after*: the tier before, the line, the tier after.

    A floor only rises with the capabilities of an agent. So the least capable agent that a line matches shows the
    result for all that it matches.
    """
    for tier in before.tiers:
        for line in before.floors.get(tier, ()):
            tier_after = _floor(line, after)
            # a tier that was removed has no rank: the line then has no effect any more
            if tier_after is None or after.tier_rank(tier_after) < after.tier_rank(tier):
                yield tier, line, tier_after


def dropped_fields(before: Policy, after: Policy) -> Iterator[tuple[str, str]]:
    """Fields that manifests of a tier needed *before* and no longer need: tier and path."""
    reported: set[str] = set()
    for tier in before.tiers:
        now = _required(after, tier)
        # a path that a lower tier lost is lost for all above: reported once
        for path in sorted(_required(before, tier) - now - reported):
            reported.add(path)
            yield tier, path


def removed_rules(before: Policy, after: Policy) -> tuple[str, ...]:
    """The ids of the rules *before* that are gone; a rule that only got another id is not."""
    remaining_ids = {rule.id for rule in after.rules}
    # ids are names only: a rename must not look like a dropped requirement
    remaining = [replace(rule, id="", place=None) for rule in after.rules]
    return tuple(
        rule.id
        for rule in before.rules
        if rule.id not in remaining_ids
        # a rule that replaces all others relaxes: losing it is no loosening
        and not rule.replaces_all
        and replace(rule, id="", place=None) not in remaining
    )


def _floor(line: Mapping[str, str], policy: Policy) -> str | None:
    """The tier that the floors require of an agent with the factors of *line*, the others at their lowest."""
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
    # a factor that a line does not name is at its lowest, as in the floor itself
    return scale.index(line.get(factor, scale[0])) >= scale.index(minimum)


def _required(policy: Policy, tier: str) -> frozenset[str]:
    """The fields that a tier and all lower ones require; none for a tier that does not exist."""
    if tier not in policy.tiers:
        return frozenset()
    # required fields add up from the lowest tier (SPEC 6.1)
    tiers = policy.tiers[: policy.tiers.index(tier) + 1]
    return frozenset(path for level in tiers for path in policy.required.get(level, ()))
