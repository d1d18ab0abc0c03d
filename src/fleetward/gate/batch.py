"""Several agents of one call: who has to wait because of whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fleetward.domain.verdict import Met, Promotion, Requirement, Verdict

GOING = frozenset({Verdict.ALLOWED, Verdict.UNCHANGED})


def waiting(promotions: Sequence[Promotion], needs: Mapping[str, frozenset[str]]) -> tuple[Promotion, ...]:
    """
    The same verdicts, with those held that need one that is held.

    Shape: *needs* by agent those that it cannot do without; one that is not of the unit holds nobody.
    """
    told = list(promotions)
    while True:
        held = {one.agent for one in told if one.verdict not in GOING}
        late = [one for one in told if one.verdict is Verdict.ALLOWED and needs.get(one.agent, set()) & held]
        if not late:
            return tuple(told)
        told = [_held(one, needs[one.agent] & held) if one in late else one for one in told]


def _held(one: Promotion, by: frozenset[str]) -> Promotion:
    """Nothing is wrong with it: what it needs has to come first."""
    missing = (
        Requirement(
            rule="unit",
            kind="dependency",
            asked=f"{name} promoted before or with it",
            status=Met.MISSING,
            detail=f"{name} is held",
        )
        for name in sorted(by)
    )
    return replace(one, verdict=Verdict.PENDING, requirements=(*one.requirements, *missing))
