"""Several agents in one promotion: an agent waits for those that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fleetward.domain.verdict import Promotion, Requirement, RequirementStatus, Verdict

# an unchanged agent holds what the others need already
PASSING = frozenset({Verdict.ALLOWED, Verdict.UNCHANGED})


def hold_dependents(
    promotions: Sequence[Promotion], needs: Mapping[str, frozenset[str]]
) -> tuple[Promotion, ...]:
    """
    The verdicts; an allowed agent becomes pending while an agent that it needs is not allowed.

    Shape: *needs* holds by agent the agents that it requires. Agents outside the batch block nothing.
    """
    decided = list(promotions)
    # repeated: an agent that is held may hold others in turn
    while True:
        not_allowed = {promotion.agent for promotion in decided if promotion.verdict not in PASSING}
        dependents = [
            promotion
            for promotion in decided
            # a blocked agent stays blocked: waiting must not soften its verdict
            if promotion.verdict is Verdict.ALLOWED and needs.get(promotion.agent, set()) & not_allowed
        ]
        if not dependents:
            return tuple(decided)
        decided = [
            _waiting_for(promotion, needs[promotion.agent] & not_allowed)
            if promotion in dependents
            else promotion
            for promotion in decided
        ]


def _waiting_for(promotion: Promotion, needed: frozenset[str]) -> Promotion:
    """The verdict with a requirement for each agent that has to be allowed first."""
    missing = (
        Requirement(
            rule="unit",
            kind="dependency",
            condition=f"{name} promoted before or with it",
            status=RequirementStatus.MISSING,
            detail=f"{name} is not allowed yet",
        )
        for name in sorted(needed)
    )
    return replace(promotion, verdict=Verdict.PENDING, requirements=(*promotion.requirements, *missing))
