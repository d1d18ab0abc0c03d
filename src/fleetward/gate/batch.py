"""Several agents of one call: who has to wait because of whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fleetward.domain.verdict import Promotion, Requirement, RequirementStatus, Verdict

PASSING = frozenset({Verdict.ALLOWED, Verdict.UNCHANGED})


def hold_dependents(
    promotions: Sequence[Promotion], needs: Mapping[str, frozenset[str]]
) -> tuple[Promotion, ...]:
    """
    The same verdicts, with those held that need one that is held.

    Shape: *needs* by agent those that it cannot do without; one that is not of the unit holds nobody.
    """
    decided = list(promotions)
    while True:
        held_back = {promotion.agent for promotion in decided if promotion.verdict not in PASSING}
        dependents = [
            promotion
            for promotion in decided
            if promotion.verdict is Verdict.ALLOWED and needs.get(promotion.agent, set()) & held_back
        ]
        if not dependents:
            return tuple(decided)
        decided = [
            _waiting_for(promotion, needs[promotion.agent] & held_back)
            if promotion in dependents
            else promotion
            for promotion in decided
        ]


def _waiting_for(promotion: Promotion, needed: frozenset[str]) -> Promotion:
    """Nothing is wrong with it: what it needs has to come first."""
    missing = (
        Requirement(
            rule="unit",
            kind="dependency",
            condition=f"{name} promoted before or with it",
            status=RequirementStatus.MISSING,
            detail=f"{name} is held",
        )
        for name in sorted(needed)
    )
    return replace(promotion, verdict=Verdict.PENDING, requirements=(*promotion.requirements, *missing))
