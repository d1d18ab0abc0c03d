"""Changes that are worse together than alone (SPEC 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fleetward.domain.change import Change, ChangeClass, Direction, Significance
from fleetward.domain.fast_dataclass import dataclass

Test = Callable[[Change], bool]

_MODEL = frozenset({"behaviour/model-changed", "behaviour/pin-lost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """If an agent has a change of each kind, those that match *raises* become critical."""

    raises: Test
    companion: Test
    description: str
    subject: str
    """The changes that match *raises*, in words."""


def _is_looser_guardrail(change: Change) -> bool:
    return change.cls is ChangeClass.GUARDRAIL and change.direction is Direction.LOOSER


def _is_behaviour_change(change: Change) -> bool:
    return change.cls is ChangeClass.BEHAVIOUR and change.significance.rank <= Significance.MEDIUM.rank


def _is_lower_threshold(change: Change) -> bool:
    return change.rule == "guardrail/threshold-lowered"


def _is_model_change(change: Change) -> bool:
    return change.rule in _MODEL


def _is_more_privilege(change: Change) -> bool:
    return change.cls is ChangeClass.PRIVILEGE and change.direction is Direction.LOOSER


def _is_lower_tier(change: Change) -> bool:
    return change.rule == "governance/tier-lowered"


COMBINATIONS: tuple[Combination, ...] = (
    Combination(
        raises=_is_lower_threshold,
        companion=_is_model_change,
        description="a lower threshold together with another model",
        subject="`guardrail/threshold-lowered`",
    ),
    Combination(
        raises=_is_looser_guardrail,
        companion=_is_behaviour_change,
        description="a looser guardrail together with changed behaviour",
        subject="every looser change of class guardrail",
    ),
    Combination(
        raises=_is_more_privilege,
        companion=_is_lower_tier,
        description="more privilege together with a lower tier",
        subject="every looser change of class privilege",
    ),
)


def raise_combinations(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """The changes of one agent; those that another change makes critical say why."""
    return tuple(_raise_combination(change, changes) for change in changes)


def _raise_combination(change: Change, changes: tuple[Change, ...]) -> Change:
    # the first combination that matches: all of them raise to critical
    for combination in COMBINATIONS:
        if combination.raises(change):
            companions = sorted(
                companion.path
                for companion in changes
                # a change is not its own companion: one finding must not raise itself
                if companion is not change and combination.companion(companion)
            )
            if companions:
                reason = f"{change.reason}; {combination.description} ({', '.join(companions)})"
                return replace(change, significance=Significance.CRITICAL, reason=reason)
    return change
